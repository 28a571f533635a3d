/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which state to start from. If the anchored one has an epoch, the run before
 * may have stored newer states that are not anchored: of those that verify in
 * exactly that epoch, the newest. Otherwise the anchored one, and no other.
 */
#include "lib/log.h"
#include "stubdom/tpm.h"
#include "stubdom/worker.h"

#include <stdlib.h>

/* A broker that cannot be asked has just died; its successor will be. */
enum err worker_load_ask(struct worker *w)
{
	uint8_t body[1];
	size_t len;
	enum err e = blob_get_encode(w->load.which, body, sizeof(body), &len);

	if (!e && worker_send(w->broker, BLOB_GET, body, len) != ERR_OK)
		log_warning("the broker cannot be asked for the state; waiting for the next one");
	return e;
}

static enum err ask_for(struct worker *w, enum blob_which which)
{
	w->load.which = which;
	return w->broker ? worker_load_ask(w) : ERR_OK;
}

enum err worker_load_begin(struct worker *w, uint64_t epoch)
{
	w->load.epoch = epoch;
	return ask_for(w, epoch ? BLOB_OTHER : BLOB_ANCHORED);
}

/* Wipes what was opened, whether it could be taken or not. */
static enum err take(uint8_t *plain, size_t len, enum err e)
{
	if (!e)
		e = tpm_load(plain, len);
	secret_wipe(plain, len);
	free(plain);
	return e;
}

static enum err load_anchored(const struct worker *w, const struct msg *m)
{
	uint8_t *plain;
	enum err e;

	if (m->len <= AEAD_OVERHEAD)
		return m->len == 0 ? ERR_NOT_FOUND : ERR_TAMPERED;
	plain = malloc(m->len);
	if (!plain)
		return ERR_NO_MEMORY;
	e = state_open(&w->commit.owner, &w->commit.anchored, m->body, m->len, plain);
	return take(plain, m->len - AEAD_OVERHEAD, e);
}

/*
 * A root that was put back says of none that it is suspended (doc/STATE-FORMAT.md), but the blob
 * that it names may be sealed as a suspended one.
 */
static enum err start_from_anchored(struct worker *w, const struct msg *m)
{
	enum err e = worker_was_suspended(w) ? ERR_TAMPERED : load_anchored(w, m);

	if (e == ERR_TAMPERED)
		return worker_resume(w, m->body, m->len);
	if (!e)
		worker_start(w);
	return e;
}

/* Whatever else may lie in a slot, from before or put there by others, is passed over. */
static bool may_be_newer(const struct worker *w, const struct msg *m, struct session_state *s)
{
	return session_state_decode(m->body, m->len, s) == ERR_OK && s->epoch == w->load.epoch &&
	       s->version > w->commit.version && s->len > AEAD_OVERHEAD;
}

static enum err consider(struct worker *w, const struct msg *m)
{
	struct session_state s;
	uint8_t *plain;
	enum err e;

	if (!may_be_newer(w, m, &s))
		return ERR_OK;
	plain = malloc(s.len);
	if (!plain)
		return ERR_NO_MEMORY;
	e = state_open_session(&w->commit.owner, &s, plain);
	e = take(plain, s.len - AEAD_OVERHEAD, e);
	if (!e)
		w->commit.version = s.version;
	return e == ERR_TAMPERED ? ERR_OK : e;
}

/* After both of the other slots. */
static enum err choose(struct worker *w)
{
	uint64_t behind = w->commit.version - w->commit.anchored.version;

	if (behind == 0)
		return ask_for(w, BLOB_ANCHORED);
	log_info("going on from a session state, %llu after the anchored one",
		 (unsigned long long)behind);
	worker_start(w);
	return ERR_OK;
}

enum err worker_on_blob(void *worker, struct msg *m)
{
	struct worker *w = worker;
	enum blob_which which = w->load.which;
	enum err e = which == BLOB_ANCHORED ? start_from_anchored(w, m) : consider(w, m);

	if (e)
		worker_fail(w, e);
	else if (which != BLOB_ANCHORED)
		return which == BLOB_OTHER ? ask_for(w, BLOB_THIRD) : choose(w);
	return ERR_OK;
}
