/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_admin.h"

#include "lib/codec.h"
#include "lib/field.h"

#include <string.h>

static uint16_t get_err(struct rbuf *r)
{
	return (uint16_t)err_from_wire(rbuf_u16(r));
}

static void admin_reply_put(struct wbuf *w, const struct admin_reply *m)
{
	wbuf_u16(w, m->err);
	wbuf_str(w, m->rule);
	wbuf_str(w, m->text);
	wbuf_blob(w, m->body, m->body_len);
}

static void admin_reply_get(struct rbuf *r, struct admin_reply *m)
{
	m->err = get_err(r);
	rbuf_str(r, m->rule, sizeof(m->rule));
	rbuf_str(r, m->text, sizeof(m->text));
	m->body_len = (uint32_t)rbuf_blob(r, MSG_BODY_MAX, &m->body);
}

CODEC(admin_reply);

static void admin_init_put(struct wbuf *w, const struct admin_init *m)
{
	wbuf_bytes(w, m->authority.x, sizeof(m->authority.x));
	wbuf_bytes(w, m->authority.y, sizeof(m->authority.y));
	approval_put(w, &m->approval);
	wbuf_u8(w, m->allow_owner_hierarchy);
}

static void admin_init_get(struct rbuf *r, struct admin_init *m)
{
	rbuf_copy(r, m->authority.x, sizeof(m->authority.x));
	rbuf_copy(r, m->authority.y, sizeof(m->authority.y));
	approval_get(r, &m->approval);
	m->allow_owner_hierarchy = rbuf_bool(r);
}

CODEC(admin_init);

static void admin_update_put(struct wbuf *w, const struct admin_update *m)
{
	wbuf_str(w, m->name);
	approval_put(w, &m->approval);
}

static void admin_update_get(struct rbuf *r, struct admin_update *m)
{
	rbuf_str(r, m->name, sizeof(m->name));
	approval_get(r, &m->approval);
}

CODEC(admin_update);

static void admin_create_put(struct wbuf *w, const struct admin_create *m)
{
	wbuf_str(w, m->name);
	wbuf_str(w, m->stakeholder);
	wbuf_u8(w, m->vtpm_class);
	wbuf_u32(w, m->quota);
	guest_put(w, &m->guest);
	wbuf_bytes(w, m->domain, UUID_SIZE);
}

static void admin_create_get(struct rbuf *r, struct admin_create *m)
{
	rbuf_str(r, m->name, sizeof(m->name));
	rbuf_str(r, m->stakeholder, sizeof(m->stakeholder));
	m->vtpm_class = field_enum(r, VTPM_DISCRETIONARY, VTPM_MANDATORY);
	m->quota = rbuf_u32(r);
	rbuf_require(r, m->quota == 0 || field_quota_ok(m->quota));
	guest_get(r, &m->guest);
	rbuf_copy(r, m->domain, UUID_SIZE);
}

CODEC(admin_create);

static void admin_domain_put(struct wbuf *w, const struct admin_domain *m)
{
	wbuf_str(w, m->name);
	wbuf_str(w, m->stakeholder);
	wbuf_bytes(w, m->domain, UUID_SIZE);
}

static void admin_domain_get(struct rbuf *r, struct admin_domain *m)
{
	rbuf_str(r, m->name, sizeof(m->name));
	rbuf_str(r, m->stakeholder, sizeof(m->stakeholder));
	field_uuid(r, m->domain);
}

CODEC(admin_domain);

static void admin_status_put(struct wbuf *w, const struct admin_status *m)
{
	keys_status_put(w, &m->keys);
	wbuf_u8(w, m->keys_up);
	wbuf_u8(w, m->store_failing);
	wbuf_u8(w, m->full);
	wbuf_u64(w, m->store_size);
	wbuf_u64(w, m->store_free);
	wbuf_u64(w, m->fsyncs);
	wbuf_u16(w, m->vtpms);
	wbuf_u16(w, m->running);
	wbuf_u16(w, m->suspended);
	wbuf_str(w, m->policy_name);
	wbuf_bytes(w, m->policy.b, DIGEST_SIZE);
	wbuf_u8(w, m->isolation);
}

static void admin_status_get(struct rbuf *r, struct admin_status *m)
{
	keys_status_get(r, &m->keys);
	m->keys_up = rbuf_bool(r);
	m->store_failing = rbuf_bool(r);
	m->full = rbuf_bool(r);
	m->store_size = rbuf_u64(r);
	m->store_free = rbuf_u64(r);
	m->fsyncs = rbuf_u64(r);
	m->vtpms = rbuf_u16(r);
	m->running = rbuf_u16(r);
	m->suspended = rbuf_u16(r);
	rbuf_str(r, m->policy_name, sizeof(m->policy_name));
	rbuf_copy(r, m->policy.b, DIGEST_SIZE);
	m->isolation = field_enum(r, ISOLATION_UNTOLD, ISOLATION_ENFORCING);
}

CODEC(admin_status);

static void admin_policy_load_put(struct wbuf *w, const struct admin_policy_load *m)
{
	wbuf_u8(w, m->is_signed);
	wbuf_bytes(w, m->sig.r, sizeof(m->sig.r));
	wbuf_bytes(w, m->sig.s, sizeof(m->sig.s));
	wbuf_blob(w, m->text, m->len);
}

static void admin_policy_load_get(struct rbuf *r, struct admin_policy_load *m)
{
	m->is_signed = rbuf_bool(r);
	rbuf_copy(r, m->sig.r, sizeof(m->sig.r));
	rbuf_copy(r, m->sig.s, sizeof(m->sig.s));
	rbuf_require(r, m->is_signed || field_is_zero(&m->sig, sizeof(m->sig)));
	m->len = field_blob(r, STORE_POLICY_SIZE, &m->text);
}

CODEC(admin_policy_load);

enum err admin_name_encode(const char *name, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_str(&w, name);
	return wbuf_end(&w, len);
}

enum err admin_name_decode(const uint8_t *in, size_t len, char name[ADMIN_NAME_MAX + 1])
{
	char s[ADMIN_NAME_MAX + 1];
	struct rbuf r;

	rbuf_init(&r, in, len);
	rbuf_str(&r, s, sizeof(s));
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	memcpy(name, s, sizeof(s));
	return ERR_OK;
}

CODEC_VALUE(admin_mask, uint32_t, wbuf_u32, field_pcrs);

CODEC_VALUE(admin_seq, uint64_t, wbuf_u64, rbuf_u64);
