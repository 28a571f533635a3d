/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec: what every message's encoder and decoder have in common. A message names
 * its fields twice, in static NAME_put() and NAME_get(); CODEC(NAME) defines from
 * them the pair that its header declares:
 *
 *	enum err NAME_encode(const struct NAME *m, uint8_t *out, size_t cap, size_t *len);
 *	enum err NAME_decode(const uint8_t *in, size_t len, struct NAME *out);
 *
 * CODEC_VALUE(NAME, type, put, get) is the same for a message that is one value.
 *
 * Encoding fails with ERR_TOO_BIG over cap bytes. Decoding takes exactly len bytes;
 * ERR_FORMAT for any others, and *out is untouched then. Views point into in.
 */
#ifndef LIB_CODEC_H
#define LIB_CODEC_H

#include "lib/err.h"
#include "lib/rbuf.h"
#include "lib/wbuf.h"

/* clang-format off */
#define CODEC(name)                                                                         \
	enum err name##_encode(const struct name *m, uint8_t *out, size_t cap, size_t *len) \
	{                                                                                   \
		struct wbuf w;                                                              \
											    \
		wbuf_init(&w, out, cap);                                                    \
		name##_put(&w, m);                                                          \
		return wbuf_end(&w, len);                                                   \
	}                                                                                   \
											    \
	enum err name##_decode(const uint8_t *in, size_t len, struct name *out)             \
	{                                                                                   \
		struct name m = {0};                                                        \
		struct rbuf r;                                                              \
											    \
		rbuf_init(&r, in, len);                                                     \
		name##_get(&r, &m);                                                         \
		if (rbuf_end(&r) != ERR_OK)                                                 \
			return ERR_FORMAT;                                                  \
		*out = m;                                                                   \
		return ERR_OK;                                                              \
	}                                                                                   \
	_Static_assert(sizeof(struct name) > 0, "a semicolon follows")

#define CODEC_VALUE(name, type, put, get)                                                   \
	enum err name##_encode(type v, uint8_t *out, size_t cap, size_t *len)               \
	{                                                                                   \
		struct wbuf w;                                                              \
											    \
		wbuf_init(&w, out, cap);                                                    \
		put(&w, v);                                                                 \
		return wbuf_end(&w, len);                                                   \
	}                                                                                   \
											    \
	enum err name##_decode(const uint8_t *in, size_t len, type *out)                    \
	{                                                                                   \
		struct rbuf r;                                                              \
		type v;                                                                     \
											    \
		rbuf_init(&r, in, len);                                                     \
		v = get(&r);                                                                \
		if (rbuf_end(&r) != ERR_OK)                                                 \
			return ERR_FORMAT;                                                  \
		*out = v;                                                                   \
		return ERR_OK;                                                              \
	}                                                                                   \
	_Static_assert(sizeof(type) > 0, "a semicolon follows")
/* clang-format on */

#endif
