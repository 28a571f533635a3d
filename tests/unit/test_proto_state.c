/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_state.h"

#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_state);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"state_mark", 7, 0, "version 0 with a length"},
	    {"state_mark", 8, 1, "longer than the largest quota"},
	    {"state_key", 19, 0, "generation 0"},
	    {"state_key", 23, 1, "a quota that is not whole blocks"},
	    {"state_key", 21, 4, "a quota over QUOTA_MAX"},
	    {"state_key", 33, 1, "a blob longer than the quota"},
	    {"state_key", 110, 2, "a bool that is 2"},
	    {"state_resume", 44, 0, "a pending state that nothing waits for"},
	    {"state_resume", 44, 2, "a bool that is 2"},
	    {"state_stall", 0, 3, "a third reason"},
	    {"state_freshness", 0, 2, "a third class"},
	};

	(void)state;
	check_refused(&codecs_state, POKES(pokes));
}

static void no_state_yet(void **state)
{
	struct state_mark none = {0};
	struct state_mark m = {.version = 1};
	uint8_t bytes[64];
	size_t len;

	(void)state;
	assert_int_equal(state_mark_encode(&none, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(state_mark_decode(bytes, len, &m), ERR_OK);
	assert_int_equal(m.version, 0);
	bytes[len - 1] = 1;
	assert_int_equal(state_mark_decode(bytes, len, &m), ERR_FORMAT);
}

static void untouched_on_failure(void **state)
{
	struct state_key m = {.generation = 42};
	struct state_anchored a = {.version = 42};
	enum state_stall stall = STALL_BUDGET;
	const uint8_t bytes[2] = {0, 0};

	(void)state;
	assert_int_equal(state_key_decode(bytes, sizeof(bytes), &m), ERR_FORMAT);
	assert_int_equal(m.generation, 42);
	assert_int_equal(state_anchored_decode(bytes, sizeof(bytes), &a), ERR_FORMAT);
	assert_int_equal(a.version, 42);
	assert_int_equal(state_stall_decode(bytes, sizeof(bytes), &stall), ERR_FORMAT);
	assert_int_equal(stall, STALL_BUDGET);
}

static void a_key_is_somebodys(void **state)
{
	static uint8_t bytes[CODEC_CAP];
	const struct codec *c = codec_find(&codecs_state, "state_key");
	size_t len = check_sample(c, bytes);

	(void)state;
	memset(bytes, 0, UUID_SIZE);
	assert_int_equal(check_decode(c, bytes, len), ERR_FORMAT);
}

static void nothing_to_discard(void **state)
{
	static uint8_t bytes[CODEC_CAP];
	const struct codec *c = codec_find(&codecs_state, "state_key");
	size_t len = check_sample(c, bytes);

	(void)state;
	memset(bytes + 78, 0, DIGEST_SIZE);
	assert_int_equal(check_decode(c, bytes, len), ERR_FORMAT);
	bytes[110] = 0;
	assert_int_equal(check_decode(c, bytes, len), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),      cmocka_unit_test(out_of_range),
	    cmocka_unit_test(no_state_yet),       cmocka_unit_test(untouched_on_failure),
	    cmocka_unit_test(a_key_is_somebodys), cmocka_unit_test(nothing_to_discard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
