/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl: what the parts of vtpmctl share. A command is a row of a const table;
 * its function gets the parsed arguments, prints to standard output, and
 * returns an enum err, with what a person should read left by ctl_fail().
 * main prints that once, as text or as JSON, and turns it into an exit code.
 */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

#include "lib/err.h"
#include "tools/client/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_OPTS_MAX 8
#define CTL_POS_MAX  3

/* Where in which file an error lies; line and column from 1, 0 where unknown. */
struct ctl_where {
	const char *file; /* NULL: not in a file */
	unsigned line;
	unsigned column;
};

/* One run of vtpmctl. */
struct ctl {
	bool json;
	const struct ctl_command *command; /* that runs, or NULL */
	struct client client;
	struct ctl_where where;
	char rule[64];
	char message[1024];
};

/* The parsed arguments: opt[i] belongs to row i of the command's option table. */
struct ctl_args {
	size_t npos;
	const char *pos[CTL_POS_MAX];
	const char *opt[CTL_OPTS_MAX]; /* NULL: not given; "" for a flag */
};

struct ctl_opt {
	const char *name; /* without the dashes */
	char letter;      /* 0: none */
	const char *arg;  /* what its value is called, or NULL for a flag */
	const char *help;
	bool required;
};

struct ctl_command {
	const char *name;  /* one or two words */
	const char *args;  /* as the usage line shows them */
	const char *brief; /* one line, lower case, for the list of commands */
	const char *help;  /* paragraphs */
	size_t min_pos;
	size_t max_pos;
	struct ctl_opt opts[CTL_OPTS_MAX];
	enum err (*fn)(struct ctl *c, const struct ctl_args *a);
};

/* Each ends with a row whose name is NULL. */
extern const struct ctl_command ctl_platform_commands[];
extern const struct ctl_command ctl_recover_commands[];
extern const struct ctl_command ctl_status_commands[];
extern const struct ctl_command ctl_doctor_commands[];
extern const struct ctl_command ctl_vtpm_commands[];
extern const struct ctl_command ctl_libvirt_commands[];
extern const struct ctl_command ctl_xen_commands[];
extern const struct ctl_command ctl_policy_commands[];
extern const struct ctl_command ctl_policy_explain_commands[];
extern const struct ctl_command ctl_policy_flask_commands[];
extern const struct ctl_command ctl_audit_commands[];
extern const struct ctl_command ctl_help_commands[];

/* Leaves the message (a sentence: what is wrong, then what to do) and returns e. */
enum err ctl_fail(struct ctl *c, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a place in a file. */
enum err ctl_fail_at(struct ctl *c, enum err e, const struct ctl_where *where, const char *format,
		     ...) __attribute__((format(printf, 4, 5)));

/* Exit codes: part of the interface, documented in vtpmctl(1). */
enum ctl_exit {
	CTL_EXIT_OK = 0,
	CTL_EXIT_FAILED = 1,
	CTL_EXIT_USAGE = 2,
	CTL_EXIT_DENIED = 3,
	CTL_EXIT_NOT_FOUND = 4,
	CTL_EXIT_UNAVAILABLE = 5,
	CTL_EXIT_CONFLICT = 6,
	CTL_EXIT_INTEGRITY = 7,
};

enum ctl_exit ctl_exit_code(enum err e);

/* Runs one command line (argv[0] is the program) and reports on stdout and stderr. */
int ctl_run(int argc, char **argv);

#endif
