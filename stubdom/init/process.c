/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/process.h"

#include "lib/child.h"
#include "lib/proto_super.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKLOG 4

/* One of the worker's listening sockets, and this process' connection to it. */
struct socket_pair {
	int listening;
	int own;
};

static void close_pair(struct socket_pair *p)
{
	if (p->listening >= 0)
		close(p->listening);
	if (p->own >= 0)
		close(p->own);
	p->listening = p->own = -1;
}

/* The kernel finds the name, which is in no file system and nobody else needs to know. */
static enum err make_pair(struct socket_pair *p)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(name);
	int flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	p->listening = socket(AF_UNIX, flags, 0);
	p->own = socket(AF_UNIX, flags, 0);
	if (p->listening >= 0 && p->own >= 0 &&
	    bind(p->listening, (struct sockaddr *)&name, sizeof(name.sun_family)) == 0 &&
	    getsockname(p->listening, (struct sockaddr *)&name, &len) == 0 &&
	    listen(p->listening, BACKLOG) == 0 &&
	    connect(p->own, (struct sockaddr *)&name, len) == 0)
		return ERR_OK;
	return err_from_errno(errno);
}

static void on_pidfd(void *arg, uint32_t events)
{
	struct process *p = arg;
	int status = 0;
	bool exited;

	(void)events;
	waitpid(p->pid, &status, 0);
	loop_del(p->source);
	close(p->pidfd);
	p->pid = 0;
	exited = WIFEXITED(status);
	p->ended(p->arg, exited ? EXITED_CODE : EXITED_SIGNAL,
		 (uint8_t)(exited ? WEXITSTATUS(status) : WTERMSIG(status)));
}

static enum err start(struct process *p, const struct process_fds *fds, int data, int ctrl)
{
	const struct child_program program = {.fd = p->program,
					      .name = "vtpm-stubdom",
					      .uid = p->uid,
					      .level = p->level,
					      .run_dir = "/"};
	const struct spawn_fd given[] = {{fds->super, FD_SUPER},
					 {fds->keys, FD_WORKER_KEYS},
					 {fds->broker, FD_WORKER_BROKER},
					 {data, FD_WORKER_DATA},
					 {ctrl, FD_WORKER_CTRL}};
	enum err e =
	    child_spawn(&program, given, sizeof(given) / sizeof(given[0]), &p->pid, &p->pidfd);

	if (e)
		return e;
	e = loop_add(p->loop, p->pidfd, EPOLLIN, on_pidfd, p, &p->source);
	if (e) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		close(p->pidfd);
		p->pid = 0;
	}
	return e;
}

enum err process_start(struct process *p, const struct process_fds *fds, int *data, int *ctrl)
{
	struct socket_pair d = {-1, -1}, c = {-1, -1};
	enum err e = p->pid == 0 ? ERR_OK : ERR_STATE;

	if (!e)
		e = make_pair(&d);
	if (!e)
		e = make_pair(&c);
	if (!e)
		e = start(p, fds, d.listening, c.listening);
	if (!e) {
		*data = d.own;
		*ctrl = c.own;
		d.own = c.own = -1;
	}
	close_pair(&d);
	close_pair(&c);
	return e;
}

void process_kill(struct process *p)
{
	if (p->pid > 0)
		kill(p->pid, SIGKILL);
}
