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

struct spawn_fd {
	int from; /* descriptor of the parent; stays open there */
	int to;   /* its number in the child */
};

/*
 * program: an open descriptor of the executable (fexecve(3)), so that what was
 * measured is what runs. Descriptors 0-2 are inherited; every other one not in
 * fds is closed. *pid gets the child, *pidfd (close-on-exec) watches it.
 */
enum err spawn(int program, char *const argv[], const struct spawn_fd *fds, size_t nfds, pid_t *pid,
	       int *pidfd) MUST_USE;

#endif
