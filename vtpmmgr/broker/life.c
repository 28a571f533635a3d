/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/life.h"

#include "lib/log.h"
#include "vtpmmgr/broker/broker.h"

#include <stdlib.h>
#include <string.h>

/* A timer's or an answer's way back to its vTPM, which may be gone by then. */
struct ticket {
	struct broker *b;
	uint8_t uuid[UUID_SIZE];
};

static struct ticket *ticket_new(struct broker *b, const struct vtpm *v)
{
	struct ticket *t = malloc(sizeof(*t));

	if (t) {
		t->b = b;
		memcpy(t->uuid, v->leaf.uuid, UUID_SIZE);
	}
	return t;
}

/* ---- waiting -------------------------------------------------------------------------------- */

static void set_timer(struct broker *b, struct vtpm *v, uint64_t ms, loop_timer_fn fn)
{
	loop_cancel(v->timer);
	v->timer = NULL;
	v->broker = b;
	if (fn && loop_after(b->loop, ms, fn, v, &v->timer))
		log_error("no timer for %s", v->record.name);
}

static void on_timeout(void *arg)
{
	struct vtpm *v = arg;

	v->timer = NULL;
	life_step(v->broker, v, LIFE_EV_TIMEOUT, ERR_TIMEOUT);
}

/* Who says once more that it is ready does not put off what it was asked for. */
static void set_limit(struct broker *b, struct vtpm *v, uint64_t ms)
{
	if (!v->timer)
		set_timer(b, v, ms, on_timeout);
}

static void on_retry(void *arg)
{
	struct vtpm *v = arg;

	v->timer = NULL;
	life_step(v->broker, v, LIFE_EV_RETRY, ERR_OK);
}

/* ---- actions -------------------------------------------------------------------------------- */

static uint64_t start_limit(const struct vtpm *v)
{
	return LIFE_START_MS + (v->leaf.guest.kind == GUEST_XEN ? LIFE_BUILD_MS : 0);
}

/* The worker has its key, or never will. */
static void on_started(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct ticket t = *(struct ticket *)arg;
	struct vtpm *v = registry_find(&t.b->registry, t.uuid);

	(void)reply;
	free(arg);
	if (!v)
		return;
	if (e) {
		log_warning("%s was not started: %s", v->record.name,
			    *detail ? detail : err_text(e));
		life_step(t.b, v, LIFE_EV_REFUSED, e);
	} else if (v->life == LIFE_STARTING || v->life == LIFE_RESTARTING) {
		set_timer(t.b, v, start_limit(v), on_timeout);
	}
}

/* As the body of KEYS_START and KEYS_TERMS, into b->out. */
static enum err encode_terms(struct broker *b, const struct vtpm *v, size_t *len)
{
	struct keys_start q = {
	    .asked = v->asked, .record_len = (uint32_t)v->record_len, .record = v->record_bytes};

	memcpy(q.uuid, v->leaf.uuid, UUID_SIZE);
	return keys_start_encode(&q, b->out, MSG_BODY_MAX, len);
}

/*
 * With an epoch, the run before this one did not end: which of its session states
 * is the newest is the disk's word.
 */
static void note_open_session(struct broker *b, const struct vtpm *v)
{
	if (v->leaf.epoch > 0)
		broker_event(b, "unended-session", v, ERR_OK);
}

static void ask_keys(struct broker *b, struct vtpm *v, enum err why)
{
	const uint16_t type = v->discard ? KEYS_START_DISCARD : KEYS_START;
	struct ticket *t = ticket_new(b, v);
	size_t len;

	(void)why;
	v->last_err = ERR_OK;
	v->asked = rules_freshness(&b->rules, &v->record);
	v->discard = false;
	backoff_start(&v->backoff, loop_now());
	note_open_session(b, v);
	if (t && encode_terms(b, v, &len) == ERR_OK) {
		keeper_ask(&b->keeper, type, b->out, len, on_started, t);
		return;
	}
	free(t);
	life_step(b, v, LIFE_EV_REFUSED, ERR_NO_MEMORY);
}

void life_tell_terms(struct broker *b)
{
	for (size_t i = 0; i < b->registry.n; i++) {
		const struct vtpm *v = b->registry.vtpms[i];
		size_t len;

		if (v->worker && v->record_ok && encode_terms(b, v, &len) == ERR_OK)
			keeper_tell(&b->keeper, KEYS_TERMS, b->out, len);
	}
}

static void kill_worker(struct broker *b, struct vtpm *v, enum err why)
{
	(void)why;
	broker_kill_worker(b, v->leaf.uuid);
	if (v->life == LIFE_STOPPING)
		set_timer(b, v, LIFE_STOP_MS, on_timeout);
}

static void ask_worker(struct broker *b, struct vtpm *v, enum err why)
{
	set_limit(b, v, LIFE_STOP_MS);
	if (!v->worker || workers_ask_stop(v->worker) != ERR_OK)
		kill_worker(b, v, why);
}

static void ask_suspend(struct broker *b, struct vtpm *v, enum err why)
{
	(void)why;
	set_limit(b, v, LIFE_SUSPEND_MS);
	if (!v->worker || workers_ask_suspend(v->worker) != ERR_OK)
		life_step(b, v, LIFE_EV_KEPT, ERR_UNAVAILABLE);
}

static void settled(struct broker *b, struct vtpm *v, enum err why)
{
	admin_settled(b->admin, v, why);
	broker_stop_if_done(b);
}

static void wait_and_retry(struct broker *b, struct vtpm *v, enum err why)
{
	uint64_t delay = backoff_fail(&v->backoff, loop_now());

	log_warning("%s: the worker has ended; started again in %llu ms", v->record.name,
		    (unsigned long long)delay);
	set_timer(b, v, delay, on_retry);
	admin_settled(b->admin, v, why ? why : ERR_UNAVAILABLE);
}

static void kill_and_settle(struct broker *b, struct vtpm *v, enum err why)
{
	kill_worker(b, v, why);
	settled(b, v, why);
}

/* What was asked for meanwhile is done now: a worker that has ended, the end of the manager. */
static void give_up(struct broker *b, struct vtpm *v, enum err why)
{
	v->last_err = ERR_OK; /* it runs: that it was not suspended is no fault of its */
	settled(b, v, why);
	if (v->worker && v->worker->exited)
		workers_ended(b, v, ERR_UNAVAILABLE);
	if (b->stopping)
		life_step(b, v, LIFE_EV_STOP, ERR_OK);
}

static void (*const actions[])(struct broker *b, struct vtpm *v, enum err why) = {
    [LIFE_NONE] = NULL,
    [LIFE_ASK_KEYS] = ask_keys,
    [LIFE_ASK_WORKER] = ask_worker,
    [LIFE_ASK_SUSPEND] = ask_suspend,
    [LIFE_KILL] = kill_worker,
    [LIFE_WAIT] = wait_and_retry,
    [LIFE_SETTLED] = settled,
    [LIFE_KILL_SETTLED] = kill_and_settle,
    [LIFE_GIVE_UP] = give_up,
};

/* ---- steps ---------------------------------------------------------------------------------- */

static const char *life_name(const struct vtpm *v)
{
	return lifecycle_name(v->life, leaf_is_suspended(&v->leaf));
}

enum err life_event(struct broker *b, struct vtpm *v, enum life_event ev, enum err why)
{
	const struct life_step *step = lifecycle_step(v->life, ev);

	if (!step)
		return ERR_STATE;
	if (why)
		v->last_err = why;
	v->restarts += v->life == LIFE_RUNNING && step->next == LIFE_FAILED;
	if (step->next != v->life) {
		set_timer(b, v, 0, NULL);
		v->life = step->next;
		broker_event(b, life_name(v), v, why);
	}
	if (actions[step->action])
		actions[step->action](b, v, why);
	return ERR_OK;
}

void life_step(struct broker *b, struct vtpm *v, enum life_event ev, enum err why)
{
	if (life_event(b, v, ev, why) != ERR_OK)
		log_debug("%s: event %d means nothing while it is %s", v->record.name, (int)ev,
			  life_name(v));
}

void life_stop_all(struct broker *b)
{
	for (size_t i = 0; i < b->registry.n; i++)
		life_step(b, b->registry.vtpms[i], LIFE_EV_STOP, ERR_OK);
}
