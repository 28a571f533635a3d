/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/cmdline.h"

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define LEFT_MIN 22 /* width of the help's left column, unless an option is longer */

enum { TABLE = 256 }; /* getopt's value of the table's first option; below: letters */

static const struct option common[] = {
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
};
#define NCOMMON (sizeof(common) / sizeof(common[0]))

/* How wide an option and its value are: "--name VALUE". */
static int width(const struct cmdline_option *o)
{
	return (int)(strlen("--") + strlen(o->name) + (o->value ? 1 + strlen(o->value) : 0));
}

static void print_help(const struct cmdline *c)
{
	int left = LEFT_MIN;

	for (size_t i = 0; i < c->n; i++)
		left = width(&c->table[i]) > left ? width(&c->table[i]) : left;
	printf("Usage: %s [OPTION]...\n%s\n", c->program, c->about);
	for (size_t i = 0; i < c->n; i++) {
		const struct cmdline_option *o = &c->table[i];

		printf("      --%s%s%s%*s  %s\n", o->name, o->value ? " " : "",
		       o->value ? o->value : "", left - width(o), "", o->help);
	}
	printf("  -v, %-*s  log more\n  -h, %-*s  print this and exit\n"
	       "  -V, %-*s  print the version and exit\n",
	       left, "--verbose", left, "--help", left, "--version");
}

static void fill(const struct cmdline *c, struct option longs[CMDLINE_OPTIONS_MAX + NCOMMON + 1])
{
	for (size_t i = 0; i < c->n; i++)
		longs[i] = (struct option){c->table[i].name,
					   c->table[i].value ? required_argument : no_argument,
					   NULL, TABLE + (int)i};
	memcpy(longs + c->n, common, sizeof(common));
}

static enum cmdline_next try_help(const struct cmdline *c)
{
	fprintf(stderr, "Try '%s --help'.\n", c->program);
	return CMDLINE_USAGE;
}

enum cmdline_next cmdline_refuse(const struct cmdline *c, const char *what)
{
	fprintf(stderr, "%s: %s\n", c->program, what);
	return try_help(c);
}

static enum cmdline_next set(const struct cmdline *c, const struct cmdline_option *o,
			     const char *text, void *options)
{
	if (!o->set)
		memcpy((char *)options + o->string, &text, sizeof(text));
	else if (!o->set(options, text)) {
		fprintf(stderr, "%s: --%s: not a valid value: %s\n", c->program, o->name, text);
		return try_help(c);
	}
	return CMDLINE_RUN;
}

static enum cmdline_next take(const struct cmdline *c, int option, void *options, bool *verbose)
{
	switch (option) {
	case 'v':
		*verbose = true;
		return CMDLINE_RUN;
	case 'h':
		print_help(c);
		return CMDLINE_DONE;
	case 'V':
		printf("%s %s\n", c->program, PACKAGE_VERSION);
		return CMDLINE_DONE;
	default:
		return option >= TABLE ? set(c, &c->table[option - TABLE], optarg, options)
				       : try_help(c); /* getopt has said why */
	}
}

enum cmdline_next cmdline_parse(const struct cmdline *c, int argc, char *const argv[],
				void *options, bool *verbose)
{
	struct option longs[CMDLINE_OPTIONS_MAX + NCOMMON + 1] = {0};
	enum cmdline_next next;
	int option;

	fill(c, longs);
	optind = 0; /* from the start, whoever has read a command line before */
	while ((option = getopt_long(argc, argv, "vhV", longs, NULL)) != -1) {
		next = take(c, option, options, verbose);
		if (next != CMDLINE_RUN)
			return next;
	}
	if (optind == argc)
		return CMDLINE_RUN;
	fprintf(stderr, "%s: unexpected argument: %s\n", c->program, argv[optind]);
	return try_help(c);
}
