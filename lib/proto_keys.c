/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_keys.h"

#include "lib/codec.h"
#include "lib/field.h"

#define COPIES 2

_Static_assert(COPIES *(STORE_HEADER_SIZE + STORE_ROOT_SIZE) + 16 + 144 <= MSG_BODY_MAX,
	       "KEYS_OPEN, and KEYS_RECOVER, carries every copy in one message");
_Static_assert(STORE_ROOT_SIZE + 61 * COMMIT_BLOBS + (RECORD_SLOT_SIZE + 21) * COMMIT_RECORDS +
		       17 <=
		   MSG_BODY_MAX,
	       "the largest group commit fits one message");

static uint16_t get_err(struct rbuf *r)
{
	return (uint16_t)err_from_wire(rbuf_u16(r));
}

static void keys_pcrs_put(struct wbuf *w, const struct keys_pcrs *m)
{
	wbuf_u32(w, m->mask);
	for (unsigned i = 0; i < 24; i++)
		if (m->mask >> i & 1)
			wbuf_bytes(w, m->values[i].b, DIGEST_SIZE);
}

static void keys_pcrs_get(struct rbuf *r, struct keys_pcrs *m)
{
	m->mask = field_pcrs(r);
	for (unsigned i = 0; i < 24; i++)
		if (m->mask >> i & 1)
			rbuf_copy(r, m->values[i].b, DIGEST_SIZE);
}

CODEC(keys_pcrs);

static void keys_init_put(struct wbuf *w, const struct keys_init *m)
{
	wbuf_bytes(w, m->authority.x, sizeof(m->authority.x));
	wbuf_bytes(w, m->authority.y, sizeof(m->authority.y));
	approval_put(w, &m->approval);
	wbuf_u8(w, m->allow_owner_hierarchy);
	policy_slot_put(w, m->policy_slot, m->policy_signed);
	wbuf_u32(w, m->policy_len);
	wbuf_bytes(w, m->policy.b, DIGEST_SIZE);
}

static void keys_init_get(struct rbuf *r, struct keys_init *m)
{
	rbuf_copy(r, m->authority.x, sizeof(m->authority.x));
	rbuf_copy(r, m->authority.y, sizeof(m->authority.y));
	approval_get(r, &m->approval);
	m->allow_owner_hierarchy = rbuf_bool(r);
	policy_slot_get(r, &m->policy_slot, &m->policy_signed);
	m->policy_len = field_length(r, STORE_POLICY_SIZE);
	rbuf_copy(r, m->policy.b, DIGEST_SIZE);
}

CODEC(keys_init);

static void keys_open_put(struct wbuf *w, const struct keys_open *m)
{
	for (size_t i = 0; i < COPIES; i++)
		wbuf_blob(w, m->header[i], m->header_len[i]);
	for (size_t i = 0; i < COPIES; i++)
		wbuf_blob(w, m->root[i], m->root_len[i]);
}

static void keys_open_get(struct rbuf *r, struct keys_open *m)
{
	for (size_t i = 0; i < COPIES; i++)
		m->header_len[i] = (uint32_t)rbuf_blob(r, STORE_HEADER_SIZE, &m->header[i]);
	for (size_t i = 0; i < COPIES; i++)
		m->root_len[i] = (uint32_t)rbuf_blob(r, STORE_ROOT_SIZE, &m->root[i]);
}

CODEC(keys_open);

static void keys_opened_put(struct wbuf *w, const struct keys_opened *m)
{
	wbuf_u16(w, m->err);
	wbuf_u8(w, m->finding);
	wbuf_str(w, m->detail);
	wbuf_u8(w, m->root_slot);
	wbuf_blob(w, m->root, m->root_len);
}

static void keys_opened_get(struct rbuf *r, struct keys_opened *m)
{
	m->err = get_err(r);
	m->finding = field_enum(r, FOUND_NOTHING, FOUND_COUNT - 1);
	rbuf_str(r, m->detail, sizeof(m->detail));
	m->root_slot = rbuf_bool(r);
	m->root_len = (uint32_t)rbuf_blob(r, STORE_ROOT_SIZE, &m->root);
	rbuf_require(r, (m->err == ERR_OK) == (m->root_len != 0));
	rbuf_require(r, (m->err == ERR_OK) == (m->finding == FOUND_NOTHING));
}

CODEC(keys_opened);

static void candidate_put(struct wbuf *w, const struct keys_candidate *m)
{
	wbuf_u8(w, m->there);
	wbuf_u8(w, m->was_current);
	wbuf_bytes(w, m->digest.b, DIGEST_SIZE);
}

static void candidate_get(struct rbuf *r, struct keys_candidate *m)
{
	m->there = rbuf_bool(r);
	m->was_current = rbuf_bool(r);
	rbuf_copy(r, m->digest.b, DIGEST_SIZE);
	rbuf_require(r, m->there || (!m->was_current && field_is_zero(m->digest.b, DIGEST_SIZE)));
}

static void keys_inspected_put(struct wbuf *w, const struct keys_inspected *m)
{
	wbuf_u8(w, m->finding);
	wbuf_bytes(w, m->store, UUID_SIZE);
	wbuf_bytes(w, m->anchor.b, DIGEST_SIZE);
	for (size_t i = 0; i < COPIES; i++)
		candidate_put(w, &m->roots[i]);
}

static void keys_inspected_get(struct rbuf *r, struct keys_inspected *m)
{
	m->finding = field_enum(r, FOUND_NOTHING + 1, FOUND_COUNT - 1);
	field_uuid(r, m->store);
	rbuf_copy(r, m->anchor.b, DIGEST_SIZE);
	for (size_t i = 0; i < COPIES; i++)
		candidate_get(r, &m->roots[i]);
}

CODEC(keys_inspected);

static void keys_recover_put(struct wbuf *w, const struct keys_recover *m)
{
	keys_open_put(w, &m->open);
	recovery_put(w, &m->recovery);
	wbuf_bytes(w, m->sig.r, sizeof(m->sig.r));
	wbuf_bytes(w, m->sig.s, sizeof(m->sig.s));
}

static void keys_recover_get(struct rbuf *r, struct keys_recover *m)
{
	keys_open_get(r, &m->open);
	recovery_get(r, &m->recovery);
	rbuf_copy(r, m->sig.r, sizeof(m->sig.r));
	rbuf_copy(r, m->sig.s, sizeof(m->sig.s));
}

CODEC(keys_recover);

static void keys_update_put(struct wbuf *w, const struct keys_update *m)
{
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	approval_put(w, &m->approval);
	wbuf_blob(w, m->record, m->record_len);
}

static void keys_update_get(struct rbuf *r, struct keys_update *m)
{
	rbuf_copy(r, m->uuid, UUID_SIZE);
	approval_get(r, &m->approval);
	m->record_len = (uint32_t)rbuf_blob(r, RECORD_SLOT_SIZE, &m->record);
	rbuf_require(r, field_is_zero(m->uuid, UUID_SIZE) == (m->record_len == 0));
}

CODEC(keys_update);

static void keys_create_put(struct wbuf *w, const struct keys_create *m)
{
	wbuf_u64(w, m->region);
	wbuf_u32(w, m->quota);
	guest_put(w, &m->guest);
	wbuf_blob(w, m->record, m->record_len);
}

static void keys_create_get(struct rbuf *r, struct keys_create *m)
{
	m->region = field_region(r);
	m->quota = field_quota(r);
	guest_get(r, &m->guest);
	m->record_len = field_blob(r, RECORD_SLOT_SIZE, &m->record);
}

CODEC(keys_create);

static void keys_start_put(struct wbuf *w, const struct keys_start *m)
{
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	freshness_put(w, &m->asked);
	wbuf_blob(w, m->record, m->record_len);
}

static void keys_start_get(struct rbuf *r, struct keys_start *m)
{
	field_uuid(r, m->uuid);
	freshness_get(r, &m->asked);
	m->record_len = field_blob(r, RECORD_SLOT_SIZE, &m->record);
}

CODEC(keys_start);

static void keys_policy_put(struct wbuf *w, const struct keys_policy *m)
{
	policy_slot_put(w, m->slot, m->next_signed);
	wbuf_u32(w, m->len);
	wbuf_bytes(w, m->digest.b, DIGEST_SIZE);
	wbuf_bytes(w, m->sig.r, sizeof(m->sig.r));
	wbuf_bytes(w, m->sig.s, sizeof(m->sig.s));
}

static void keys_policy_get(struct rbuf *r, struct keys_policy *m)
{
	policy_slot_get(r, &m->slot, &m->next_signed);
	m->len = field_length(r, STORE_POLICY_SIZE);
	rbuf_copy(r, m->digest.b, DIGEST_SIZE);
	rbuf_copy(r, m->sig.r, sizeof(m->sig.r));
	rbuf_copy(r, m->sig.s, sizeof(m->sig.s));
}

CODEC(keys_policy);

static void keys_audit_put(struct wbuf *w, const struct keys_audit *m)
{
	wbuf_u64(w, m->seq);
	wbuf_bytes(w, m->head.b, DIGEST_SIZE);
}

static void keys_audit_get(struct rbuf *r, struct keys_audit *m)
{
	m->seq = rbuf_u64(r);
	rbuf_copy(r, m->head.b, DIGEST_SIZE);
}

CODEC(keys_audit);

static void keys_result_put(struct wbuf *w, const struct keys_result *m)
{
	wbuf_u64(w, m->attempt);
	wbuf_u16(w, m->err);
}

static void keys_result_get(struct rbuf *r, struct keys_result *m)
{
	m->attempt = rbuf_u64(r);
	m->err = get_err(r);
}

CODEC(keys_result);

static void keys_done_put(struct wbuf *w, const struct keys_done *m)
{
	wbuf_u16(w, m->err);
	wbuf_str(w, m->detail);
}

static void keys_done_get(struct rbuf *r, struct keys_done *m)
{
	m->err = get_err(r);
	rbuf_str(r, m->detail, sizeof(m->detail));
}

CODEC(keys_done);

static void keys_header_put(struct wbuf *w, const struct keys_header *m)
{
	wbuf_u64(w, m->attempt);
	wbuf_blob(w, m->bytes, m->len);
}

static void keys_header_get(struct rbuf *r, struct keys_header *m)
{
	m->attempt = rbuf_u64(r);
	m->len = field_blob(r, STORE_HEADER_SIZE, &m->bytes);
}

CODEC(keys_header);
