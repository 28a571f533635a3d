/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_blob.h"

#include "lib/codec.h"
#include "lib/field.h"

_Static_assert(BLOB_MAX + 20 <= MSG_BODY_MAX, "the longest blob fits one message");

static void blob_put_put(struct wbuf *w, const struct blob_put *m)
{
	wbuf_u64(w, m->version);
	wbuf_u64(w, m->epoch);
	wbuf_blob(w, m->bytes, m->len);
}

static void blob_put_get(struct rbuf *r, struct blob_put *m)
{
	m->version = rbuf_u64(r);
	rbuf_require(r, m->version >= 1);
	m->epoch = rbuf_u64(r);
	m->len = field_blob(r, BLOB_MAX, &m->bytes);
}

CODEC(blob_put);

enum err blob_get_encode(enum blob_which which, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u8(&w, (uint8_t)which);
	return wbuf_end(&w, len);
}

enum err blob_get_decode(const uint8_t *in, size_t len, enum blob_which *out)
{
	struct rbuf r;
	uint8_t which;

	rbuf_init(&r, in, len);
	which = field_enum(&r, BLOB_ANCHORED, BLOB_THIRD);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = (enum blob_which)which;
	return ERR_OK;
}

enum err blob_stored_encode(uint64_t version, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u64(&w, version);
	return wbuf_end(&w, len);
}

enum err blob_stored_decode(const uint8_t *in, size_t len, uint64_t *version)
{
	struct rbuf r;
	uint64_t v;

	rbuf_init(&r, in, len);
	v = rbuf_u64(&r);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*version = v;
	return ERR_OK;
}

enum err blob_stall_encode(bool stall, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u8(&w, stall);
	return wbuf_end(&w, len);
}

enum err blob_stall_decode(const uint8_t *in, size_t len, bool *stall)
{
	struct rbuf r;
	bool v;

	rbuf_init(&r, in, len);
	v = rbuf_bool(&r);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*stall = v;
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
