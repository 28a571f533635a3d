/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static void retry(void *arg)
{
	struct supervisor *s = arg;

	s->ptpm.retry = NULL;
	supervisor_ptpm_connect(s);
}

static void retry_later(struct supervisor *s)
{
	uint64_t delay = backoff_fail(&s->ptpm.backoff, loop_now());

	if (s->stopping || s->ptpm.retry)
		return;
	if (loop_after(s->loop, delay, retry, s, &s->ptpm.retry))
		supervisor_give_up(s, "no timer for the connection to ptpm-proxy");
}

static enum err connect_as(struct supervisor *s, const char *role, int *fd)
{
	char path[PATH_MAX];
	enum err e = ERR_ARG;

	if (s->options->ptpm_domain >= 0)
		return supervisor_carry_ptpm(s, role, fd);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", s->options->ptpm, role) < sizeof(path))
		e = channel_connect(path, fd);
	if (e && !s->ptpm.complained)
		log_warning("no connection to ptpm-proxy at %s (%s); trying again", path,
			    err_text(e));
	s->ptpm.complained = e != ERR_OK;
	return e;
}

/*
 * Which commands the proxy lets through follows from the socket: those that
 * provision are open only as long as there is nothing that they could destroy.
 * A connection is one key keeper's: with it ends what it has in the pTPM.
 */
void supervisor_ptpm_connect(struct supervisor *s)
{
	bool provisioning = !supervisor_provisioned(s);
	int fd = -1;
	enum err e;

	backoff_start(&s->ptpm.backoff, loop_now());
	e = connect_as(s, provisioning ? "provision" : "keys", &fd);
	if (!e)
		e = supervisor_start_keys(s, fd, provisioning);
	if (fd >= 0)
		close(fd);
	if (e)
		retry_later(s);
}
