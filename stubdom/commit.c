/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/commit.h"

#include "lib/log.h"
#include "lib/proto_blob.h"

#include <stdlib.h>

#define BODY_MAX     256 /* of a mark, or of STATE_RESUME */
#define PUT_OVERHEAD 20  /* struct blob_put beside its bytes */

static enum err tell(struct channel *to, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	return channel_send(to, &m);
}

static enum err put_blob(const struct commit *c)
{
	const struct blob_put put = {
	    .version = c->pending.version, .len = c->pending.len, .bytes = c->blob};
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
	const struct state_dirty dirty = {.mark = c->pending, .kind = STATE_RUNS};
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
	if (c->blob && c->keys && !c->resuming && mark_dirty(c) != ERR_OK)
		log_warning("the key keeper cannot be told of the new state; waiting for the "
			    "next one");
}

enum err commit_begin(struct commit *c, const uint8_t *plain, size_t len)
{
	size_t sealed = state_sealed_len(len);
	uint8_t *blob;
	enum err e;

	if (sealed > c->quota)
		return ERR_FULL;
	blob = malloc(sealed);
	if (!blob)
		return ERR_NO_MEMORY;
	e = state_seal(&c->owner, c->anchored.version + 1, plain, len, blob, &c->pending);
	if (e) {
		free(blob);
		return e;
	}
	free(c->blob);
	c->blob = blob;
	offer_to_broker(c);
	offer_to_keys(c);
	return ERR_OK;
}

enum err commit_anchored(struct commit *c, uint64_t version, bool *done)
{
	bool pending = c->blob && version == c->pending.version;

	if (!pending && !(c->resuming && version == c->anchored.version))
		return ERR_STATE;
	c->resuming = false;
	*done = pending;
	if (!pending) {
		offer_to_broker(c);
		offer_to_keys(c);
		return ERR_OK;
	}
	c->anchored = c->pending;
	free(c->blob);
	c->blob = NULL;
	return ERR_OK;
}

enum err commit_new_keys(struct commit *c, struct channel *keys)
{
	struct state_resume r = {.anchored = c->anchored, .waiting = c->blob != NULL};
	uint8_t body[BODY_MAX];
	enum err e;
	size_t len;

	if (r.waiting)
		r.pending = c->pending;
	c->keys = keys;
	c->resuming = true;
	e = state_resume_encode(&r, body, sizeof(body), &len);
	return e ? e : tell(keys, STATE_RESUME, body, len);
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
