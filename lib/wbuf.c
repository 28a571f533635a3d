/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wbuf.h"

#include <endian.h>
#include <string.h>

void wbuf_init(struct wbuf *w, void *memory, size_t cap)
{
	*w = (struct wbuf){.start = memory, .cap = cap};
}

void wbuf_bytes(struct wbuf *w, const void *bytes, size_t len)
{
	if (w->bad || len > w->cap - w->len) {
		w->bad = true;
		return;
	}
	if (len == 0)
		return;
	memcpy(w->start + w->len, bytes, len);
	w->len += len;
}

bool wbuf_require(struct wbuf *w, bool ok)
{
	if (!ok)
		w->bad = true;
	return !w->bad;
}

static inline void put(struct wbuf *w, uint64_t v, size_t width)
{
	const uint64_t be = htobe64(v);

	wbuf_bytes(w, (const uint8_t *)&be + sizeof(be) - width, width);
}

void wbuf_u8(struct wbuf *w, uint8_t v)
{
	put(w, v, 1);
}

void wbuf_u16(struct wbuf *w, uint16_t v)
{
	put(w, v, 2);
}

void wbuf_u32(struct wbuf *w, uint32_t v)
{
	put(w, v, 4);
}

void wbuf_u64(struct wbuf *w, uint64_t v)
{
	put(w, v, 8);
}

void wbuf_blob(struct wbuf *w, const void *bytes, size_t len)
{
	if (len > UINT32_MAX)
		w->bad = true;
	wbuf_u32(w, (uint32_t)len);
	wbuf_bytes(w, bytes, len);
}

void wbuf_str(struct wbuf *w, const char *s)
{
	size_t len = strlen(s);

	if (len > UINT16_MAX)
		w->bad = true;
	wbuf_u16(w, (uint16_t)len);
	wbuf_bytes(w, s, len);
}

enum err wbuf_end(const struct wbuf *w, size_t *len)
{
	if (w->bad)
		return ERR_TOO_BIG;
	*len = w->len;
	return ERR_OK;
}
