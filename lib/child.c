/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/child.h"

#include "lib/number.h"

#include <stdint.h>
#include <stdio.h>

#define NUMBER_SIZE 12 /* of a 32-bit one in decimal */

/* execve() does not write into what it is given; its type does not say so. */
static char *argument(const char *text)
{
	return (char *)(uintptr_t)text;
}

enum err child_spawn(const struct child_program *p, const struct spawn_fd *fds, size_t nfds,
		     pid_t *pid, int *pidfd)
{
	char id[NUMBER_SIZE], level[NUMBER_SIZE];
	char *argv[CHILD_ARGS + CHILD_MORE_MAX + 1] = {argument(p->name), id, id, level,
						       argument(p->run_dir)};

	for (size_t i = 0; p->more && p->more[i]; i++) {
		if (i == CHILD_MORE_MAX)
			return ERR_ARG;
		argv[CHILD_ARGS + i] = argument(p->more[i]);
	}
	snprintf(id, sizeof(id), "%u", (unsigned)p->uid);
	snprintf(level, sizeof(level), "%d", (int)p->level);
	return spawn(p->fd, argv, fds, nfds, SPAWN_PID_NAMESPACE, pid, pidfd);
}

enum err child_args_parse(int argc, char *const argv[], struct child_args *out)
{
	uint32_t uid, gid, level;

	/* UINT32_MAX is chown(2)'s and setresuid(2)'s "leave it as it is". */
	if (argc != CHILD_ARGS || number_u32(argv[1], UINT32_MAX - 1, &uid) ||
	    number_u32(argv[2], UINT32_MAX - 1, &gid) ||
	    number_u32(argv[3], LOG_LEVEL_DEBUG, &level) || uid == 0)
		return ERR_ARG;
	*out = (struct child_args){.uid = (uid_t)uid,
				   .gid = (gid_t)gid,
				   .level = (enum log_level)level,
				   .run_dir = argv[4]};
	return ERR_OK;
}
