/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_session.h"

#include "lib/field.h"

enum err session_state_encode(const struct session_state *s, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	frame_begin(&w, SESSION_MAGIC);
	wbuf_u64(&w, s->epoch);
	wbuf_u64(&w, s->version);
	wbuf_blob(&w, s->sealed, s->len);
	return frame_end(&w, len);
}

enum err session_state_decode(const uint8_t *in, size_t len, struct session_state *out)
{
	struct session_state s;
	struct rbuf r;
	enum err e = frame_open(&r, in, len, SESSION_MAGIC);

	if (e != ERR_OK)
		return e;
	s.epoch = rbuf_u64(&r);
	s.version = rbuf_u64(&r);
	rbuf_require(&r, s.epoch > 0 && s.version > 0);
	s.len = field_blob(&r, QUOTA_MAX, &s.sealed);
	e = rbuf_end(&r);
	if (e == ERR_OK)
		*out = s;
	return e;
}
