/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SMALL_BODY 64

/* Its place in the range of uids, behind broker and key keeper. */
enum { UID_PTPM = 2, UID_ADMIN = 3 };

static void reap(struct bearer *b)
{
	uint8_t how, code;

	loop_del(b->exit);
	b->exit = NULL;
	channel_close(b->channel);
	b->channel = NULL;
	process_reap(&b->process, &how, &code);
	if (how != EXITED_CODE || code != 0)
		log_warning("what carries for %s has ended: %s %u", b->role,
			    how == EXITED_CODE ? "exit code" : "signal", code);
}

static void restart(void *arg)
{
	struct bearer *b = arg;

	b->restart = NULL;
	supervisor_carry_admin(b->s);
}

static void restart_later(struct bearer *b)
{
	uint64_t delay = backoff_fail(&b->backoff, loop_now());

	if (b->s->stopping)
		return;
	if (loop_after(b->s->loop, delay, restart, b, &b->restart))
		supervisor_give_up(b->s, "no timer");
}

/* The key keeper sees the end of its connection, and is started again with another one. */
static void on_exit_event(void *arg, uint32_t events)
{
	struct bearer *b = arg;

	(void)events;
	reap(b);
	if (b == &b->s->admin_bearer)
		restart_later(b);
}

void supervisor_tell_isolation(struct supervisor *s)
{
	uint8_t body[4];
	size_t len;

	if (s->isolation && isolation_encode(s->isolation, body, sizeof(body), &len) == ERR_OK)
		supervisor_tell(&s->broker, SUPER_ISOLATION, body, len, -1);
}

static enum err on_msg(void *arg, struct msg *m)
{
	struct bearer *b = arg;
	enum err e = ERR_DENIED;

	if (m->type == SUPER_ISOLATION)
		e = isolation_decode(m->body, m->len, &b->s->isolation);
	if (!e)
		supervisor_tell_isolation(b->s);
	return e;
}

/* Its end follows; one that says what it must not is ended. */
static void on_gone(void *arg, enum err why)
{
	struct bearer *b = arg;

	if (why != ERR_EOF)
		process_kill(&b->process);
}

static enum err start(struct bearer *b, unsigned uid_index, const char *const *more,
		      const struct spawn_fd *fds, size_t nfds)
{
	const struct supervisor *s = b->s;
	const struct child_program program = {.fd = s->programs.fd[PROGRAM_VCHAN],
					      .name = "vtpmmgr-vchan",
					      .uid = s->options->uid_base + uid_index,
					      .level = s->level,
					      .run_dir = s->options->run_dir,
					      .more = more};
	enum err e = child_spawn(&program, fds, nfds, &b->process.pid, &b->process.pidfd);

	backoff_start(&b->backoff, loop_now());
	if (e)
		return e;
	e = loop_add(s->loop, b->process.pidfd, EPOLLIN, on_exit_event, b, &b->exit);
	if (e) {
		process_kill(&b->process);
		reap(b);
	}
	return e;
}

/* It changes its uid now and then, by which it forgets to die with its parent: hence a channel. */
static enum err start_admin(struct bearer *b)
{
	static const char *const more[] = {"admin", NULL};
	struct spawn_fd end = {-1, FD_SUPER};
	int pair[2];
	enum err e = channel_pair(pair);

	if (e)
		return e;
	end.from = pair[1];
	e = channel_new(pair[0], SMALL_BODY, &b->channel);
	if (!e)
		e = channel_attach(b->channel, b->s->loop, on_msg, on_gone, b);
	if (!e)
		e = start(b, UID_ADMIN, more, &end, 1);
	close(pair[1]);
	if (e) {
		channel_close(b->channel);
		b->channel = NULL;
	}
	return e;
}

void supervisor_carry_admin(struct supervisor *s)
{
	enum err e = start_admin(&s->admin_bearer);

	if (!e)
		return;
	log_error("cannot start vtpmmgr-vchan: %s", err_text(e));
	restart_later(&s->admin_bearer);
}

/*
 * The one before is gone before this one begins: what its key keeper had under way ends with it,
 * on both sides.
 */
static void end_previous(struct bearer *b)
{
	if (b->process.pid == 0)
		return;
	process_kill(&b->process);
	reap(b);
}

enum err supervisor_carry_ptpm(struct supervisor *s, const char *role, int *fd)
{
	char domain[12];
	const char *const more[] = {"ptpm", domain, role, NULL};
	struct spawn_fd end = {-1, FD_VCHAN_PTPM};
	int pair[2];
	enum err e;

	snprintf(domain, sizeof(domain), "%d", s->options->ptpm_domain);
	end_previous(&s->ptpm_bearer);
	e = channel_pair(pair);
	if (e)
		return e;
	end.from = pair[1];
	e = start(&s->ptpm_bearer, UID_PTPM, more, &end, 1);
	close(pair[1]);
	if (e)
		close(pair[0]);
	else
		*fd = pair[0];
	return e;
}
