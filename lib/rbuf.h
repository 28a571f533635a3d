/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbuf: the one bounded reader. A cursor over bytes that somebody else wrote.
 *
 * Big-endian. The first read past the end, or over a maximum, makes the
 * cursor bad; every later read then yields zero and an empty view. So a
 * decoder reads field after field and asks once, at the end:
 *
 *	out->seq = rbuf_u64(&r);
 *	rbuf_copy(&r, out->uuid, sizeof(out->uuid));
 *	return rbuf_end(&r);
 *
 * rbuf_end() is ERR_FORMAT if the cursor is bad or bytes are left over.
 * A value that steers the decoder (a count, a length) is checked with
 * rbuf_require() before it is used.
 */
#ifndef LIB_RBUF_H
#define LIB_RBUF_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rbuf {
	const uint8_t *at;
	size_t left;
	bool bad;
};

void rbuf_init(struct rbuf *r, const void *bytes, size_t len);

uint8_t rbuf_u8(struct rbuf *r);
uint16_t rbuf_u16(struct rbuf *r);
uint32_t rbuf_u32(struct rbuf *r);
uint64_t rbuf_u64(struct rbuf *r);

/* A u8 that must be 0 or 1. */
bool rbuf_bool(struct rbuf *r);

/* Copies exactly len bytes; zeroes out if the cursor is or becomes bad. */
void rbuf_copy(struct rbuf *r, void *out, size_t len);

/* A view of len bytes inside the buffer, alive as long as the buffer is. */
const uint8_t *rbuf_view(struct rbuf *r, size_t len);

/* A u32 length, at most max, then that many bytes: view by out, length returned. */
size_t rbuf_blob(struct rbuf *r, size_t max, const uint8_t **out);

/*
 * A u16 length, then that many bytes of printable ASCII without NUL, copied
 * into out and NUL-terminated. cap is the size of out, terminator included.
 */
void rbuf_str(struct rbuf *r, char *out, size_t cap);

/* Makes the cursor bad unless ok. Returns whether the cursor is still good. */
bool rbuf_require(struct rbuf *r, bool ok);

/* The bytes not yet read. */
size_t rbuf_left(const struct rbuf *r);

/* ERR_OK only if nothing went wrong and nothing is left. */
enum err rbuf_end(const struct rbuf *r) MUST_USE;

#endif
