/* SPDX-License-Identifier: BSD-3-Clause */
/* check: what every decoder owes, as cmocka assertions. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include "tests/codecs/codecs.h"

#include <stdbool.h>

/* One byte of a sample overwritten, which must make it undecodable. */
struct poke {
	const char *codec;
	size_t at;
	uint8_t value;
	const char *why; /* printed when it was accepted */
};

/* The sample's bytes in *out, CODEC_CAP of them; returns the length. */
size_t check_sample(const struct codec *c, uint8_t *out);

/*
 * For every codec of the set: the sample survives a round trip; cut off anywhere,
 * or with a byte behind it, it is refused; no buffer is too small unnoticed.
 */
void check_set(const struct codec_set *set);

void check_refused(const struct codec_set *set, const struct poke *pokes, size_t npokes);

/* The decoder's answer to len bytes, copied to the end of an allocation so that ASan sees
 * overreads.
 */
enum err check_decode(const struct codec *c, const uint8_t *in, size_t len);

#endif
