/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/child.h"
#include "vtpmmgr/supervisor/spawner.h"

#include <stdio.h>

#define NUMBER_SIZE 12 /* of a 32-bit one in decimal */

/* execve() does not write into what it is given; its type does not say so. */
static char *argument(const char *text)
{
	return (char *)(uintptr_t)text;
}

enum err spawner_exec(const struct spawner_program *p, const struct spawn_fd *fds, size_t nfds,
		      struct process *out)
{
	char id[NUMBER_SIZE], level[NUMBER_SIZE];
	char *argv[CHILD_ARGS + SPAWNER_MORE_MAX + 1] = {argument(p->name), id, id, level,
							 argument(p->run_dir)};

	for (size_t i = 0; p->more && p->more[i]; i++) {
		if (i == SPAWNER_MORE_MAX)
			return ERR_ARG;
		argv[CHILD_ARGS + i] = argument(p->more[i]);
	}
	snprintf(id, sizeof(id), "%u", (unsigned)p->uid);
	snprintf(level, sizeof(level), "%d", (int)p->level);
	return spawn(p->fd, argv, fds, nfds, SPAWN_PID_NAMESPACE, &out->pid, &out->pidfd);
}
