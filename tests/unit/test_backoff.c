/* SPDX-License-Identifier: BSD-3-Clause */
/* Back-off: doubling to a limit, and from the beginning after a healthy time. */
#include "vtpmmgr/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_doubles_to_the_limit(void **state)
{
	static const uint64_t expected[] = {100,  200,  400,   800,   1600,
					    3200, 6400, 10000, 10000, 10000};
	struct backoff b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		backoff_start(&b, 1000 * i);
		assert_int_equal(backoff_fail(&b, 1000 * i + 10), expected[i]);
	}
}

static void test_health_is_rewarded(void **state)
{
	struct backoff b = {0};

	(void)state;
	backoff_start(&b, 0);
	assert_int_equal(backoff_fail(&b, 1), 100);
	backoff_start(&b, 100);
	assert_int_equal(backoff_fail(&b, 100 + BACKOFF_HEALTHY - 1), 200);
	backoff_start(&b, 200000);
	assert_int_equal(backoff_fail(&b, 200000 + BACKOFF_HEALTHY), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_doubles_to_the_limit),
	    cmocka_unit_test(test_health_is_rewarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
