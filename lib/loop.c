/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_A_TURN 32
#define NSEC_PER_MSEC 1000000u
#define NSEC_PER_SEC  1000000000u

struct loop_source {
	LIST_ENTRY(loop_source) link;
	struct loop *loop;
	int fd;
	loop_fd_fn fn; /* NULL once deleted */
	void *arg;
};

struct loop_timer {
	TAILQ_ENTRY(loop_timer) link;
	struct loop *loop;
	uint64_t deadline; /* nanoseconds of CLOCK_MONOTONIC */
	bool fired;
	loop_timer_fn fn;
	void *arg;
};

struct signal_watch {
	LIST_ENTRY(signal_watch) link;
	int fd;
	loop_signal_fn fn;
	void *arg;
};

struct loop {
	int epoll;
	bool stop;
	LIST_HEAD(, loop_source) sources;
	/* Deleted ones: an event of this turn may still point at them. */
	LIST_HEAD(, loop_source) buried;
	TAILQ_HEAD(timers, loop_timer) timers; /* earliest first */
	LIST_HEAD(, signal_watch) signals;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t loop_now(void)
{
	return now_ns() / NSEC_PER_MSEC;
}

enum err loop_new(struct loop **out)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return ERR_NO_MEMORY;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return ERR_IO;
	}
	LIST_INIT(&l->sources);
	LIST_INIT(&l->buried);
	TAILQ_INIT(&l->timers);
	LIST_INIT(&l->signals);
	*out = l;
	return ERR_OK;
}

static void bury_all(struct loop *l)
{
	struct loop_source *s;

	while ((s = LIST_FIRST(&l->buried))) {
		LIST_REMOVE(s, link);
		free(s);
	}
}

void loop_free(struct loop *l)
{
	struct loop_source *s;
	struct loop_timer *t;
	struct signal_watch *w;

	if (!l)
		return;
	while ((s = LIST_FIRST(&l->sources)))
		loop_del(s);
	bury_all(l);
	while ((t = TAILQ_FIRST(&l->timers)))
		loop_cancel(t);
	while ((w = LIST_FIRST(&l->signals))) {
		LIST_REMOVE(w, link);
		close(w->fd);
		free(w);
	}
	close(l->epoll);
	free(l);
}

/* Until the next timer, rounded up so that a turn never comes too early; -1: none is set. */
static int wait_ms(const struct loop *l)
{
	const struct loop_timer *t = TAILQ_FIRST(&l->timers);
	uint64_t now;
	uint64_t ms;

	if (!t)
		return -1;
	now = now_ns();
	if (t->deadline <= now)
		return 0;
	ms = (t->deadline - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void fire_timers(struct loop *l)
{
	uint64_t now = TAILQ_EMPTY(&l->timers) ? 0 : now_ns();
	struct loop_timer *t;

	while (!l->stop && (t = TAILQ_FIRST(&l->timers)) && t->deadline <= now) {
		TAILQ_REMOVE(&l->timers, t, link);
		t->fired = true;
		t->fn(t->arg);
		free(t);
	}
}

static void serve(struct loop *l, const struct epoll_event *events, int n)
{
	for (int i = 0; i < n && !l->stop; i++) {
		struct loop_source *s = events[i].data.ptr;

		if (s->fn)
			s->fn(s->arg, events[i].events);
	}
	bury_all(l);
}

enum err loop_run(struct loop *l)
{
	struct epoll_event events[EVENTS_A_TURN];
	int n;

	while (!l->stop) {
		n = epoll_wait(l->epoll, events, EVENTS_A_TURN, wait_ms(l));
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		serve(l, events, n);
		fire_timers(l);
	}
	l->stop = false;
	return ERR_OK;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

enum err loop_add(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *arg,
		  struct loop_source **out)
{
	struct loop_source *s = calloc(1, sizeof(*s));
	struct epoll_event ev = {.events = events, .data.ptr = s};

	if (!s)
		return ERR_NO_MEMORY;
	*s = (struct loop_source){.loop = l, .fd = fd, .fn = fn, .arg = arg};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		free(s);
		return ERR_IO;
	}
	LIST_INSERT_HEAD(&l->sources, s, link);
	*out = s;
	return ERR_OK;
}

enum err loop_modify(struct loop_source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	return epoll_ctl(s->loop->epoll, EPOLL_CTL_MOD, s->fd, &ev) == 0 ? ERR_OK : ERR_IO;
}

void loop_del(struct loop_source *s)
{
	if (!s)
		return;
	epoll_ctl(s->loop->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	s->fn = NULL;
	LIST_REMOVE(s, link);
	LIST_INSERT_HEAD(&s->loop->buried, s, link);
}

/* Behind all that are due no later: timers of one deadline fire in the order they were set. */
static void enqueue(struct loop *l, struct loop_timer *t)
{
	struct loop_timer *before;

	TAILQ_FOREACH_REVERSE(before, &l->timers, timers, link)
	{
		if (before->deadline <= t->deadline) {
			TAILQ_INSERT_AFTER(&l->timers, before, t, link);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&l->timers, t, link);
}

enum err loop_after(struct loop *l, uint64_t ms, loop_timer_fn fn, void *arg,
		    struct loop_timer **out)
{
	struct loop_timer *t;

	if (ms > INT_MAX)
		return ERR_ARG;
	t = calloc(1, sizeof(*t));
	if (!t)
		return ERR_NO_MEMORY;
	*t = (struct loop_timer){
	    .loop = l, .deadline = now_ns() + ms * NSEC_PER_MSEC, .fn = fn, .arg = arg};
	enqueue(l, t);
	*out = t;
	return ERR_OK;
}

void loop_cancel(struct loop_timer *t)
{
	/* One that has fired belongs to fire_timers(), which is calling it right now. */
	if (!t || t->fired)
		return;
	TAILQ_REMOVE(&t->loop->timers, t, link);
	free(t);
}

static void on_signal(void *arg, uint32_t events)
{
	struct signal_watch *w = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(w->fd, &info, sizeof(info)) == sizeof(info))
		w->fn(w->arg, (int)info.ssi_signo);
}

enum err loop_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg)
{
	struct signal_watch *w = calloc(1, sizeof(*w));
	struct loop_source *source;
	sigset_t set;

	if (!w)
		return ERR_NO_MEMORY;
	*w = (struct signal_watch){.fd = -1, .fn = fn, .arg = arg};
	sigemptyset(&set);
	if (sigaddset(&set, signo) != 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		goto fail;
	w->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->fd < 0 || loop_add(l, w->fd, EPOLLIN, on_signal, w, &source))
		goto fail;
	LIST_INSERT_HEAD(&l->signals, w, link);
	return ERR_OK;
fail:
	if (w->fd >= 0)
		close(w->fd);
	free(w);
	return ERR_IO;
}
