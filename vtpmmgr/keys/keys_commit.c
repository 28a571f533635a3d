/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The group commit (design: anchored group commit, strict).
 *
 *	IDLE --dirty--> WRITING --durable--> NV_Extend --ok--> IDLE, acks released
 *	                   |                    '--any error--> UNCERTAIN
 *	                   '--not durable--> IDLE, stalled, tried again
 *	UNCERTAIN --read A--> anchored, or not; neither: end, fail closed
 *
 * While one commit is under way the next one's states collect, and a commit
 * begins at the end of a turn of the loop, when every message that has arrived is
 * in; or a little later, where more are expected (keys_gather.h).
 */
#include "lib/log.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_anchor.h"
#include "vtpmmgr/keys/keys_derive.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS    500
#define CHANGES_MAX 64 /* that wait: more than all admin clients can have asked for */

static void begin(struct keys *k);
static void settle(struct keys *k);

/* ---- gathering ------------------------------------------------------------------------------ */

static unsigned count_dirty(const struct keys *k)
{
	unsigned n = 0;

	for (const struct keys_worker *w = k->workers; w; w = w->next)
		n += w->dirty;
	return n;
}

static bool was_in_the_last(const struct keys *k, const struct keys_worker *w)
{
	return w->attempt && w->attempt + 1 >= k->last_attempt;
}

static unsigned count_expected(const struct keys *k)
{
	unsigned n = 0;

	for (const struct keys_worker *w = k->workers; w; w = w->next)
		n += !w->dirty && was_in_the_last(k, w);
	return n;
}

/* Nobody who waits for an answer of the manager waits for guests. */
static uint64_t worth_waiting(struct keys *k)
{
	unsigned dirty = count_dirty(k);

	if (dirty == 0 || dirty >= COMMIT_BLOBS || k->changes || k->stalled)
		return 0;
	return gather_wait(&k->gather, count_expected(k), loop_now());
}

static void on_kick(void *arg);

static void kick_in(struct keys *k, uint64_t ms)
{
	if (loop_after(k->loop, ms, on_kick, k, &k->kick) != ERR_OK)
		log_error("no memory for a commit");
}

static void on_kick(void *arg)
{
	struct keys *k = arg;
	uint64_t wait = k->phase == PHASE_IDLE ? worth_waiting(k) : 0;

	k->kick = NULL;
	k->waits = wait > 0;
	if (wait > 0) {
		kick_in(k, wait);
	} else if (k->phase == PHASE_IDLE &&
		   gather_turn(&k->gather, count_dirty(k), COMMIT_BLOBS)) {
		sched_yield();
		keys_commit_soon(k);
	} else {
		begin(k);
	}
}

/* What arrives may be all that was waited for. */
void keys_commit_soon(struct keys *k)
{
	if (k->waits && worth_waiting(k) == 0) {
		loop_cancel(k->kick);
		k->kick = NULL;
		k->waits = false;
	}
	if (!k->kick && k->phase == PHASE_IDLE && !k->retry)
		kick_in(k, 0);
}

static void finish_change(struct keys *k, struct change *c, enum err e)
{
	c->done(k, c, e);
	free(c);
}

void keys_commit_change(struct keys *k, struct change *c)
{
	struct change **at = &k->changes;
	unsigned n = 0;

	for (; *at; at = &(*at)->next)
		n++;
	if (n >= CHANGES_MAX) {
		finish_change(k, c, ERR_AGAIN);
		return;
	}
	*at = c;
	keys_commit_soon(k);
}

void keys_commit_void(struct keys *k, enum err why)
{
	while (k->changes) {
		struct change *c = k->changes;

		k->changes = c->next;
		finish_change(k, c, why);
	}
}

bool keys_commit_holds(const struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	const struct attempt *t = &k->attempt;

	if (k->phase != PHASE_WRITING && k->phase != PHASE_UNCERTAIN)
		return false;
	for (uint16_t i = 0; i < t->nblobs; i++)
		if (memcmp(t->blobs[i].uuid, uuid, UUID_SIZE) == 0)
			return true;
	return false;
}

static bool concerns(const struct change *c, const uint8_t uuid[UUID_SIZE])
{
	return c && memcmp(c->leaf.uuid, uuid, UUID_SIZE) == 0;
}

bool keys_commit_changes(const struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	for (const struct change *c = k->changes; c; c = c->next)
		if (concerns(c, uuid))
			return true;
	return concerns(k->attempt.change, uuid);
}

/* Session states follow this one alone, and none at all if it is the last of its run. */
static uint64_t epoch_of(const struct root *next, const struct leaf *leaf,
			 const struct state_dirty *s)
{
	return leaf->slots == SLOTS_SESSION && s->kind == STATE_RUNS ? next->seq : 0;
}

/* The slot that the anchored root does not name: never "not the last attempt's". */
static void put_state(struct attempt *t, struct leaf *leaf, const struct state_dirty *s)
{
	struct keys_commit_blob *b = &t->blobs[t->nblobs++];
	const struct state_mark *mark = &s->mark;

	leaf->state_slot = leaf_next_slot(leaf, mark->version);
	leaf->version = mark->version;
	leaf->epoch = epoch_of(t->root, leaf, s);
	leaf->volatile_state = s->volatile_state;
	leaf->blob_len = mark->len;
	leaf->blob = mark->digest;
	memcpy(b->uuid, leaf->uuid, UUID_SIZE);
	b->slot = leaf->state_slot;
	b->mark = *mark;
}

static void gather_states(struct keys *k)
{
	struct attempt *t = &k->attempt;

	for (struct keys_worker *w = k->workers; w && t->nblobs < COMMIT_BLOBS; w = w->next) {
		struct leaf *leaf = w->dirty ? root_find(t->root, w->uuid) : NULL;

		if (leaf)
			put_state(t, leaf, &w->new_state);
	}
}

/* A change that cannot be applied is answered, and the next one gets its turn. */
static void gather_change(struct keys *k)
{
	struct attempt *t = &k->attempt;

	t->change = NULL;
	while (k->changes && !t->change) {
		struct change *c = k->changes;
		enum err e = c->apply(c, t->root);

		k->changes = c->next;
		if (e)
			finish_change(k, c, e);
		else
			t->change = c;
	}
}

/* ---- the attempt ---------------------------------------------------------------------------- */

static enum err encode_attempt(struct keys *k)
{
	struct attempt *t = &k->attempt;

	t->root->prev = k->a;
	t->root->audit_seq = k->audit_seq;
	t->root->audit_head = k->audit_head;
	t->slot = 1 - k->root_slot;
	return root_encode(t->root, t->bytes, STORE_ROOT_SIZE, &t->len);
}

static enum err seal_attempt(struct keys *k)
{
	struct attempt *t = &k->attempt;
	enum err e;

	secret_free(t->m);
	t->m = NULL;
	e = keys_derive_extend(k->root_mac, t->bytes, t->len, &t->m);
	return e ? e : keys_derive_extended(&k->a, t->m, &t->a_after);
}

static enum err send_attempt(struct keys *k)
{
	struct attempt *t = &k->attempt;
	struct keys_commit c = {.attempt = t->id,
				.root_slot = t->slot,
				.root_len = (uint32_t)t->len,
				.root = t->bytes,
				.nblobs = t->nblobs};
	size_t len;
	enum err e;

	memcpy(c.blobs, t->blobs, sizeof(c.blobs));
	if (t->change && t->change->record_len > 0) {
		struct keys_commit_record *r = &c.records[c.nrecords++];

		memcpy(r->uuid, t->change->leaf.uuid, UUID_SIZE);
		r->slot = t->change->leaf.record_slot;
		r->len = (uint32_t)t->change->record_len;
		r->bytes = t->change->record;
	}
	e = keys_commit_encode(&c, k->out, MSG_BODY_MAX, &len);
	return e ? e : keys_to_broker(k, KEYS_COMMIT, 0, len);
}

static void finish_attempt_change(struct keys *k, enum err e)
{
	struct change *c = k->attempt.change;

	k->attempt.change = NULL;
	if (c)
		finish_change(k, c, e);
}

static void begin(struct keys *k)
{
	struct attempt *t = &k->attempt;
	enum err e;

	if (k->phase != PHASE_IDLE || k->header_write.attempt || !k->broker_open)
		return;
	root_copy(t->root, k->root);
	t->root->seq++;
	t->nblobs = 0;
	gather_change(k);
	gather_states(k);
	/* While commits fail, an empty one finds out when they succeed again. */
	if (t->nblobs == 0 && !t->change && !k->stalled)
		return;
	t->id = ++k->last_attempt;
	gather_began(&k->gather, t->nblobs, loop_now());
	e = encode_attempt(k);
	if (e && t->change) {
		/* It makes no root that could be written: the states go without it. */
		finish_attempt_change(k, e);
		keys_commit_soon(k);
		return;
	}
	if (!e)
		e = send_attempt(k);
	k->phase = PHASE_WRITING;
	/* While the broker writes. */
	if (!e)
		e = seal_attempt(k);
	/* What cannot be prepared now is tried once more when it has. */
	if (!e && anchor_prepare(&k->tpm, t->m) != ERR_OK)
		log_info("the extend of the commit could not be prepared yet");
	if (e)
		keys_commit_durable(k, t->id, e);
}

/* ---- the outcome ---------------------------------------------------------------------------- */

static void stall(struct keys *k, bool stalled, enum err why)
{
	if (stalled)
		k->last_err = why;
	if (k->stalled == stalled)
		return;
	k->stalled = stalled;
	if (stalled)
		log_warning("commits fail: %s; guests are told to retry", err_text(why));
	else
		log_info("commits succeed again");
	for (struct keys_worker *w = k->workers; w; w = w->next)
		keys_worker_inform(w);
}

static void tell_broker(struct keys *k, enum err outcome)
{
	struct keys_result r = {.attempt = k->attempt.id, .err = (uint16_t)outcome};
	size_t len;

	if (keys_result_encode(&r, k->out, MSG_BODY_MAX, &len) == ERR_OK)
		keys_to_broker(k, KEYS_ANCHORED, 0, len);
}

static void anchored(struct keys *k)
{
	struct attempt *t = &k->attempt;
	struct root *old = k->root;

	k->root = t->root;
	t->root = old;
	k->root_slot = t->slot;
	k->a = t->a_after;
	k->phase = PHASE_IDLE;
	gather_ended(&k->gather, loop_now());
	k->extends++;
	k->states += t->nblobs;
	/* The end of a budget is told before the guest that has used it up can go on. */
	for (uint16_t i = 0; i < t->nblobs; i++) {
		keys_budget_count(k, t->blobs[i].uuid);
		keys_worker_anchored(k, &t->blobs[i]);
	}
	stall(k, false, ERR_OK);
	tell_broker(k, ERR_OK);
	finish_attempt_change(k, ERR_OK);
	keys_worker_resume_all(k);
	keys_go_on(k);
	keys_commit_soon(k);
}

static void on_retry(void *arg)
{
	struct keys *k = arg;

	k->retry = NULL;
	if (k->phase == PHASE_UNCERTAIN)
		settle(k);
	else
		begin(k);
}

static void retry_later(struct keys *k)
{
	if (!k->retry && loop_after(k->loop, RETRY_MS, on_retry, k, &k->retry) != ERR_OK)
		log_error("no memory to try a commit again");
}

/* Known not to be anchored, and never will be: the states stay dirty, the change is refused. */
static void void_attempt(struct keys *k, enum err why)
{
	anchor_abandon(&k->tpm);
	k->phase = PHASE_IDLE;
	stall(k, true, why);
	tell_broker(k, why);
	finish_attempt_change(k, why);
	keys_worker_resume_all(k);
	keys_go_on(k);
	retry_later(k);
}

/*
 * After an uncertain extend nothing is written or extended until A has been
 * read, in a new session: the old one is flushed first, so that a command of
 * it that is still on its way can no longer be authorised. Before the genesis
 * there is nothing to tamper with: an A that cannot be read was never written.
 */
static void settle(struct keys *k)
{
	struct digest a;
	enum err e;

	tpm_drop_session(&k->tpm);
	e = tpm_flush_owed(&k->tpm);
	if (!e)
		e = anchor_read(&k->tpm, &a);
	if (!e && digest_equal(&a, &k->attempt.a_after)) {
		anchored(k);
	} else if ((!e && digest_equal(&a, &k->a)) || (e == ERR_TAMPERED && k->root->seq == 0)) {
		void_attempt(k, k->last_err);
	} else if (!e || e == ERR_TAMPERED) {
		log_error("the anchor in the pTPM was changed by somebody else: stopping");
		loop_stop(k->loop);
	} else {
		stall(k, true, e);
		retry_later(k);
	}
}

void keys_commit_durable(struct keys *k, uint64_t attempt, enum err e)
{
	if (k->phase != PHASE_WRITING || attempt != k->attempt.id)
		return;
	if (e) {
		void_attempt(k, e);
		return;
	}
	if (!k->tpm.prepared)
		e = anchor_prepare(&k->tpm, k->attempt.m);
	if (e) {
		void_attempt(k, e);
		return;
	}
	e = anchor_extend(&k->tpm);
	if (!e) {
		anchored(k);
		return;
	}
	k->phase = PHASE_UNCERTAIN;
	k->last_err = e;
	settle(k);
}

/* A new broker counts its requests anew: an answer to the old one must not reach it. */
static void forget_requests(struct keys *k)
{
	for (struct change *c = k->changes; c; c = c->next)
		c->request = 0;
	if (k->attempt.change)
		k->attempt.change->request = 0;
	keys_worker_forget_requests(k);
}

void keys_commit_reset(struct keys *k)
{
	k->broker_open = false;
	forget_requests(k);
	keys_forget_postponed(k);
	keys_commit_void(k, ERR_UNAVAILABLE);
	keys_header_lost(k);
	if (k->phase == PHASE_WRITING)
		void_attempt(k, ERR_UNAVAILABLE);
	if (k->phase != PHASE_UNCERTAIN)
		return;
	/* The new broker would be told of a root that may not be current: recovery says which is.
	 */
	log_warning("the broker was replaced while A could not be read: starting again");
	loop_stop(k->loop);
}
