/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_state.h"

#include "lib/codec.h"
#include "lib/field.h"

void state_mark_put(struct wbuf *w, const struct state_mark *m)
{
	wbuf_u64(w, m->version);
	wbuf_u32(w, m->len);
	wbuf_bytes(w, m->digest.b, DIGEST_SIZE);
}

/* Version 0 is "no state yet": then there is neither length nor digest. */
static bool mark_ok(const struct state_mark *m)
{
	if (m->version == 0)
		return m->len == 0 && field_is_zero(&m->digest, DIGEST_SIZE);
	return m->len >= 1 && m->len <= QUOTA_MAX;
}

void state_mark_get(struct rbuf *r, struct state_mark *out)
{
	out->version = rbuf_u64(r);
	out->len = rbuf_u32(r);
	rbuf_copy(r, out->digest.b, DIGEST_SIZE);
	rbuf_require(r, mark_ok(out));
}

CODEC(state_mark);

enum err state_key_encode(const struct state_key *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_bytes(&w, m->uuid, UUID_SIZE);
	wbuf_u32(&w, m->generation);
	wbuf_u32(&w, m->quota);
	state_mark_put(&w, &m->current);
	wbuf_u64(&w, m->epoch);
	wbuf_u8(&w, m->slots);
	wbuf_u8(&w, m->fresh);
	wbuf_bytes(&w, m->volatile_state.b, DIGEST_SIZE);
	wbuf_u8(&w, m->discard);
	wbuf_bytes(&w, m->key, AEAD_KEY_SIZE);
	return wbuf_end(&w, len);
}

static void state_key_get(struct rbuf *r, struct state_key *out)
{
	field_uuid(r, out->uuid);
	out->generation = rbuf_u32(r);
	rbuf_require(r, out->generation >= 1);
	out->quota = field_quota(r);
	state_mark_get(r, &out->current);
	rbuf_require(r, out->current.len <= out->quota);
	out->epoch = rbuf_u64(r);
	out->slots = field_enum(r, SLOTS_STRICT, SLOTS_SESSION);
	rbuf_require(r, out->slots == SLOTS_SESSION || out->epoch == 0);
	out->fresh = field_enum(r, FRESHNESS_STRICT, FRESHNESS_SESSION);
	rbuf_copy(r, out->volatile_state.b, DIGEST_SIZE);
	out->discard = rbuf_bool(r);
	rbuf_require(r, !(out->discard && field_is_zero(&out->volatile_state, DIGEST_SIZE)));
	rbuf_copy(r, out->key, AEAD_KEY_SIZE);
}

enum err state_key_decode(const uint8_t *in, size_t len, struct state_key *out)
{
	struct state_key m = {0};
	struct rbuf r;
	enum err e;

	rbuf_init(&r, in, len);
	state_key_get(&r, &m);
	e = rbuf_end(&r);
	if (e == ERR_OK)
		*out = m;
	secret_wipe(&m, sizeof(m));
	return e;
}

static void state_resume_put(struct wbuf *w, const struct state_resume *m)
{
	state_mark_put(w, &m->anchored);
	wbuf_u8(w, m->waiting);
	state_mark_put(w, &m->pending);
}

static void state_resume_get(struct rbuf *r, struct state_resume *m)
{
	state_mark_get(r, &m->anchored);
	m->waiting = rbuf_bool(r);
	state_mark_get(r, &m->pending);
	rbuf_require(r, m->waiting == (m->pending.version != 0));
}

CODEC(state_resume);

static void state_dirty_put(struct wbuf *w, const struct state_dirty *m)
{
	state_mark_put(w, &m->mark);
	wbuf_u8(w, m->kind);
	wbuf_bytes(w, m->volatile_state.b, DIGEST_SIZE);
}

static void state_dirty_get(struct rbuf *r, struct state_dirty *m)
{
	state_mark_get(r, &m->mark);
	rbuf_require(r, m->mark.version > 0);
	m->kind = field_enum(r, STATE_RUNS, STATE_SUSPENDS);
	rbuf_copy(r, m->volatile_state.b, DIGEST_SIZE);
	rbuf_require(r,
		     field_is_zero(&m->volatile_state, DIGEST_SIZE) == (m->kind != STATE_SUSPENDS));
}

CODEC(state_dirty);

static void state_anchored_put(struct wbuf *w, const struct state_anchored *m)
{
	wbuf_u64(w, m->version);
	wbuf_u64(w, m->epoch);
}

static void state_anchored_get(struct rbuf *r, struct state_anchored *m)
{
	m->version = rbuf_u64(r);
	m->epoch = rbuf_u64(r);
}

CODEC(state_anchored);

static enum freshness_class get_class(struct rbuf *r)
{
	return (enum freshness_class)field_enum(r, FRESHNESS_STRICT, FRESHNESS_SESSION);
}

CODEC_VALUE(state_freshness, enum freshness_class, wbuf_u8, get_class);

static enum state_stall get_stall(struct rbuf *r)
{
	return (enum state_stall)field_enum(r, 0, STALL_BUDGET);
}

CODEC_VALUE(state_stall, enum state_stall, wbuf_u8, get_stall);
