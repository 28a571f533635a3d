/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Suspending. What the TPM has in RAM is sealed and anchored with its permanent
 * state, and the worker ends. If that cannot be done in time, or at all, it is
 * given up and the guest goes on, for what it has in RAM is nowhere else. A
 * suspended state that was on its way by then may still be anchored: the next
 * one is anchored before anything else is done.
 *
 * Going on from it: once. The random number generator is stirred before anything
 * is asked of it, and the state is anchored as one that runs before a guest is
 * served; whoever dies before that has told nobody anything.
 */
#include "lib/log.h"
#include "stubdom/suspended.h"
#include "stubdom/tpm.h"
#include "stubdom/worker.h"

#include <stdlib.h>

#define SUSPEND_MS 5000

/* ---- suspending ----------------------------------------------------------------------------- */

static void tell_why(struct worker *w, enum err why)
{
	uint8_t body[8];
	size_t len;

	log_warning("not suspended: %s", err_text(why));
	if (w->broker && blob_failed_encode(why, body, sizeof(body), &len) == ERR_OK &&
	    worker_send(w->broker, BLOB_NOT_SUSPENDED, body, len) != ERR_OK)
		log_warning("the broker cannot be told");
}

static void give_up(struct worker *w, enum err why)
{
	loop_cancel(w->suspend.timer);
	w->suspend.timer = NULL;
	w->suspend.wanted = false;
	w->vtpm.ending = w->stopping;
	tell_why(w, why);
	if (w->state == SERVING)
		w->guest.ops->released(w->guest.self);
}

static void on_timeout(void *arg)
{
	struct worker *w = arg;

	w->suspend.timer = NULL;
	give_up(w, ERR_TIMEOUT);
}

/* The gate is held from here until worker_suspended(). */
static enum err commit_both(struct worker *w, const struct tpm_states *s)
{
	size_t len = suspended_len(s);
	uint8_t *plain = malloc(len);
	struct digest digest;
	enum err e = plain ? ERR_OK : ERR_NO_MEMORY;

	if (!e)
		e = suspended_digest(s, &digest);
	if (!e)
		e = suspended_encode(s, plain, len, &len);
	if (!e)
		e = commit_begin_suspended(&w->commit, plain, len, &digest);
	if (plain)
		secret_wipe(plain, len);
	free(plain);
	return e;
}

void worker_suspend(struct worker *w)
{
	struct tpm_states s;
	uint8_t *bytes;
	enum err e;

	s.permanent = tpm_state(&s.permanent_len);
	e = tpm_volatile(&bytes, &s.volatile_len);
	if (!e) {
		s.volatile_state = bytes;
		e = commit_both(w, &s);
		tpm_volatile_free(bytes, s.volatile_len);
	}
	if (e) {
		give_up(w, e);
		return;
	}
	w->state = COMMITTING;
	w->vtpm.held = true;
	w->suspend.committed = true;
}

void worker_suspended(struct worker *w)
{
	w->suspend.committed = false;
	if (w->suspend.wanted)
		worker_end(w, EXIT_SUCCESS);
	else
		vtpm_anchor(&w->vtpm);
}

enum err worker_on_suspend(void *worker, struct msg *m)
{
	struct worker *w = worker;
	enum err e;

	(void)m;
	if (w->suspend.wanted || w->stopping)
		return ERR_OK;
	if (w->vtpm.stalled & VTPM_STALL_FAILS) {
		tell_why(w, ERR_UNAVAILABLE);
		return ERR_OK;
	}
	e = loop_after(w->loop, SUSPEND_MS, on_timeout, w, &w->suspend.timer);
	if (e)
		return e;
	w->suspend.wanted = true;
	w->vtpm.ending = true;
	if (w->state == SERVING)
		worker_suspend(w);
	return ERR_OK;
}

/* ---- going on ------------------------------------------------------------------------------- */

bool worker_was_suspended(const struct worker *w)
{
	static const struct digest none;

	return !digest_equal(&w->suspend.from, &none);
}

static enum err start_from(struct worker *w, const struct tpm_states *s)
{
	enum err e;

	if (worker_was_suspended(w) && !w->suspend.discard) {
		w->state = SERVING;
		return vtpm_resume(&w->vtpm, s);
	}
	e = tpm_load(s->permanent, s->permanent_len);
	if (!e)
		worker_start(w);
	return e;
}

static enum err check_and_start(struct worker *w, const uint8_t *plain, size_t len)
{
	struct tpm_states s;
	struct digest digest;
	enum err e = suspended_decode(plain, len, &s);

	if (e)
		return ERR_TAMPERED;
	e = suspended_digest(&s, &digest);
	if (!e && worker_was_suspended(w) && !digest_equal(&digest, &w->suspend.from))
		e = ERR_ROLLBACK;
	return e ? e : start_from(w, &s);
}

enum err worker_resume(struct worker *w, const uint8_t *blob, size_t len)
{
	uint8_t *plain;
	enum err e;

	if (len <= AEAD_OVERHEAD)
		return len == 0 ? ERR_NOT_FOUND : ERR_TAMPERED;
	plain = malloc(len);
	if (!plain)
		return ERR_NO_MEMORY;
	e = state_open_suspended(&w->commit.owner, &w->commit.anchored, blob, len, plain);
	if (!e)
		e = check_and_start(w, plain, len - AEAD_OVERHEAD);
	secret_wipe(plain, len);
	free(plain);
	return e;
}
