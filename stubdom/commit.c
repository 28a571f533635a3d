/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/commit.h"

#include "lib/log.h"
#include "lib/proto_blob.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MAX     256 /* of a mark, or of STATE_RESUME */
#define PUT_OVERHEAD 20  /* struct blob_put beside its bytes */

void commit_init(struct commit *c, const struct state_key *k, const struct secret *key)
{
	*c = (struct commit){.owner.generation = k->generation,
			     .owner.key = key,
			     .quota = k->quota,
			     .slots = k->slots,
			     .fresh = (enum freshness_class)k->fresh,
			     .anchored = k->current,
			     .version = k->current.version};
	memcpy(c->owner.uuid, k->uuid, sizeof(k->uuid));
}

size_t commit_room(const struct commit *c)
{
	size_t beside = c->slots == SLOTS_SESSION ? state_session_len(0) : state_sealed_len(0);

	return c->quota - beside;
}

/* ---- offering ------------------------------------------------------------------------------- */

static enum err tell(struct channel *to, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	return channel_send(to, &m);
}

static bool waits_for_keys(const struct commit *c)
{
	return c->blob && c->pending_epoch == 0;
}

static enum err put_blob(const struct commit *c)
{
	const struct blob_put put = {.version = c->pending.version,
				     .epoch = c->pending_epoch,
				     .len = c->pending.len,
				     .bytes = c->blob};
	size_t cap = PUT_OVERHEAD + c->pending.len;
	uint8_t *body = malloc(cap);
	enum err e;
	size_t len;

	if (!body)
		return ERR_NO_MEMORY;
	e = blob_put_encode(&put, body, cap, &len);
	if (!e)
		e = tell(c->broker, BLOB_PUT, body, len);
	free(body);
	return e;
}

static enum err mark_dirty(const struct commit *c)
{
	const struct state_dirty dirty = {
	    .mark = c->pending, .kind = c->kind, .volatile_state = c->volatile_state};
	uint8_t body[BODY_MAX];
	enum err e;
	size_t len;

	e = state_dirty_encode(&dirty, body, sizeof(body), &len);
	return e ? e : tell(c->keys, STATE_DIRTY, body, len);
}

/* A peer that cannot be told has just died; its successor will be. */
static void offer_to_broker(const struct commit *c)
{
	if (c->blob && c->broker && put_blob(c) != ERR_OK)
		log_warning("the broker cannot be sent the new state; waiting for the next one");
}

static void offer_to_keys(const struct commit *c)
{
	if (waits_for_keys(c) && c->keys && !c->resuming && mark_dirty(c) != ERR_OK)
		log_warning("the key keeper cannot be told of the new state; waiting for the "
			    "next one");
}

/* ---- sealing -------------------------------------------------------------------------------- */

static enum err seal(struct commit *c, const uint8_t *plain, size_t len, uint64_t epoch,
		     uint8_t *blob)
{
	uint64_t version = c->version + 1;
	enum err e;

	if (c->kind == STATE_SUSPENDS)
		return state_seal_suspended(&c->owner, version, plain, len, blob, &c->pending);
	if (epoch == 0)
		return state_seal(&c->owner, version, plain, len, blob, &c->pending);
	e = state_seal_session(&c->owner, version, epoch, plain, len, blob);
	if (!e)
		c->pending = (struct state_mark){.version = version,
						 .len = (uint32_t)state_session_len(len)};
	return e;
}

static bool as_session(const struct commit *c, enum state_kind kind, bool anchor)
{
	return commit_is_open(c) && c->fresh == FRESHNESS_SESSION && kind == STATE_RUNS && !anchor;
}

/* As c->kind. */
static enum err begin(struct commit *c, const uint8_t *plain, size_t len, uint64_t epoch)
{
	size_t size = epoch ? state_session_len(len) : state_sealed_len(len);
	uint8_t *blob;
	enum err e;

	if (size > c->quota)
		return ERR_FULL;
	blob = malloc(size);
	if (!blob)
		return ERR_NO_MEMORY;
	e = seal(c, plain, len, epoch, blob);
	if (e) {
		free(blob);
		return e;
	}
	free(c->blob);
	c->blob = blob;
	c->pending_epoch = epoch;
	offer_to_broker(c);
	offer_to_keys(c);
	return ERR_OK;
}

enum err commit_begin(struct commit *c, const uint8_t *plain, size_t len, enum state_kind kind,
		      bool anchor)
{
	c->kind = kind;
	c->volatile_state = (struct digest){0};
	return begin(c, plain, len, as_session(c, kind, anchor) ? c->epoch : 0);
}

enum err commit_begin_suspended(struct commit *c, const uint8_t *plain, size_t len,
				const struct digest *volatile_state)
{
	c->kind = STATE_SUSPENDS;
	c->volatile_state = *volatile_state;
	return begin(c, plain, len, 0);
}

/* ---- the outcome ---------------------------------------------------------------------------- */

static void settle(struct commit *c)
{
	c->version = c->pending.version;
	free(c->blob);
	c->blob = NULL;
}

enum err commit_anchored(struct commit *c, const struct state_anchored *a, bool *done)
{
	bool pending = waits_for_keys(c) && a->version == c->pending.version;

	if (!pending && !(c->resuming && a->version == c->anchored.version))
		return ERR_STATE;
	c->resuming = false;
	*done = pending;
	if (pending) {
		c->anchored = c->pending;
		c->epoch = c->slots == SLOTS_SESSION ? a->epoch : 0;
		settle(c);
	} else if (waits_for_keys(c)) {
		offer_to_broker(c);
		offer_to_keys(c);
	}
	return ERR_OK;
}

/* A broker that was offered a state twice may say twice that it is stored. */
enum err commit_stored(struct commit *c, uint64_t version, bool *done)
{
	*done = c->blob && c->pending_epoch != 0 && version == c->pending.version;
	if (*done)
		settle(c);
	return *done || version <= c->version ? ERR_OK : ERR_STATE;
}

bool commit_is_open(const struct commit *c)
{
	return c->epoch != 0;
}

bool commit_owes(const struct commit *c)
{
	return c->fresh == FRESHNESS_STRICT && c->version > c->anchored.version;
}

/* ---- new peers ------------------------------------------------------------------------------ */

enum err commit_new_keys(struct commit *c, struct channel *keys)
{
	struct state_resume r = {.anchored = c->anchored, .waiting = waits_for_keys(c)};
	uint8_t body[BODY_MAX];
	enum err e;
	size_t len;

	if (r.waiting)
		r.pending = c->pending;
	c->keys = keys;
	c->resuming = true;
	e = state_resume_encode(&r, body, sizeof(body), &len);
	if (!e && tell(keys, STATE_RESUME, body, len) != ERR_OK)
		log_warning("the new key keeper cannot be told; waiting for the next one");
	return e;
}

void commit_new_broker(struct commit *c, struct channel *broker)
{
	c->broker = broker;
	offer_to_broker(c);
}

void commit_end(struct commit *c)
{
	free(c->blob);
	c->blob = NULL;
}
