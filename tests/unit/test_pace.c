/* SPDX-License-Identifier: BSD-3-Clause */
/* The pace of requests: a burst, then one at a time, each uid by itself. */
#include "vtpmmgr/broker/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW 1000000u

static void test_burst_then_pace(void **state)
{
	struct pace p = {0};

	(void)state;
	for (unsigned i = 0; i < PACE_BURST; i++)
		assert_int_equal(pace_take(&p, 1000, NOW), 0);
	assert_int_equal(pace_take(&p, 1000, NOW), PACE_INTERVAL_MS);
	assert_int_equal(pace_take(&p, 1000, NOW), 2 * PACE_INTERVAL_MS);
	/* After a while it is as at the beginning. */
	for (unsigned i = 0; i < PACE_BURST; i++)
		assert_int_equal(pace_take(&p, 1000, 2 * NOW), 0);
}

static void test_each_by_itself(void **state)
{
	struct pace p = {0};

	(void)state;
	for (unsigned i = 0; i < 2 * PACE_BURST; i++)
		pace_take(&p, 1000, NOW);
	assert_int_equal(pace_take(&p, 1001, NOW), 0);
	assert_true(pace_take(&p, 1000, NOW) > 0);
}

static void test_wait_is_bounded(void **state)
{
	struct pace p = {0};
	uint64_t longest = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t wait = pace_take(&p, 1000, NOW);

		longest = wait > longest ? wait : longest;
	}
	assert_true(longest <= PACE_WAIT_MAX_MS + PACE_INTERVAL_MS);
}

/* A noisy one is not forgotten because quiet ones come by. */
static void test_noisy_one_is_remembered(void **state)
{
	struct pace p = {0};

	(void)state;
	for (unsigned i = 0; i < 2 * PACE_BURST; i++)
		pace_take(&p, 1000, NOW);
	for (uid_t uid = 2000; uid < 2000 + 2 * PACE_UIDS; uid++)
		assert_int_equal(pace_take(&p, uid, NOW), 0);
	assert_true(pace_take(&p, 1000, NOW) > 0);
}

/* Who never stops is let through again and again all the same, and what was left out is counted. */
static void test_try_counts_what_it_refuses(void **state)
{
	static const struct pace_limit limit = {.interval_ms = 100, .burst = 3};
	uint32_t refused = 77, taken = 0, omitted = 0;
	struct pace p = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_true(pace_try(&p, &limit, 1000, NOW, &refused));
		assert_int_equal(refused, 0);
	}
	assert_false(pace_try(&p, &limit, 1000, NOW, &refused));
	assert_true(pace_try(&p, &limit, 1001, NOW, &refused));
	assert_int_equal(refused, 0);
	for (unsigned ms = 1; ms <= 1000; ms++) {
		if (!pace_try(&p, &limit, 1000, NOW + ms, &refused))
			continue;
		taken++;
		omitted += refused;
	}
	assert_int_equal(taken, 10);
	assert_int_equal(omitted, 1 + 1000 - taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_burst_then_pace),
	    cmocka_unit_test(test_each_by_itself),
	    cmocka_unit_test(test_wait_is_bounded),
	    cmocka_unit_test(test_noisy_one_is_remembered),
	    cmocka_unit_test(test_try_counts_what_it_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
