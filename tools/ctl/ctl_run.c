/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_run: one command line, from its words to its exit code. */
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_help.h"
#include "tools/ctl/ctl_output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_message(struct ctl *c, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));
static void set_message(struct ctl *c, const char *format, va_list ap)
{
	vsnprintf(c->message, sizeof(c->message), format, ap);
}

enum err ctl_fail(struct ctl *c, enum err e, const char *format, ...)
{
	va_list ap;

	c->where = (struct ctl_where){0};
	va_start(ap, format);
	set_message(c, format, ap);
	va_end(ap);
	return e;
}

enum err ctl_fail_at(struct ctl *c, enum err e, const struct ctl_where *where, const char *format,
		     ...)
{
	va_list ap;

	c->where = *where;
	va_start(ap, format);
	set_message(c, format, ap);
	va_end(ap);
	return e;
}

static enum err run_command(struct ctl *c, int argc, char **argv, struct ctl_globals *g)
{
	struct ctl_args args;
	int words;
	enum err e;

	c->command = ctl_help_find(argc, (const char *const *)argv, &words);
	if (!c->command)
		return ctl_help_unknown(c, argc, (const char *const *)argv);
	e = ctl_args_parse(c, c->command, argc - words, argv + words, g, &args);
	c->client.socket = g->socket ? g->socket : client_default_socket();
	if (e)
		return e;
	return g->help ? ctl_help_command(c, c->command) : c->command->fn(c, &args);
}

/* The options before the command; then the command. */
static enum err run(struct ctl *c, int argc, char **argv)
{
	struct ctl_globals g = {0};
	int used = 1;

	while (argc > 0 && argv[0][0] == '-') {
		if (strcmp(argv[0], "--version") == 0)
			return ctl_help_version(c);
		used = ctl_args_global(argc, argv, &g);
		if (used < 0)
			return ctl_fail(c, ERR_ARG, "option %s needs a value", argv[0]);
		if (used == 0)
			return ctl_fail(c, ERR_ARG, "there is no option '%s'; see 'vtpmctl help'",
					argv[0]);
		argc -= used;
		argv += used;
	}
	if (argc == 0 && g.help)
		return ctl_help_overview(c);
	if (argc == 0)
		return ctl_fail(c, ERR_ARG,
				"what should be done? 'vtpmctl help' lists the commands");
	return run_command(c, argc, argv, &g);
}

/* Known before anything is parsed, so that every error comes in the form asked for. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int ctl_run(int argc, char **argv)
{
	struct ctl c = {.json = wants_json(argc, argv)};
	enum err e = run(&c, argc - 1, argv + 1);

	client_close(&c.client);
	/* Checked here once, for all that was printed before. */
	if (!e && (fflush(stdout) != 0 || ferror(stdout)))
		e = ctl_fail(&c, ERR_IO, "cannot write standard output: %s", strerror(errno));
	if (e)
		ctl_output_error(&c, e);
	return ctl_exit_code(e);
}
