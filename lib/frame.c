/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/frame.h"

#include "lib/proto_root.h"

#include <string.h>

#define LENGTH_AT 12

void frame_begin(struct wbuf *w, const char magic[FRAME_MAGIC_SIZE])
{
	wbuf_bytes(w, magic, FRAME_MAGIC_SIZE);
	wbuf_u16(w, FORMAT_VERSION);
	wbuf_u16(w, 0);
	wbuf_u32(w, 0);
}

enum err frame_end(struct wbuf *w, size_t *len)
{
	struct wbuf length;
	size_t total;
	enum err e = wbuf_end(w, &total);

	if (e != ERR_OK)
		return e;
	wbuf_init(&length, w->start + LENGTH_AT, sizeof(uint32_t));
	wbuf_u32(&length, (uint32_t)total);
	*len = total;
	return ERR_OK;
}

struct frame {
	uint16_t version;
	size_t len;
};

static enum err frame_get(struct rbuf *r, const char magic[FRAME_MAGIC_SIZE], struct frame *out)
{
	const uint8_t *found = rbuf_view(r, FRAME_MAGIC_SIZE);

	rbuf_require(r, found && memcmp(found, magic, FRAME_MAGIC_SIZE) == 0);
	out->version = rbuf_u16(r);
	rbuf_require(r, out->version != 0);
	rbuf_require(r, rbuf_u16(r) == 0);
	out->len = rbuf_u32(r);
	return rbuf_require(r, out->len >= FRAME_SIZE) ? ERR_OK : ERR_FORMAT;
}

enum err frame_open(struct rbuf *r, const uint8_t *in, size_t len,
		    const char magic[FRAME_MAGIC_SIZE])
{
	struct frame f;
	enum err e;

	rbuf_init(r, in, len);
	e = frame_get(r, magic, &f);
	if (e != ERR_OK)
		return e;
	if (f.version != FORMAT_VERSION)
		return ERR_UNSUPPORTED;
	return f.len == len ? ERR_OK : ERR_FORMAT;
}

enum err record_slot_len(const uint8_t *slot, size_t cap, const char magic[8], size_t *len)
{
	struct rbuf r;
	struct frame f;
	enum err e;

	rbuf_init(&r, slot, cap);
	e = frame_get(&r, magic, &f);
	if (e != ERR_OK)
		return e;
	if (f.len > cap)
		return ERR_FORMAT;
	*len = f.len;
	return ERR_OK;
}
