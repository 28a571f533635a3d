/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/uuid.h"
#include "vtpmmgr/supervisor/spawner.h"

#include <stdio.h>

#define GUEST_TEXT (sizeof("xen:") + sizeof(struct uuid_text))

static enum err guest_text(const struct guest *g, char out[GUEST_TEXT])
{
	if (g->kind == GUEST_UNIX)
		return ERR_UNSUPPORTED;
	if (g->kind == GUEST_XEN)
		snprintf(out, GUEST_TEXT, "xen:%s", uuid_format(g->id).s);
	else
		snprintf(out, GUEST_TEXT, "none");
	return ERR_OK;
}

/*
 * To the supervisor this process is the worker: it lives as long, ends with its exit code, and to
 * kill it is to kill the worker.
 */
enum err spawner_xen_start(const struct spawner *s, const struct spawner_job *job,
			   struct process *out)
{
	const struct uuid_text uuid = uuid_format(job->what->uuid);
	char guest[GUEST_TEXT];
	const char *const more[] = {"worker", uuid.s, guest, job->what->stakeholder,
				    s->image, NULL};
	const struct child_program program = {.fd = s->program,
					      .name = "vtpmmgr-vchan",
					      .uid = s->uid_base + job->index,
					      .level = s->level,
					      .run_dir = s->run_dir,
					      .more = more};
	const struct spawn_fd fds[] = {
	    {job->super, FD_SUPER}, {job->keys, FD_WORKER_KEYS}, {job->broker, FD_WORKER_BROKER}};
	enum err e = guest_text(&job->what->guest, guest);

	if (!e)
		return child_spawn(&program, fds, sizeof(fds) / sizeof(fds[0]), &out->pid,
				   &out->pidfd);
	log_error("%s belongs to a user of one Linux host: vtpmmgr --xen serves domains alone",
		  uuid.s);
	return e;
}
