/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_carrier.h"

#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_carrier);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"carrier_number", 3, 0, "conversation 0"},
	    {"carrier_closed", 4, 4, "how 4"},
	    {"carrier_closed", 4, 0, "a code of nothing"},
	};

	(void)state;
	check_refused(&codecs_carrier, POKES(pokes));
}

static void no_conversation_has_closed(void **state)
{
	struct carrier_closed m = {.n = 0};
	uint8_t bytes[16];
	size_t len;

	(void)state;
	assert_int_equal(carrier_closed_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(carrier_closed_decode(bytes, len, &m), ERR_FORMAT);
}

static void types(void **state)
{
	(void)state;
	assert_false(carrier_type(0x06ff));
	assert_true(carrier_type(0x0700));
	assert_true(carrier_type(CARRIER_CLOSED));
	assert_true(carrier_type(0x07ff));
	assert_false(carrier_type(0x0800));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),
	    cmocka_unit_test(out_of_range),
	    cmocka_unit_test(no_conversation_has_closed),
	    cmocka_unit_test(types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
