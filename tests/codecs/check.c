/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

size_t check_sample(const struct codec *c, uint8_t *out)
{
	size_t len = 0;

	assert_int_equal(c->sample(out, CODEC_CAP, &len), ERR_OK);
	return len;
}

enum err check_decode(const struct codec *c, const uint8_t *in, size_t len)
{
	static uint8_t out[CODEC_CAP];
	uint8_t *exact = malloc(len ? len : 1);
	size_t out_len;
	enum err e;

	assert_non_null(exact);
	memcpy(exact, in, len);
	e = c->again(exact, len, out, sizeof(out), &out_len);
	free(exact);
	return e;
}

static void check_round_trip(const struct codec *c)
{
	static uint8_t first[CODEC_CAP];
	static uint8_t again[CODEC_CAP];
	size_t len = check_sample(c, first);
	size_t again_len = 0;

	assert_int_equal(c->again(first, len, again, sizeof(again), &again_len), ERR_OK);
	assert_int_equal(again_len, len);
	assert_memory_equal(again, first, len);
}

static void check_lengths(const struct codec *c)
{
	static uint8_t bytes[CODEC_CAP];
	static uint8_t small[CODEC_CAP];
	size_t len = check_sample(c, bytes);
	size_t out_len = 12345;

	bytes[len] = 0;
	assert_int_equal(check_decode(c, bytes, len + 1), ERR_FORMAT);
	for (size_t cut = 0; cut < len; cut++) {
		assert_int_equal(check_decode(c, bytes, cut), ERR_FORMAT);
		assert_int_equal(c->sample(small, cut, &out_len), ERR_TOO_BIG);
	}
	assert_int_equal(out_len, 12345);
}

void check_set(const struct codec_set *set)
{
	for (size_t i = 0; i < set->ncodecs; i++) {
		check_round_trip(&set->codecs[i]);
		check_lengths(&set->codecs[i]);
	}
}

void check_refused(const struct codec_set *set, const struct poke *pokes, size_t npokes)
{
	static uint8_t bytes[CODEC_CAP];

	for (size_t i = 0; i < npokes; i++) {
		const struct codec *c = codec_find(set, pokes[i].codec);
		size_t len = check_sample(c, bytes);

		assert_true(pokes[i].at < len);
		assert_int_not_equal(bytes[pokes[i].at], pokes[i].value);
		bytes[pokes[i].at] = pokes[i].value;
		if (check_decode(c, bytes, len) != ERR_FORMAT)
			fail_msg("%s accepted: %s", pokes[i].codec, pokes[i].why);
	}
}
