/* SPDX-License-Identifier: BSD-3-Clause */
/* KEYS_STATUS_IS, whose body is part of vtpmctl's status as well, and KEYS_WEAR_IS. */
#include "lib/codec.h"
#include "lib/field.h"
#include "lib/proto_keys.h"

void keys_status_put(struct wbuf *w, const struct keys_status *m)
{
	wbuf_u8(w, m->provisioned);
	wbuf_u8(w, m->open);
	wbuf_u8(w, m->hierarchy);
	wbuf_u8(w, m->clear_disabled);
	wbuf_u8(w, m->measured);
	wbuf_u8(w, m->pinned);
	wbuf_u8(w, m->stalled);
	wbuf_u16(w, m->last_err);
	wbuf_u8(w, m->found);
	wbuf_u32(w, m->differing);
	wbuf_u8(w, m->recovered);
	wbuf_u64(w, m->seq);
	wbuf_u64(w, m->version);
	wbuf_u64(w, m->min_version);
	wbuf_u64(w, m->ptpm_commands);
	wbuf_u64(w, m->extends);
	wbuf_u64(w, m->states);
	wbuf_u16(w, m->degraded);
	wbuf_u16(w, m->exhausted);
}

void keys_status_get(struct rbuf *r, struct keys_status *out)
{
	out->provisioned = rbuf_bool(r);
	out->open = rbuf_bool(r);
	out->hierarchy = field_enum(r, 0, HIERARCHY_OWNER);
	out->clear_disabled = rbuf_bool(r);
	out->measured = rbuf_bool(r);
	out->pinned = rbuf_bool(r);
	out->stalled = rbuf_bool(r);
	out->last_err = (uint16_t)err_from_wire(rbuf_u16(r));
	out->found = field_enum(r, FOUND_NOTHING, FOUND_COUNT - 1);
	out->differing = field_pcrs(r);
	out->recovered = rbuf_bool(r);
	out->seq = rbuf_u64(r);
	out->version = rbuf_u64(r);
	out->min_version = rbuf_u64(r);
	out->ptpm_commands = rbuf_u64(r);
	out->extends = rbuf_u64(r);
	out->states = rbuf_u64(r);
	out->degraded = rbuf_u16(r);
	out->exhausted = rbuf_u16(r);
}

CODEC(keys_status);

void keys_wear_put(struct wbuf *w, const struct keys_wear *m)
{
	wbuf_u32(w, m->used);
	wbuf_u32(w, m->budget);
	wbuf_u32(w, m->left);
	wbuf_u8(w, m->fresh);
	wbuf_u8(w, m->stalled);
}

void keys_wear_get(struct rbuf *r, struct keys_wear *out)
{
	out->used = rbuf_u32(r);
	out->budget = rbuf_u32(r);
	out->left = rbuf_u32(r);
	rbuf_require(r, out->left <= BUDGET_WINDOW_S);
	out->fresh = field_enum(r, FRESHNESS_STRICT, FRESHNESS_SESSION);
	out->stalled = rbuf_bool(r);
}

CODEC(keys_wear);
