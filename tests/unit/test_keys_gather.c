/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A commit that took 80 ms, and ended at 1080. */
static struct gather after_80_ms(void)
{
	struct gather g = {0};

	gather_began(&g, 1000);
	gather_ended(&g, 1080);
	return g;
}

static void nobody_waits_alone(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 0, 1090), 0);
}

static void an_eighth_of_the_last_one(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 3, 1090), 10);
	assert_int_equal(gather_wait(&g, 2, 1094), 6);
	assert_int_equal(gather_wait(&g, 1, 1100), 0);
	assert_int_equal(gather_wait(&g, 1, 1200), 0);
}

static void who_was_waited_for_is_there(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 1, 1090), 10);
	assert_int_equal(gather_wait(&g, 0, 1092), 0);
}

static void each_commit_waits_anew(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 1, 1090), 10);
	gather_began(&g, 1100);
	gather_ended(&g, 1140);
	assert_int_equal(gather_wait(&g, 1, 1150), 5);
}

static void a_quick_one_is_not_worth_it(void **state)
{
	struct gather g = {0};

	(void)state;
	assert_int_equal(gather_wait(&g, 5, 1000), 0);
	gather_began(&g, 1000);
	gather_ended(&g, 1007);
	assert_int_equal(gather_wait(&g, 5, 1010), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_waits_alone),
	    cmocka_unit_test(an_eighth_of_the_last_one),
	    cmocka_unit_test(who_was_waited_for_is_there),
	    cmocka_unit_test(each_commit_waits_anew),
	    cmocka_unit_test(a_quick_one_is_not_worth_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
