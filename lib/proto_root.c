/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_root.h"

#include "lib/field.h"
#include "lib/frame.h"

#include <stdlib.h>
#include <string.h>

#define LEAF_SIZE      204
#define ROOT_HEAD_SIZE (FRAME_SIZE + 167)
#define UNIX_ID_SIZE   8 /* u32 uid, u32 gid */

_Static_assert(ROOT_HEAD_SIZE + LEAVES_MAX * LEAF_SIZE <= STORE_ROOT_SIZE,
	       "a full root fits its slot");

/* chown(2) takes all ones for "leave it", so neither id may be that. */
static bool unix_id_ok(const uint8_t id[16])
{
	static const uint8_t none[4] = {0xff, 0xff, 0xff, 0xff};

	return memcmp(id, none, 4) != 0 && memcmp(id + 4, none, 4) != 0 &&
	       field_is_zero(id + UNIX_ID_SIZE, 16 - UNIX_ID_SIZE);
}

static bool guest_ok(const struct guest *g)
{
	if (g->kind == GUEST_NONE)
		return field_is_zero(g->id, sizeof(g->id));
	if (g->kind == GUEST_UNIX)
		return unix_id_ok(g->id);
	return g->kind == GUEST_XEN;
}

void guest_put(struct wbuf *w, const struct guest *g)
{
	wbuf_u8(w, g->kind);
	wbuf_bytes(w, g->id, sizeof(g->id));
}

void guest_get(struct rbuf *r, struct guest *out)
{
	out->kind = rbuf_u8(r);
	rbuf_copy(r, out->id, sizeof(out->id));
	rbuf_require(r, guest_ok(out));
}

/* One byte: bits 0 and 1 the slot, bit 2 whether there are three, bit 3 whether it was recovered.
 */
static void state_slot_put(struct wbuf *w, const struct leaf *l)
{
	wbuf_u8(w, (uint8_t)(l->state_slot | (l->slots == SLOTS_SESSION) << 2 | l->recovered << 3));
}

static void state_slot_get(struct rbuf *r, struct leaf *out)
{
	uint8_t b = rbuf_u8(r);

	rbuf_require(r, b >> 4 == 0);
	out->state_slot = b & 3;
	out->slots = b >> 2 & 1 ? SLOTS_SESSION : SLOTS_STRICT;
	out->recovered = b >> 3 & 1;
}

static void leaf_put(struct wbuf *w, const struct leaf *l)
{
	wbuf_bytes(w, l->uuid, UUID_SIZE);
	wbuf_u8(w, l->state);
	state_slot_put(w, l);
	wbuf_u8(w, l->record_slot);
	wbuf_u32(w, l->generation);
	wbuf_u64(w, l->version);
	wbuf_u64(w, l->epoch);
	wbuf_u64(w, l->region);
	wbuf_u32(w, l->quota);
	wbuf_u32(w, l->blob_len);
	wbuf_bytes(w, l->blob.b, DIGEST_SIZE);
	wbuf_u32(w, l->record_len);
	wbuf_bytes(w, l->record.b, DIGEST_SIZE);
	wbuf_bytes(w, l->volatile_state.b, DIGEST_SIZE);
	wbuf_bytes(w, l->rim.b, DIGEST_SIZE);
	guest_put(w, &l->guest);
}

static void leaf_get(struct rbuf *r, struct leaf *out)
{
	memset(out, 0, sizeof(*out));
	rbuf_copy(r, out->uuid, UUID_SIZE);
	out->state = rbuf_u8(r);
	state_slot_get(r, out);
	out->record_slot = rbuf_u8(r);
	out->generation = rbuf_u32(r);
	out->version = rbuf_u64(r);
	out->epoch = rbuf_u64(r);
	out->region = rbuf_u64(r);
	out->quota = rbuf_u32(r);
	out->blob_len = rbuf_u32(r);
	rbuf_copy(r, out->blob.b, DIGEST_SIZE);
	out->record_len = rbuf_u32(r);
	rbuf_copy(r, out->record.b, DIGEST_SIZE);
	rbuf_copy(r, out->volatile_state.b, DIGEST_SIZE);
	rbuf_copy(r, out->rim.b, DIGEST_SIZE);
	guest_get(r, &out->guest);
}

/* Version 0 means that no blob was written yet. */
static bool leaf_blob_ok(const struct leaf *l)
{
	if (l->version == 0)
		return l->blob_len == 0 && field_is_zero(&l->blob, sizeof(l->blob));
	return l->blob_len >= 1 && l->blob_len <= l->quota;
}

/* Only where there is a slot for them are there session states. */
static bool leaf_slots_ok(const struct leaf *l)
{
	return (l->slots == SLOTS_STRICT || l->slots == SLOTS_SESSION) &&
	       l->state_slot < l->slots && (l->slots == SLOTS_SESSION || l->epoch == 0);
}

static bool leaf_ok(const struct leaf *l)
{
	return !field_is_zero(l->uuid, UUID_SIZE) && l->state == LEAF_LIVE && leaf_slots_ok(l) &&
	       l->record_slot <= 1 && l->generation >= 1 && field_region_ok(l->region) &&
	       field_quota_ok(l->quota) && leaf_blob_ok(l) && l->record_len >= 1 &&
	       l->record_len <= RECORD_SLOT_SIZE && guest_ok(&l->guest);
}

/* A field kept for a feature to come: if it is in use it must not be overlooked. */
static bool leaf_reserved(const struct leaf *l)
{
	return field_is_zero(&l->rim, DIGEST_SIZE);
}

/* A table with gaps, by the first bytes of the uuid: this is asked at every commit. */
static bool uuids_differ(const struct root *r)
{
	const struct leaf *seen[2 * LEAVES_MAX] = {NULL};

	for (size_t i = 0; i < r->nleaves; i++) {
		const struct leaf *l = &r->leaves[i];
		size_t at = (l->uuid[0] << 8 | l->uuid[1]) % (2 * LEAVES_MAX);

		for (; seen[at]; at = (at + 1) % (2 * LEAVES_MAX))
			if (memcmp(seen[at]->uuid, l->uuid, UUID_SIZE) == 0)
				return false;
		seen[at] = l;
	}
	return true;
}

static int by_region(const void *a, const void *b)
{
	const struct leaf *const *x = a, *const *y = b;

	return ((*x)->region > (*y)->region) - ((*x)->region < (*y)->region);
}

static bool ascend(const struct leaf *const *l, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (l[i - 1]->region + REGION_SIZE(l[i - 1]->quota, l[i - 1]->slots) > l[i]->region)
			return false;
	return true;
}

/* No two regions over each other. Most roots are in their order. */
static bool regions_apart(const struct root *r)
{
	const struct leaf *l[LEAVES_MAX];
	size_t n = r->nleaves;

	for (size_t i = 0; i < n; i++)
		l[i] = &r->leaves[i];
	if (ascend(l, n))
		return true;
	qsort(l, n, sizeof(l[0]), by_region);
	return ascend(l, n);
}

void policy_slot_put(struct wbuf *w, uint8_t slot, bool is_signed)
{
	wbuf_require(w, slot <= 1);
	wbuf_u8(w, (uint8_t)(slot | is_signed << 1));
}

void policy_slot_get(struct rbuf *r, uint8_t *slot, bool *is_signed)
{
	uint8_t both = rbuf_u8(r);

	rbuf_require(r, both <= 3);
	*slot = both & 1;
	*is_signed = both >> 1;
}

/* In the root the same byte has, in bit 2, whether it was ever recovered. */
static void root_policy_put(struct wbuf *w, const struct root *r)
{
	wbuf_u8(w, (uint8_t)(r->policy_slot | r->policy_signed << 1 | r->recovered << 2));
}

static void root_policy_get(struct rbuf *r, struct root *out)
{
	uint8_t b = rbuf_u8(r);

	rbuf_require(r, b >> 3 == 0);
	out->policy_slot = b & 1;
	out->policy_signed = b >> 1 & 1;
	out->recovered = b >> 2 & 1;
}

/* What holds for every root, asked before one is written as well as after one is read. */
static enum err root_check(const struct root *r)
{
	enum err e = ERR_OK;

	if (r->nleaves > LEAVES_MAX || r->policy_slot > 1 || r->policy_len > STORE_POLICY_SIZE)
		return ERR_FORMAT;
	if (!field_is_zero(&r->ledger, DIGEST_SIZE))
		return ERR_UNSUPPORTED;
	for (size_t i = 0; e == ERR_OK && i < r->nleaves; i++)
		if (!leaf_ok(&r->leaves[i]))
			e = ERR_FORMAT;
		else if (!leaf_reserved(&r->leaves[i]))
			e = ERR_UNSUPPORTED;
	return e == ERR_OK && !(uuids_differ(r) && regions_apart(r)) ? ERR_FORMAT : e;
}

enum err root_encode(const struct root *r, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	if (root_check(r) != ERR_OK)
		return ERR_ARG;
	wbuf_init(&w, out, cap);
	frame_begin(&w, ROOT_MAGIC);
	wbuf_u64(&w, r->seq);
	wbuf_bytes(&w, r->store, UUID_SIZE);
	wbuf_bytes(&w, r->prev.b, DIGEST_SIZE);
	wbuf_u64(&w, r->audit_seq);
	wbuf_bytes(&w, r->audit_head.b, DIGEST_SIZE);
	root_policy_put(&w, r);
	wbuf_u32(&w, r->policy_len);
	wbuf_bytes(&w, r->policy.b, DIGEST_SIZE);
	wbuf_bytes(&w, r->ledger.b, DIGEST_SIZE);
	wbuf_u16(&w, r->nleaves);
	for (size_t i = 0; i < r->nleaves; i++)
		leaf_put(&w, &r->leaves[i]);
	return frame_end(&w, len);
}

static void root_get(struct rbuf *r, struct root *out)
{
	out->seq = rbuf_u64(r);
	rbuf_copy(r, out->store, UUID_SIZE);
	rbuf_copy(r, out->prev.b, DIGEST_SIZE);
	out->audit_seq = rbuf_u64(r);
	rbuf_copy(r, out->audit_head.b, DIGEST_SIZE);
	root_policy_get(r, out);
	out->policy_len = rbuf_u32(r);
	rbuf_copy(r, out->policy.b, DIGEST_SIZE);
	rbuf_copy(r, out->ledger.b, DIGEST_SIZE);
	out->nleaves = rbuf_u16(r);
	if (!rbuf_require(r, out->nleaves <= LEAVES_MAX))
		return;
	for (size_t i = 0; i < out->nleaves; i++)
		leaf_get(r, &out->leaves[i]);
}

enum err root_decode(const uint8_t *in, size_t len, struct root *out)
{
	struct root root;
	struct rbuf r;
	enum err e = frame_open(&r, in, len, ROOT_MAGIC);

	if (e != ERR_OK)
		return e;
	memset(&root, 0, offsetof(struct root, leaves));
	root_get(&r, &root);
	e = rbuf_end(&r);
	if (e == ERR_OK)
		e = root_check(&root);
	if (e == ERR_OK)
		root_copy(out, &root);
	return e;
}

void root_copy(struct root *to, const struct root *from)
{
	memcpy(to, from, offsetof(struct root, leaves) + from->nleaves * sizeof(struct leaf));
}

struct leaf *root_find(struct root *r, const uint8_t uuid[UUID_SIZE])
{
	for (size_t i = 0; i < r->nleaves; i++)
		if (memcmp(r->leaves[i].uuid, uuid, UUID_SIZE) == 0)
			return &r->leaves[i];
	return NULL;
}

bool leaf_is_suspended(const struct leaf *l)
{
	return !field_is_zero(&l->volatile_state, DIGEST_SIZE);
}

uint8_t leaf_next_slot(const struct leaf *l, uint64_t version)
{
	if (l->slots == SLOTS_STRICT)
		return 1 - l->state_slot;
	return (uint8_t)((l->state_slot + 1 + (version & 1)) % SLOTS_SESSION);
}
