/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_args: the command line against a command's option table, and the small
 * values that stand on it (numbers, sizes, PCR lists).
 */
#ifndef TOOLS_CTL_ARGS_H
#define TOOLS_CTL_ARGS_H

#include "tools/ctl/ctl.h"

/* The options that every command knows. (--json as well; ctl_run() has looked for it before.) */
struct ctl_globals {
	bool help;
	const char *socket; /* NULL: not given */
};

/*
 * Parses argv[0..argc) (what follows the command's words). Options and words
 * may be mixed; "--" ends the options. ERR_ARG, with a message in c, for
 * anything that cmd does not declare.
 */
enum err ctl_args_parse(struct ctl *c, const struct ctl_command *cmd, int argc, char **argv,
			struct ctl_globals *g, struct ctl_args *out) MUST_USE;

/* Takes one global option off argv if there is one: how many words it took, -1 if its value is
 * missing.
 */
int ctl_args_global(int argc, char **argv, struct ctl_globals *g);

/* A decimal number, 0..max. */
enum err ctl_args_number(struct ctl *c, const char *what, const char *text, uint64_t max,
			 uint64_t *out) MUST_USE;

/* A quota: bytes, or with K (KiB); QUOTA_MIN..QUOTA_MAX, whole store blocks. */
enum err ctl_args_quota(struct ctl *c, const char *text, uint32_t *out) MUST_USE;

/* "0-7,15" as a mask of PCRs 0..23; at least one. */
enum err ctl_args_pcrs(struct ctl *c, const char *text, uint32_t *mask) MUST_USE;

#endif
