/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_args.h"

#include "lib/number.h"
#include "lib/proto_root.h"

#include <stdlib.h>
#include <string.h>

/* The value in "--name=value" or "--name" "value"; *used says how many words that took. */
static const char *long_value(const char *name, int argc, char **argv, int *used)
{
	size_t n = strlen(name);

	*used = 0;
	if (strncmp(argv[0], "--", 2) != 0 || strncmp(argv[0] + 2, name, n) != 0)
		return NULL;
	if (argv[0][2 + n] == '=') {
		*used = 1;
		return argv[0] + 2 + n + 1;
	}
	if (argv[0][2 + n] != '\0')
		return NULL;
	*used = argc > 1 ? 2 : -1;
	return argc > 1 ? argv[1] : NULL;
}

int ctl_args_global(int argc, char **argv, struct ctl_globals *g)
{
	const char *socket;
	int used;

	if (strcmp(argv[0], "--json") == 0)
		return 1;
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		g->help = true;
		return 1;
	}
	socket = long_value("socket", argc, argv, &used);
	if (socket)
		g->socket = socket;
	return used;
}

/* Matches one option row; *used as in long_value(). "" is the value of a flag. */
static const char *match(const struct ctl_opt *o, int argc, char **argv, int *used)
{
	const char *arg = argv[0];
	const char *value;

	if (o->letter && arg[0] == '-' && arg[1] == o->letter) {
		*used = arg[2] || !o->arg ? 1 : argc > 1 ? 2 : -1;
		if (!o->arg)
			return arg[2] ? NULL : "";
		return arg[2] ? arg + 2 : argc > 1 ? argv[1] : NULL;
	}
	if (o->arg)
		return long_value(o->name, argc, argv, used);
	value = strncmp(arg, "--", 2) == 0 && strcmp(arg + 2, o->name) == 0 ? "" : NULL;
	*used = value ? 1 : 0;
	return value;
}

static int take_option(struct ctl *c, const struct ctl_command *cmd, int argc, char **argv,
		       struct ctl_args *out)
{
	for (size_t i = 0; i < CTL_OPTS_MAX && cmd->opts[i].name; i++) {
		const struct ctl_opt *o = &cmd->opts[i];
		int used = 0;
		const char *value = match(o, argc, argv, &used);

		if (value && out->opt[i]) {
			(void)ctl_fail(c, ERR_ARG, "option --%s is given twice", o->name);
			return -1;
		}
		if (value) {
			out->opt[i] = value;
			return used;
		}
		if (used < 0) {
			(void)ctl_fail(c, ERR_ARG, "option --%s needs a value: %s", o->name,
				       o->arg);
			return -1;
		}
	}
	(void)ctl_fail(c, ERR_ARG, "'%s' has no option '%s'", cmd->name, argv[0]);
	return -1;
}

static enum err check_complete(struct ctl *c, const struct ctl_command *cmd,
			       const struct ctl_args *a)
{
	if (a->npos < cmd->min_pos)
		return ctl_fail(c, ERR_ARG, "'%s' needs: %s", cmd->name, cmd->args);
	for (size_t i = 0; i < CTL_OPTS_MAX && cmd->opts[i].name; i++)
		if (cmd->opts[i].required && !a->opt[i])
			return ctl_fail(c, ERR_ARG, "'%s' needs option --%s %s", cmd->name,
					cmd->opts[i].name, cmd->opts[i].arg);
	return ERR_OK;
}

static enum err take_word(struct ctl *c, const struct ctl_command *cmd, const char *word,
			  struct ctl_args *a)
{
	if (a->npos == cmd->max_pos)
		return ctl_fail(c, ERR_ARG, "'%s' does not know what to do with '%s'", cmd->name,
				word);
	a->pos[a->npos++] = word;
	return ERR_OK;
}

enum err ctl_args_parse(struct ctl *c, const struct ctl_command *cmd, int argc, char **argv,
			struct ctl_globals *g, struct ctl_args *out)
{
	struct ctl_args a = {0};
	bool options = true;
	enum err e;

	for (int used, i = 0; i < argc; i += used) {
		used = 1;
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (!options || argv[i][0] != '-' || argv[i][1] == '\0') {
			e = take_word(c, cmd, argv[i], &a);
			if (e)
				return e;
		} else {
			used = ctl_args_global(argc - i, argv + i, g);
			if (used < 0)
				return ctl_fail(c, ERR_ARG, "option %s needs a value", argv[i]);
			if (used == 0)
				used = take_option(c, cmd, argc - i, argv + i, &a);
			if (used < 0)
				return ERR_ARG;
		}
	}
	e = g->help ? ERR_OK : check_complete(c, cmd, &a);
	if (!e)
		*out = a;
	return e;
}

/* Reads digits at *at, 0..max, and moves past them. */
static bool digits(const char **at, uint64_t max, uint64_t *out)
{
	size_t len = number_prefix(*at, 10, max, out);

	*at += len;
	return len > 0;
}

enum err ctl_args_number(struct ctl *c, const char *what, const char *text, uint64_t max,
			 uint64_t *out)
{
	if (number_parse(text, 10, 0, max, out))
		return ctl_fail(c, ERR_ARG, "%s must be a number from 0 to %llu, not '%s'", what,
				(unsigned long long)max, text);
	return ERR_OK;
}

enum err ctl_args_quota(struct ctl *c, const char *text, uint32_t *out)
{
	const char *at = text;
	uint64_t v = 0;
	bool ok = digits(&at, QUOTA_MAX, &v);

	if (ok && (*at == 'K' || *at == 'k')) {
		v *= 1024;
		at++;
	}
	if (!ok || *at != '\0' || v < QUOTA_MIN || v > QUOTA_MAX || v % STORE_BLOCK != 0)
		return ctl_fail(c, ERR_ARG,
				"--quota must be from %uK to %uK in steps of %uK, not '%s'",
				QUOTA_MIN / 1024, QUOTA_MAX / 1024, STORE_BLOCK / 1024, text);
	*out = (uint32_t)v;
	return ERR_OK;
}

/* One piece of a PCR list, "3" or "0-7". */
static bool pcr_range(const char **at, uint32_t *mask)
{
	uint64_t first, last;

	if (!digits(at, PCRS_MAX - 1, &first))
		return false;
	last = first;
	if (**at == '-') {
		(*at)++;
		if (!digits(at, PCRS_MAX - 1, &last) || last < first)
			return false;
	}
	for (uint64_t i = first; i <= last; i++)
		*mask |= UINT32_C(1) << i;
	return true;
}

enum err ctl_args_pcrs(struct ctl *c, const char *text, uint32_t *mask)
{
	const char *at = text;
	uint32_t m = 0;
	bool ok = pcr_range(&at, &m);

	while (ok && *at == ',') {
		at++;
		ok = pcr_range(&at, &m);
	}
	if (!ok || *at != '\0')
		return ctl_fail(c, ERR_ARG,
				"--pcrs must be a list like 0-7,15 of numbers up to %d, not '%s'",
				PCRS_MAX - 1, text);
	*mask = m;
	return ERR_OK;
}
