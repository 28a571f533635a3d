/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmdline: the command line of a daemon, read by a table of its options. Every
 * one has --help, --version and --verbose (-h, -V, -v) beside those of the table.
 */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#define CMDLINE_OPTIONS_MAX 24

/* options: the struct that the table fills. A value is kept as a view into argv. */
struct cmdline_option {
	const char *name;
	const char *value; /* what stands for it in the help; NULL: takes none */
	size_t string;     /* offset of the const char * that takes it, where set is NULL */
	bool (*set)(void *options, const char *text); /* false: not a valid value */
	const char *help;
};

struct cmdline {
	const char *program;
	const char *about; /* a sentence or two for the help; lines end in \n */
	const struct cmdline_option *table;
	size_t n; /* at most CMDLINE_OPTIONS_MAX */
};

/* All but RUN are the exit code of a program that ends here. */
enum cmdline_next { CMDLINE_RUN = -1, CMDLINE_DONE = 0, CMDLINE_USAGE = 2 };

/*
 * DONE: help or version was printed. USAGE: standard error says what is wrong;
 * an argument that is no option is.
 */
enum cmdline_next cmdline_parse(const struct cmdline *c, int argc, char *const argv[],
				void *options, bool *verbose);

/* USAGE: says "PROGRAM: what" and how to get help. For what the table cannot see. */
enum cmdline_next cmdline_refuse(const struct cmdline *c, const char *what);

#endif
