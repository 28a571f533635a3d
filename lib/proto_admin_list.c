/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces that repeat inside an admin reply: one vTPM, one audit record. */
#include "lib/field.h"
#include "lib/proto_admin.h"
#include "lib/wbuf.h"

/* Each with every string at its longest. */
#define ADMIN_VTPM_MAX     375
#define ADMIN_AUDIT_RECORD 316
#define ADMIN_REPLY_HEAD   (2 + 2 + ADMIN_RULE_MAX + 2 + DETAIL_MAX + 4)

_Static_assert(ADMIN_REPLY_HEAD + 2 + LEAVES_MAX * ADMIN_VTPM_MAX <= MSG_BODY_MAX,
	       "a list of every vTPM fits one reply");
_Static_assert(ADMIN_REPLY_HEAD + 2 + ADMIN_AUDIT_MAX * ADMIN_AUDIT_RECORD <= MSG_BODY_MAX,
	       "a full page of the audit fits one reply");

void admin_vtpm_put(struct wbuf *w, const struct admin_vtpm *m)
{
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	wbuf_str(w, m->name);
	wbuf_str(w, m->stakeholder);
	wbuf_u8(w, m->vtpm_class);
	wbuf_u8(w, m->state);
	wbuf_u16(w, m->last_err);
	wbuf_u32(w, m->generation);
	wbuf_u64(w, m->version);
	wbuf_u32(w, m->quota);
	wbuf_u32(w, m->used);
	wbuf_u32(w, m->restarts);
	wbuf_u64(w, m->created);
	wbuf_u8(w, m->own_authority);
	wbuf_u8(w, m->recovered);
	freshness_put(w, &m->promised);
	freshness_put(w, &m->in_force);
	freshness_put(w, &m->asked);
	wbuf_u8(w, m->wear_known);
	if (m->wear_known)
		keys_wear_put(w, &m->wear);
	guest_put(w, &m->guest);
	wbuf_bytes(w, m->domain, UUID_SIZE);
	wbuf_str(w, m->path);
}

void admin_vtpm_get(struct rbuf *r, struct admin_vtpm *out)
{
	field_uuid(r, out->uuid);
	rbuf_str(r, out->name, sizeof(out->name));
	rbuf_str(r, out->stakeholder, sizeof(out->stakeholder));
	out->vtpm_class = field_enum(r, VTPM_DISCRETIONARY, VTPM_MANDATORY);
	out->state = field_enum(r, VTPM_STOPPED, VTPM_SUSPENDED);
	out->last_err = (uint16_t)err_from_wire(rbuf_u16(r));
	out->generation = rbuf_u32(r);
	out->version = rbuf_u64(r);
	out->quota = field_quota(r);
	out->used = rbuf_u32(r);
	rbuf_require(r, out->used <= out->quota);
	out->restarts = rbuf_u32(r);
	out->created = rbuf_u64(r);
	out->own_authority = rbuf_bool(r);
	out->recovered = rbuf_bool(r);
	freshness_get(r, &out->promised);
	freshness_get(r, &out->in_force);
	freshness_get(r, &out->asked);
	out->wear_known = rbuf_bool(r);
	if (out->wear_known)
		keys_wear_get(r, &out->wear);
	else
		out->wear = (struct keys_wear){0};
	guest_get(r, &out->guest);
	rbuf_copy(r, out->domain, UUID_SIZE);
	rbuf_str(r, out->path, sizeof(out->path));
}

void admin_audit_put(struct wbuf *w, const struct admin_audit *m)
{
	wbuf_u64(w, m->seq);
	wbuf_u64(w, m->time);
	wbuf_u32(w, m->uid);
	wbuf_u16(w, m->err);
	wbuf_str(w, m->action);
	wbuf_str(w, m->stakeholder);
	wbuf_str(w, m->object);
	wbuf_str(w, m->rule);
	wbuf_bytes(w, m->hash.b, DIGEST_SIZE);
}

void admin_audit_get(struct rbuf *r, struct admin_audit *out)
{
	out->seq = rbuf_u64(r);
	out->time = rbuf_u64(r);
	out->uid = rbuf_u32(r);
	out->err = (uint16_t)err_from_wire(rbuf_u16(r));
	rbuf_str(r, out->action, sizeof(out->action));
	rbuf_str(r, out->stakeholder, sizeof(out->stakeholder));
	rbuf_str(r, out->object, sizeof(out->object));
	rbuf_str(r, out->rule, sizeof(out->rule));
	rbuf_copy(r, out->hash.b, DIGEST_SIZE);
}
