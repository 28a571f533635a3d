/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include "vtpmmgr/supervisor/rundir.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How long everything may take to end by itself: the workers commit their state. Milliseconds. */
#define STOP_MS 10000

static bool any_left(const struct supervisor *s)
{
	for (size_t i = 0; i < s->nworkers; i++)
		if (s->workers[i])
			return true;
	return s->keys.process.pid > 0 || s->broker.process.pid > 0;
}

void supervisor_stop_if_done(struct supervisor *s)
{
	if (s->stopping && !any_left(s))
		loop_stop(s->loop);
}

static void kill_workers(struct supervisor *s)
{
	for (size_t i = 0; i < s->nworkers; i++)
		if (s->workers[i])
			process_kill(&s->workers[i]->process);
}

static void kill_all(void *arg)
{
	struct supervisor *s = arg;

	kill_workers(s);
	process_kill(&s->broker.process);
	process_kill(&s->keys.process);
	supervisor_stop_if_done(s);
}

static void out_of_time(void *arg)
{
	log_warning("not everything ended in time");
	kill_all(arg);
}

/* The broker has stopped the workers before it ended; the key keeper was needed until then. */
void supervisor_stopped(struct child *c)
{
	struct supervisor *s = c->s;

	if (c->who.role == ROLE_BROKER) {
		kill_workers(s);
		supervisor_tell(&s->keys, SUPER_STOP, NULL, 0, -1);
	}
	supervisor_stop_if_done(s);
}

static void cancel_restarts(struct supervisor *s)
{
	loop_cancel(s->keys.restart);
	loop_cancel(s->broker.restart);
	loop_cancel(s->ptpm.retry);
	loop_cancel(s->admin_bearer.restart);
	s->keys.restart = s->broker.restart = s->ptpm.retry = s->admin_bearer.restart = NULL;
}

static void stop(struct supervisor *s)
{
	struct loop_timer *timer;

	s->stopping = true;
	cancel_restarts(s);
	if (s->broker.channel)
		supervisor_tell(&s->broker, SUPER_STOP, NULL, 0, -1);
	else
		supervisor_stopped(&s->broker);
	if (loop_after(s->loop, STOP_MS, out_of_time, s, &timer))
		kill_all(s);
}

/* Once: end cleanly. Again: at once. */
static void on_signal(void *arg, int signo)
{
	struct supervisor *s = arg;

	log_info("%s", strsignal(signo));
	if (s->stopping)
		kill_all(s);
	else
		stop(s);
}

void supervisor_give_up(struct supervisor *s, const char *why)
{
	log_error("giving up: %s", why);
	s->failed = true;
	s->stopping = true;
	cancel_restarts(s);
	kill_all(s);
}

static enum err prepare(struct supervisor *s)
{
	enum err e = loop_new(&s->loop);

	if (!e)
		e = loop_signal(s->loop, SIGTERM, on_signal, s);
	if (!e)
		e = loop_signal(s->loop, SIGINT, on_signal, s);
	return e ? e : supervisor_open(s);
}

static enum err run(struct supervisor *s)
{
	enum err e = prepare(s);

	if (!e)
		e = supervisor_start_broker(s);
	if (e)
		return e;
	if (s->options->xen)
		supervisor_carry_admin(s);
	supervisor_ptpm_connect(s);
	return loop_run(s->loop);
}

int supervisor_main(const struct options *o)
{
	struct supervisor s = {
	    .options = o,
	    .level = o->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
	    .config = {.pcr = o->pcr},
	    .admin = -1,
	    .keys = {.s = &s, .who = {.role = ROLE_KEYS}},
	    .broker = {.s = &s, .who = {.role = ROLE_BROKER}},
	    .ptpm_bearer = {.s = &s, .role = "ptpm"},
	    .admin_bearer = {.s = &s, .role = "admin"},
	    .nworkers = o->uid_count - options_own_uids(o),
	};
	enum err e;

	umask(022);
	e = run(&s);
	/* What is left would be a door that nobody opens. */
	if (s.admin >= 0)
		rundir_remove_admin(o->run_dir);
	if (e)
		log_error("cannot go on: %s", err_text(e));
	return e || s.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
