/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/uuid.h"
#include "vtpmmgr/supervisor/rundir.h"
#include "vtpmmgr/supervisor/spawner.h"

#include <unistd.h>

enum err spawner_unix_start(const struct spawner *s, const struct spawner_job *job,
			    struct process *out)
{
	const struct child_program program = {.fd = s->program,
					      .name = "vtpm-stubdom",
					      .uid = s->uid_base + job->index,
					      .level = s->level,
					      .run_dir = s->run_dir};
	struct spawn_fd fds[] = {{job->super, FD_SUPER},
				 {job->keys, FD_WORKER_KEYS},
				 {job->broker, FD_WORKER_BROKER},
				 {-1, FD_WORKER_DATA},
				 {-1, FD_WORKER_CTRL}};
	enum err e = rundir_guest_sockets(s->run_dir, job->what->uuid, &job->what->guest,
					  &fds[3].from, &fds[4].from);

	if (e == ERR_UNSUPPORTED)
		log_error("%s belongs to a Xen domain: it can be served by vtpmmgr --xen alone",
			  uuid_format(job->what->uuid).s);
	if (e)
		return e;
	e = child_spawn(&program, fds, sizeof(fds) / sizeof(fds[0]), &out->pid, &out->pidfd);
	close(fds[3].from);
	close(fds[4].from);
	if (e)
		rundir_remove(s->run_dir, job->what->uuid);
	return e;
}

void spawner_unix_clean(const struct spawner *s, const uint8_t uuid[UUID_SIZE])
{
	rundir_remove(s->run_dir, uuid);
}
