/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_blob.h"

#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_blob);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"blob_put", 7, 0, "version 0"},
	    {"blob_put", 16, 1, "longer than BLOB_MAX"},
	    {"blob_put", 19, 0, "no bytes, and some left"},
	    {"blob_get", 0, 3, "a fourth slot"},
	    {"blob_stall", 0, 2, "a bool that is 2"},
	    {"blob_failed", 1, ERR_OK, "a failure without a cause"},
	    {"ptpm_error", 1, ERR_OK, "a failure without a cause"},
	};

	(void)state;
	check_refused(&codecs_blob, POKES(pokes));
}

static void an_empty_blob_is_none(void **state)
{
	struct blob_put m = {.version = 1};
	uint8_t bytes[64];
	size_t len;

	(void)state;
	assert_int_equal(blob_put_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(blob_put_decode(bytes, len, &m), ERR_FORMAT);
}

static void the_largest_blob(void **state)
{
	static uint8_t blob[BLOB_MAX + 1];
	static uint8_t bytes[MSG_BODY_MAX];
	struct blob_put m = {.version = 1, .len = BLOB_MAX, .bytes = blob};
	size_t len;

	(void)state;
	assert_int_equal(blob_put_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(blob_put_decode(bytes, len, &m), ERR_OK);
	m = (struct blob_put){.version = 1, .len = BLOB_MAX + 1, .bytes = blob};
	assert_int_equal(blob_put_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(blob_put_decode(bytes, len, &m), ERR_FORMAT);
}

static void an_unknown_cause_is_internal(void **state)
{
	const uint8_t bytes[] = {0x12, 0x34};
	enum err e;

	(void)state;
	assert_int_equal(blob_failed_decode(bytes, sizeof(bytes), &e), ERR_OK);
	assert_int_equal(e, ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),
	    cmocka_unit_test(out_of_range),
	    cmocka_unit_test(an_empty_blob_is_none),
	    cmocka_unit_test(the_largest_blob),
	    cmocka_unit_test(an_unknown_cause_is_internal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
