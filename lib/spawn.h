/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spawn: starts a program with nothing but what it is given: these
 * descriptors at these numbers, these arguments, an empty environment, default
 * signals, and death when its parent dies.
 */
#ifndef LIB_SPAWN_H
#define LIB_SPAWN_H

#include "lib/err.h"

#include <stddef.h>
#include <sys/types.h>

#define SPAWN_FDS_MAX 16

struct spawn_fd {
	int from; /* descriptor of the parent; stays open there */
	int to;   /* its number in the child */
};

/*
 * What the child gets beside that. Entering a pid namespace takes a clone, so
 * it is done here; sandbox_enter() makes the other namespaces and insists on
 * this one.
 */
#define SPAWN_PID_NAMESPACE 1u /* the child is process 1 of its own (CLONE_NEWPID; needs root) */

/*
 * program: an open descriptor of the executable (fexecve(3)), so that what was
 * measured is what runs. Descriptors 0-2 are inherited; every other one not in
 * fds is closed. At most SPAWN_FDS_MAX of them. flags: SPAWN_*. *pid gets the
 * child, *pidfd (close-on-exec) watches it; the caller reaps it. An error means
 * that there is no child: what fails before or in the exec is told here. Death
 * with the parent ends when the child changes its uid: it then asks for it anew.
 */
enum err spawn(int program, char *const argv[], const struct spawn_fd *fds, size_t nfds,
	       unsigned flags, pid_t *pid, int *pidfd) MUST_USE;

#endif
