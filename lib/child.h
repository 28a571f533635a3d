/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * child: how a program of ours is started by another of ours (the supervisor,
 * or a stub domain's init), with the arguments
 *
 *	NAME UID GID LOG-LEVEL RUNDIR [MORE...]
 *
 * numbers in decimal. Nothing secret, and nothing that the child could not
 * tell anybody: everything else comes by descriptor 3 (lib/proto_super.h).
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include "lib/err.h"
#include "lib/log.h"
#include "lib/spawn.h"

#include <stddef.h>
#include <sys/types.h>

#define CHILD_ARGS     5 /* argc, without more */
#define CHILD_MORE_MAX 5

struct child_program {
	int fd; /* open descriptor of the executable */
	const char *name;
	uid_t uid; /* its sandbox's; its gid is the same number */
	enum log_level level;
	const char *run_dir;
	const char *const *more; /* ends with NULL; NULL: none */
};

/* In a pid namespace of its own, with these descriptors: spawn() of lib/spawn.h. */
enum err child_spawn(const struct child_program *p, const struct spawn_fd *fds, size_t nfds,
		     pid_t *pid, int *pidfd) MUST_USE;

/* What the child makes of it. */
struct child_args {
	uid_t uid; /* to enter the sandbox with; never 0 */
	gid_t gid;
	enum log_level level;
	const char *run_dir; /* where guests find their sockets; for messages */
};

/* ERR_ARG unless argv is exactly as above, without more. run_dir stays a view into argv. */
enum err child_args_parse(int argc, char *const argv[], struct child_args *out) MUST_USE;

#endif
