/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/worker.h"

#include "lib/log.h"
#include "lib/proto_state.h"
#include "lib/proto_super.h"
#include "stubdom/tpm.h"

#include <stdlib.h>
#include <string.h>

#define STOP_MS 5000

void worker_end(struct worker *w, int exit_code)
{
	if (w->state == ENDED)
		return;
	w->state = ENDED;
	w->exit_code = exit_code;
	loop_stop(w->loop);
}

void worker_fail(struct worker *w, enum err why)
{
	uint8_t body[8];
	size_t len;

	log_error("cannot serve: %s", err_text(why));
	if (w->broker && blob_failed_encode(why, body, sizeof(body), &len) == ERR_OK &&
	    worker_send(w->broker, BLOB_FAILED, body, len) != ERR_OK)
		log_error("the broker cannot be told");
	worker_end(w, EXIT_FAILURE);
}

/* ---- commits -------------------------------------------------------------------------------- */

/* The gate is held from here until settled(). */
static void worker_commit(void *arg, bool anchor)
{
	struct worker *w = arg;
	const uint8_t *plain;
	enum err e;
	size_t len;

	if (w->state == ENDED)
		return;
	w->state = COMMITTING;
	plain = tpm_state(&len);
	e = commit_begin(&w->commit, plain, len, w->ending ? STATE_ENDS : STATE_RUNS, anchor);
	if (e)
		worker_fail(w, e);
}

void worker_announce(struct worker *w)
{
	w->announced = true;
	if (w->broker && worker_send(w->broker, BLOB_READY, NULL, 0) != ERR_OK)
		log_warning("the broker cannot be told that this vTPM is served");
}

/* As long as session states may follow, what was anchored was not the last state. */
static void finish_stop(struct worker *w)
{
	w->ending = true;
	vtpm_shutdown(&w->vtpm);
	if (w->state == SERVING && commit_is_open(&w->commit))
		vtpm_anchor(&w->vtpm);
	if (w->state == SERVING)
		worker_end(w, EXIT_SUCCESS);
}

static void serve_guests(struct worker *w)
{
	enum err e = w->guest.ops->open(w->guest.self);

	if (e)
		worker_fail(w, e);
	else
		worker_announce(w);
}

/* Not while commits fail: the guest would be kept waiting even for what stores nothing. */
static void pay_debt(struct worker *w)
{
	bool fails = w->vtpm.stalled & ~(unsigned)VTPM_STALL_BUDGET;

	if (w->state == SERVING && !w->stopping && !fails && commit_owes(&w->commit))
		vtpm_anchor(&w->vtpm);
}

/* What follows once nothing waits to be committed any more. */
static void settled(struct worker *w)
{
	w->state = SERVING;
	if (w->suspend.committed) {
		worker_suspended(w);
		return;
	}
	if (w->announced)
		w->guest.ops->released(w->guest.self);
	else if (!w->stopping)
		serve_guests(w);
	if (w->stopping)
		finish_stop(w);
	else if (w->suspend.wanted)
		worker_suspend(w);
	pay_debt(w);
}

static void release(struct worker *w)
{
	vtpm_release(&w->vtpm);
	settled(w);
}

enum err worker_on_anchored(void *worker, struct msg *m)
{
	struct worker *w = worker;
	struct state_anchored a;
	bool done = false;
	enum err e;

	e = state_anchored_decode(m->body, m->len, &a);
	if (!e)
		e = commit_anchored(&w->commit, &a, &done);
	if (!e && done)
		release(w);
	return e;
}

enum err worker_on_stored(void *worker, struct msg *m)
{
	struct worker *w = worker;
	uint64_t version;
	bool done = false;
	enum err e;

	e = blob_stored_decode(m->body, m->len, &version);
	if (!e)
		e = commit_stored(&w->commit, version, &done);
	if (!e && done)
		release(w);
	return e;
}

enum err worker_on_freshness(void *worker, struct msg *m)
{
	struct worker *w = worker;
	enum err e = state_freshness_decode(m->body, m->len, &w->commit.fresh);

	if (!e)
		pay_debt(w);
	return e;
}

enum err worker_on_stall(void *worker, struct msg *m)
{
	struct worker *w = worker;
	enum state_stall stall;
	enum err e = state_stall_decode(m->body, m->len, &stall);

	if (e)
		return e;
	vtpm_stall(&w->vtpm, VTPM_STALL_FAILS, stall == STALL_FAILS);
	vtpm_stall(&w->vtpm, VTPM_STALL_BUDGET, stall == STALL_BUDGET);
	pay_debt(w);
	return ERR_OK;
}

enum err worker_on_store_stall(void *worker, struct msg *m)
{
	struct worker *w = worker;
	bool stall;
	enum err e = blob_stall_decode(m->body, m->len, &stall);

	if (e)
		return e;
	vtpm_stall(&w->vtpm, VTPM_STALL_STORE, stall);
	pay_debt(w);
	return ERR_OK;
}

/* ---- stop ----------------------------------------------------------------------------------- */

static void on_stop_timeout(void *arg)
{
	struct worker *w = arg;

	log_warning("the last state was not anchored in time; ending without it");
	worker_end(w, EXIT_FAILURE);
}

enum err worker_stop(struct worker *w)
{
	struct loop_timer *timer;
	enum err e;

	if (w->stopping)
		return ERR_OK;
	w->stopping = true;
	w->vtpm.ending = true;
	e = loop_after(w->loop, STOP_MS, on_stop_timeout, w, &timer);
	if (e)
		return e;
	if (w->state == SERVING)
		finish_stop(w);
	else if (w->state != COMMITTING)
		worker_end(w, EXIT_SUCCESS);
	return ERR_OK;
}

/* ---- start ---------------------------------------------------------------------------------- */

/*
 * The first state is anchored even if it is the old one: with three slots for a
 * fresh epoch, and so that a suspended state that is discarded is gone.
 */
void worker_start(struct worker *w)
{
	enum err e;

	w->state = SERVING;
	e = tpm_power_on();
	if (!e)
		e = vtpm_startup(&w->vtpm);
	if (e)
		worker_fail(w, e);
	else if (w->state == SERVING &&
		 (w->commit.slots == SLOTS_SESSION || worker_was_suspended(w)))
		vtpm_anchor(&w->vtpm);
	else if (w->state == SERVING)
		settled(w);
}

static void take_key(struct worker *w, const struct state_key *k)
{
	memcpy(secret_bytes(w->key), k->key, sizeof(k->key));
	commit_init(&w->commit, k, w->key);
	w->suspend.from = k->volatile_state;
	w->suspend.discard = k->discard;
	w->commit.keys = w->keys;
	w->commit.broker = w->broker;
	vtpm_init(&w->vtpm, commit_room(&w->commit), worker_commit, w);
	w->state = LOADING;
}

enum err worker_on_key(void *worker, struct msg *m)
{
	struct worker *w = worker;
	struct state_key k;
	uint64_t epoch;
	enum err e;

	e = state_key_decode(m->body, m->len, &k);
	if (!e)
		e = secret_new(sizeof(k.key), &w->key);
	if (!e)
		take_key(w, &k);
	epoch = k.epoch;
	secret_wipe(&k, sizeof(k));
	if (e || w->commit.version > 0)
		return e ? e : worker_load_begin(w, epoch);
	worker_start(w);
	return ERR_OK;
}

static enum err worker_open(struct worker *w)
{
	enum err e;

	e = loop_new(&w->loop);
	if (!e)
		e = tpm_init();
	if (!e)
		e = guest_emulator_new(w->loop, &w->vtpm, FD_WORKER_DATA, FD_WORKER_CTRL,
				       &w->guest);
	return e ? e : worker_peers_open(w);
}

static void worker_close(struct worker *w)
{
	tpm_end();
	secret_free(w->key);
	commit_end(&w->commit);
	if (w->guest.ops)
		w->guest.ops->close(w->guest.self);
	worker_peers_close(w);
	loop_free(w->loop);
}

int worker_run(void)
{
	struct worker w = {.exit_code = EXIT_FAILURE};
	enum err e;

	e = worker_open(&w);
	if (!e)
		e = loop_run(w.loop);
	if (e)
		log_error("%s", err_text(e));
	worker_close(&w);
	return w.exit_code;
}
