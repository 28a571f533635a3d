/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wbuf: the one bounded writer, the mirror image of rbuf.
 *
 * Writes big-endian into memory of the caller. The first write past the end
 * makes the writer bad and later writes do nothing; ask once, with wbuf_end().
 */
#ifndef LIB_WBUF_H
#define LIB_WBUF_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wbuf {
	uint8_t *start;
	size_t cap;
	size_t len; /* bytes written so far */
	bool bad;
};

void wbuf_init(struct wbuf *w, void *memory, size_t cap);

void wbuf_u8(struct wbuf *w, uint8_t v);
void wbuf_u16(struct wbuf *w, uint16_t v);
void wbuf_u32(struct wbuf *w, uint32_t v);
void wbuf_u64(struct wbuf *w, uint64_t v);
void wbuf_bytes(struct wbuf *w, const void *bytes, size_t len);

/* u32 length and the bytes: what rbuf_blob() reads. */
void wbuf_blob(struct wbuf *w, const void *bytes, size_t len);

/* u16 length and the characters: what rbuf_str() reads. */
void wbuf_str(struct wbuf *w, const char *s);

/* Makes the writer bad unless ok: a count or length of the struct at hand is over its maximum. */
bool wbuf_require(struct wbuf *w, bool ok);

/* The number of bytes written by *len; ERR_TOO_BIG if they did not fit. */
enum err wbuf_end(const struct wbuf *w, size_t *len) MUST_USE;

#endif
