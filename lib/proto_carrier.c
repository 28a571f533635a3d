/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_carrier.h"

#include "lib/codec.h"
#include "lib/field.h"
#include "lib/proto_super.h"

static uint32_t number_get(struct rbuf *r)
{
	return field_length(r, UINT32_MAX);
}

CODEC_VALUE(carrier_number, uint32_t, wbuf_u32, number_get);

static void carrier_closed_put(struct wbuf *w, const struct carrier_closed *m)
{
	wbuf_u32(w, m->n);
	wbuf_u8(w, m->how);
	wbuf_u8(w, m->code);
}

static void carrier_closed_get(struct rbuf *r, struct carrier_closed *m)
{
	m->n = number_get(r);
	m->how = field_enum(r, 0, EXITED_NOT_STARTED);
	m->code = rbuf_u8(r);
	rbuf_require(r, m->how != 0 || m->code == 0);
}

CODEC(carrier_closed);
