/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/spawner.h"

#include "lib/child.h"
#include "vtpmmgr/supervisor/rundir.h"

#include <stdio.h>
#include <unistd.h>

#define NUMBER_SIZE 12 /* of a 32-bit one in decimal */

enum err spawner_exec(int program, const char *argv0, uid_t uid, enum log_level level,
		      const char *run_dir, const struct spawn_fd *fds, size_t nfds,
		      struct process *out)
{
	char id[NUMBER_SIZE], verbosity[NUMBER_SIZE], name[32], dir[RUNDIR_MAX + 1];
	char *argv[CHILD_ARGS + 1] = {name, id, id, verbosity, dir, NULL};

	snprintf(name, sizeof(name), "%s", argv0);
	snprintf(dir, sizeof(dir), "%s", run_dir);
	snprintf(id, sizeof(id), "%u", (unsigned)uid);
	snprintf(verbosity, sizeof(verbosity), "%d", (int)level);
	return spawn(program, argv, fds, nfds, SPAWN_PID_NAMESPACE, &out->pid, &out->pidfd);
}

static const struct spawner_unix *self(const struct spawner *s)
{
	return (const struct spawner_unix *)(const void *)s;
}

static enum err start(const struct spawner *s, const struct spawner_job *job, struct process *out)
{
	const struct spawner_unix *u = self(s);
	struct spawn_fd fds[] = {{job->super, FD_SUPER},
				 {job->keys, FD_WORKER_KEYS},
				 {job->broker, FD_WORKER_BROKER},
				 {-1, FD_WORKER_DATA},
				 {-1, FD_WORKER_CTRL}};
	enum err e = rundir_guest_sockets(u->run_dir, job->who->uuid, &job->who->guest,
					  &fds[3].from, &fds[4].from);

	if (e)
		return e;
	e = spawner_exec(u->program, "vtpm-stubdom", u->uid_base + job->index, u->level, u->run_dir,
			 fds, sizeof(fds) / sizeof(fds[0]), out);
	close(fds[3].from);
	close(fds[4].from);
	if (e)
		rundir_remove(u->run_dir, job->who->uuid);
	return e;
}

static void clean(const struct spawner *s, const uint8_t uuid[UUID_SIZE])
{
	rundir_remove(self(s)->run_dir, uuid);
}

void spawner_unix_init(struct spawner_unix *s, int program, const char *run_dir, uid_t uid_base,
		       enum log_level level)
{
	*s = (struct spawner_unix){.base = {start, clean},
				   .program = program,
				   .run_dir = run_dir,
				   .uid_base = uid_base,
				   .level = level};
}
