/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/rbuf.h"

#include <endian.h>
#include <string.h>

void rbuf_init(struct rbuf *r, const void *bytes, size_t len)
{
	*r = (struct rbuf){.at = bytes, .left = len};
}

bool rbuf_require(struct rbuf *r, bool ok)
{
	if (!ok)
		r->bad = true;
	return !r->bad;
}

const uint8_t *rbuf_view(struct rbuf *r, size_t len)
{
	const uint8_t *view = r->at;

	if (!rbuf_require(r, len <= r->left))
		return NULL;
	if (len > 0)
		r->at += len;
	r->left -= len;
	return view;
}

static inline uint64_t get(struct rbuf *r, size_t width)
{
	const uint8_t *p = rbuf_view(r, width);
	uint64_t be = 0;

	if (p)
		memcpy((uint8_t *)&be + sizeof(be) - width, p, width);
	return be64toh(be);
}

uint8_t rbuf_u8(struct rbuf *r)
{
	return (uint8_t)get(r, 1);
}

uint16_t rbuf_u16(struct rbuf *r)
{
	return (uint16_t)get(r, 2);
}

uint32_t rbuf_u32(struct rbuf *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t rbuf_u64(struct rbuf *r)
{
	return get(r, 8);
}

bool rbuf_bool(struct rbuf *r)
{
	uint8_t v = rbuf_u8(r);

	return rbuf_require(r, v <= 1) && v == 1;
}

void rbuf_copy(struct rbuf *r, void *out, size_t len)
{
	const uint8_t *p = rbuf_view(r, len);

	if (len == 0)
		return;
	if (p)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

size_t rbuf_blob(struct rbuf *r, size_t max, const uint8_t **out)
{
	size_t len = rbuf_u32(r);

	*out = NULL;
	if (!rbuf_require(r, len <= max))
		return 0;
	*out = rbuf_view(r, len);
	return *out ? len : 0;
}

static bool printable(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	return true;
}

void rbuf_str(struct rbuf *r, char *out, size_t cap)
{
	size_t len = rbuf_u16(r);
	const uint8_t *p = NULL;

	if (rbuf_require(r, len < cap))
		p = rbuf_view(r, len);
	if (!p || !rbuf_require(r, printable(p, len))) {
		memset(out, 0, cap);
		return;
	}
	memcpy(out, p, len);
	memset(out + len, 0, cap - len);
}

size_t rbuf_left(const struct rbuf *r)
{
	return r->bad ? 0 : r->left;
}

enum err rbuf_end(const struct rbuf *r)
{
	return r->bad || r->left != 0 ? ERR_FORMAT : ERR_OK;
}
