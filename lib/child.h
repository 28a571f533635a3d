/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * child: the arguments that the supervisor starts every child with,
 *
 *	NAME UID GID LOG-LEVEL RUNDIR
 *
 * numbers in decimal. Nothing secret, and nothing that the child could not
 * tell anybody: everything else comes by descriptor 3 (lib/proto_super.h).
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include "lib/err.h"
#include "lib/log.h"

#include <sys/types.h>

#define CHILD_ARGS 5 /* argc */

struct child_args {
	uid_t uid; /* to enter the sandbox with; never 0 */
	gid_t gid;
	enum log_level level;
	const char *run_dir; /* where guests find their sockets; for messages */
};

/* ERR_ARG unless argv is exactly as above. run_dir stays a view into argv. */
enum err child_args_parse(int argc, char *const argv[], struct child_args *out) MUST_USE;

#endif
