/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_blob.h"

#include "lib/field.h"
#include "lib/wbuf.h"

_Static_assert(BLOB_MAX + 12 <= MSG_BODY_MAX, "the longest blob fits one message");

enum err blob_put_encode(const struct blob_put *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u64(&w, m->version);
	wbuf_blob(&w, m->bytes, m->len);
	return wbuf_end(&w, len);
}

enum err blob_put_decode(const uint8_t *in, size_t len, struct blob_put *out)
{
	struct blob_put m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.version = rbuf_u64(&r);
	rbuf_require(&r, m.version >= 1);
	m.len = field_blob(&r, BLOB_MAX, &m.bytes);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err blob_failed_encode(enum err e, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u16(&w, (uint16_t)e);
	return wbuf_end(&w, len);
}

enum err blob_failed_decode(const uint8_t *in, size_t len, enum err *out)
{
	struct rbuf r;
	enum err why;

	rbuf_init(&r, in, len);
	why = err_from_wire(rbuf_u16(&r));
	rbuf_require(&r, why != ERR_OK);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = why;
	return ERR_OK;
}
