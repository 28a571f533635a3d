/* SPDX-License-Identifier: BSD-3-Clause */
/* KEYS_STATUS_IS, whose body is part of vtpmctl's status as well. */
#include "lib/field.h"
#include "lib/proto_keys.h"

#include "lib/codec.h"
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
	wbuf_u64(w, m->seq);
	wbuf_u64(w, m->version);
	wbuf_u64(w, m->min_version);
	wbuf_u64(w, m->ptpm_commands);
	wbuf_u64(w, m->extends);
	wbuf_u64(w, m->states);
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
	out->seq = rbuf_u64(r);
	out->version = rbuf_u64(r);
	out->min_version = rbuf_u64(r);
	out->ptpm_commands = rbuf_u64(r);
	out->extends = rbuf_u64(r);
	out->states = rbuf_u64(r);
}

CODEC(keys_status);
