/* SPDX-License-Identifier: BSD-3-Clause */
/* What vtpmctl recover asks, and is shown. */
#include "lib/codec.h"
#include "lib/field.h"
#include "lib/proto_admin.h"

#define ROOT_VTPM_MAX (2 * (2 + NAME_MAX_LEN) + 2)
#define ROOT_MAX      (4 + STORE_ROOT_SIZE + 1 + 1 + 2)

/* A full root is far smaller than its slot. */
_Static_assert(UUID_SIZE + DIGEST_SIZE + DETAIL_MAX +
		       2 * (ROOT_MAX - 12 * 1024 + LEAVES_MAX * ROOT_VTPM_MAX) <=
		   MSG_BODY_MAX,
	       "two full roots and their vTPMs fit one reply");

static void root_vtpm_put(struct wbuf *w, const struct admin_root_vtpm *m)
{
	wbuf_str(w, m->name);
	wbuf_str(w, m->stakeholder);
	wbuf_u8(w, m->record_ok);
	wbuf_u8(w, m->state_ok);
}

static void root_vtpm_get(struct rbuf *r, struct admin_root_vtpm *out)
{
	rbuf_str(r, out->name, sizeof(out->name));
	rbuf_str(r, out->stakeholder, sizeof(out->stakeholder));
	out->record_ok = rbuf_bool(r);
	out->state_ok = rbuf_bool(r);
}

static void root_put(struct wbuf *w, const struct admin_root *m)
{
	wbuf_blob(w, m->bytes, m->len);
	wbuf_u8(w, m->was_current);
	wbuf_u8(w, m->policy_ok);
	wbuf_require(w, m->nvtpms <= LEAVES_MAX);
	wbuf_u16(w, m->nvtpms);
	for (size_t i = 0; i < m->nvtpms && i < LEAVES_MAX; i++)
		root_vtpm_put(w, &m->vtpms[i]);
}

static void root_get(struct rbuf *r, struct admin_root *out)
{
	out->len = (uint32_t)rbuf_blob(r, STORE_ROOT_SIZE, &out->bytes);
	out->was_current = rbuf_bool(r);
	out->policy_ok = rbuf_bool(r);
	out->nvtpms = rbuf_u16(r);
	if (!rbuf_require(r, out->nvtpms <= LEAVES_MAX))
		return;
	for (size_t i = 0; i < out->nvtpms; i++)
		root_vtpm_get(r, &out->vtpms[i]);
}

static void admin_inspected_put(struct wbuf *w, const struct admin_inspected *m)
{
	wbuf_u8(w, m->finding);
	wbuf_bytes(w, m->store, UUID_SIZE);
	wbuf_bytes(w, m->anchor.b, DIGEST_SIZE);
	for (size_t i = 0; i < 2; i++)
		root_put(w, &m->roots[i]);
}

static void admin_inspected_get(struct rbuf *r, struct admin_inspected *m)
{
	m->finding = field_enum(r, FOUND_NOTHING + 1, FOUND_COUNT - 1);
	field_uuid(r, m->store);
	rbuf_copy(r, m->anchor.b, DIGEST_SIZE);
	for (size_t i = 0; i < 2; i++)
		root_get(r, &m->roots[i]);
}

CODEC(admin_inspected);

static void admin_recover_put(struct wbuf *w, const struct admin_recover *m)
{
	recovery_put(w, &m->recovery);
	wbuf_bytes(w, m->sig.r, sizeof(m->sig.r));
	wbuf_bytes(w, m->sig.s, sizeof(m->sig.s));
}

static void admin_recover_get(struct rbuf *r, struct admin_recover *m)
{
	recovery_get(r, &m->recovery);
	rbuf_copy(r, m->sig.r, sizeof(m->sig.r));
	rbuf_copy(r, m->sig.s, sizeof(m->sig.s));
}

CODEC(admin_recover);
