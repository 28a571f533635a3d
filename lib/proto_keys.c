/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_keys.h"

#include "lib/field.h"
#include "lib/wbuf.h"

#define COPIES 2

_Static_assert(COPIES *(STORE_HEADER_SIZE + STORE_ROOT_SIZE) + 16 <= MSG_BODY_MAX,
	       "KEYS_OPEN carries every copy in one message");
_Static_assert(STORE_ROOT_SIZE + 61 * COMMIT_BLOBS + (RECORD_SLOT_SIZE + 21) * COMMIT_RECORDS +
		       17 <=
		   MSG_BODY_MAX,
	       "the largest group commit fits one message");

static uint16_t get_err(struct rbuf *r)
{
	return (uint16_t)err_from_wire(rbuf_u16(r));
}

enum err keys_pcrs_encode(const struct keys_pcrs *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u32(&w, m->mask);
	for (unsigned i = 0; i < 24; i++)
		if (m->mask >> i & 1)
			wbuf_bytes(&w, m->values[i].b, DIGEST_SIZE);
	return wbuf_end(&w, len);
}

enum err keys_pcrs_decode(const uint8_t *in, size_t len, struct keys_pcrs *out)
{
	struct keys_pcrs m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.mask = field_pcrs(&r);
	for (unsigned i = 0; i < 24; i++)
		if (m.mask >> i & 1)
			rbuf_copy(&r, m.values[i].b, DIGEST_SIZE);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_init_encode(const struct keys_init *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_bytes(&w, m->authority.x, sizeof(m->authority.x));
	wbuf_bytes(&w, m->authority.y, sizeof(m->authority.y));
	approval_put(&w, &m->approval);
	wbuf_u8(&w, m->allow_owner_hierarchy);
	policy_slot_put(&w, m->policy_slot, m->policy_signed);
	wbuf_u32(&w, m->policy_len);
	wbuf_bytes(&w, m->policy.b, DIGEST_SIZE);
	return wbuf_end(&w, len);
}

enum err keys_init_decode(const uint8_t *in, size_t len, struct keys_init *out)
{
	struct keys_init m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	rbuf_copy(&r, m.authority.x, sizeof(m.authority.x));
	rbuf_copy(&r, m.authority.y, sizeof(m.authority.y));
	approval_get(&r, &m.approval);
	m.allow_owner_hierarchy = rbuf_bool(&r);
	policy_slot_get(&r, &m.policy_slot, &m.policy_signed);
	m.policy_len = field_length(&r, STORE_POLICY_SIZE);
	rbuf_copy(&r, m.policy.b, DIGEST_SIZE);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_open_encode(const struct keys_open *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	for (size_t i = 0; i < COPIES; i++)
		wbuf_blob(&w, m->header[i], m->header_len[i]);
	for (size_t i = 0; i < COPIES; i++)
		wbuf_blob(&w, m->root[i], m->root_len[i]);
	return wbuf_end(&w, len);
}

enum err keys_open_decode(const uint8_t *in, size_t len, struct keys_open *out)
{
	struct keys_open m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	for (size_t i = 0; i < COPIES; i++)
		m.header_len[i] = (uint32_t)rbuf_blob(&r, STORE_HEADER_SIZE, &m.header[i]);
	for (size_t i = 0; i < COPIES; i++)
		m.root_len[i] = (uint32_t)rbuf_blob(&r, STORE_ROOT_SIZE, &m.root[i]);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_opened_encode(const struct keys_opened *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u16(&w, m->err);
	wbuf_str(&w, m->detail);
	wbuf_u8(&w, m->root_slot);
	wbuf_blob(&w, m->root, m->root_len);
	return wbuf_end(&w, len);
}

enum err keys_opened_decode(const uint8_t *in, size_t len, struct keys_opened *out)
{
	struct keys_opened m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.err = get_err(&r);
	rbuf_str(&r, m.detail, sizeof(m.detail));
	m.root_slot = rbuf_bool(&r);
	m.root_len = (uint32_t)rbuf_blob(&r, STORE_ROOT_SIZE, &m.root);
	rbuf_require(&r, (m.err == ERR_OK) == (m.root_len != 0));
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_update_encode(const struct keys_update *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_bytes(&w, m->uuid, UUID_SIZE);
	approval_put(&w, &m->approval);
	wbuf_blob(&w, m->record, m->record_len);
	return wbuf_end(&w, len);
}

enum err keys_update_decode(const uint8_t *in, size_t len, struct keys_update *out)
{
	struct keys_update m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	rbuf_copy(&r, m.uuid, UUID_SIZE);
	approval_get(&r, &m.approval);
	m.record_len = (uint32_t)rbuf_blob(&r, RECORD_SLOT_SIZE, &m.record);
	rbuf_require(&r, field_is_zero(m.uuid, UUID_SIZE) == (m.record_len == 0));
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_create_encode(const struct keys_create *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u64(&w, m->region);
	wbuf_u32(&w, m->quota);
	guest_put(&w, &m->guest);
	wbuf_blob(&w, m->record, m->record_len);
	return wbuf_end(&w, len);
}

enum err keys_create_decode(const uint8_t *in, size_t len, struct keys_create *out)
{
	struct keys_create m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.region = field_region(&r);
	m.quota = field_quota(&r);
	guest_get(&r, &m.guest);
	m.record_len = field_blob(&r, RECORD_SLOT_SIZE, &m.record);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_start_encode(const struct keys_start *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_bytes(&w, m->uuid, UUID_SIZE);
	wbuf_blob(&w, m->record, m->record_len);
	return wbuf_end(&w, len);
}

enum err keys_start_decode(const uint8_t *in, size_t len, struct keys_start *out)
{
	struct keys_start m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	field_uuid(&r, m.uuid);
	m.record_len = field_blob(&r, RECORD_SLOT_SIZE, &m.record);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_policy_encode(const struct keys_policy *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	policy_slot_put(&w, m->slot, m->next_signed);
	wbuf_u32(&w, m->len);
	wbuf_bytes(&w, m->digest.b, DIGEST_SIZE);
	wbuf_bytes(&w, m->sig.r, sizeof(m->sig.r));
	wbuf_bytes(&w, m->sig.s, sizeof(m->sig.s));
	return wbuf_end(&w, len);
}

enum err keys_policy_decode(const uint8_t *in, size_t len, struct keys_policy *out)
{
	struct keys_policy m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	policy_slot_get(&r, &m.slot, &m.next_signed);
	m.len = field_length(&r, STORE_POLICY_SIZE);
	rbuf_copy(&r, m.digest.b, DIGEST_SIZE);
	rbuf_copy(&r, m.sig.r, sizeof(m.sig.r));
	rbuf_copy(&r, m.sig.s, sizeof(m.sig.s));
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_audit_encode(const struct keys_audit *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u64(&w, m->seq);
	wbuf_bytes(&w, m->head.b, DIGEST_SIZE);
	return wbuf_end(&w, len);
}

enum err keys_audit_decode(const uint8_t *in, size_t len, struct keys_audit *out)
{
	struct keys_audit m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.seq = rbuf_u64(&r);
	rbuf_copy(&r, m.head.b, DIGEST_SIZE);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_result_encode(const struct keys_result *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u64(&w, m->attempt);
	wbuf_u16(&w, m->err);
	return wbuf_end(&w, len);
}

enum err keys_result_decode(const uint8_t *in, size_t len, struct keys_result *out)
{
	struct keys_result m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.attempt = rbuf_u64(&r);
	m.err = get_err(&r);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_done_encode(const struct keys_done *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u16(&w, m->err);
	wbuf_str(&w, m->detail);
	return wbuf_end(&w, len);
}

enum err keys_done_decode(const uint8_t *in, size_t len, struct keys_done *out)
{
	struct keys_done m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.err = get_err(&r);
	rbuf_str(&r, m.detail, sizeof(m.detail));
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err keys_header_encode(const struct keys_header *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u64(&w, m->attempt);
	wbuf_blob(&w, m->bytes, m->len);
	return wbuf_end(&w, len);
}

enum err keys_header_decode(const uint8_t *in, size_t len, struct keys_header *out)
{
	struct keys_header m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.attempt = rbuf_u64(&r);
	m.len = field_blob(&r, STORE_HEADER_SIZE, &m.bytes);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}
