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

static enum blob_which get_which(struct rbuf *r)
{
	return (enum blob_which)field_enum(r, BLOB_ANCHORED, BLOB_THIRD);
}

CODEC_VALUE(blob_get, enum blob_which, wbuf_u8, get_which);

CODEC_VALUE(blob_stored, uint64_t, wbuf_u64, rbuf_u64);

CODEC_VALUE(blob_stall, bool, wbuf_u8, rbuf_bool);

CODEC_VALUE(blob_failed, enum err, wbuf_u16, field_failure);
