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

	gather_began(&g, 2, 1000);
	gather_ended(&g, 1080);
	return g;
}

static void nobody_waits_alone(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 0, 1090), 0);
}

static void until_nobody_new_comes(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 3, 1090), 2);
	assert_int_equal(gather_wait(&g, 2, 1091), 2);
	assert_int_equal(gather_wait(&g, 2, 1092), 1);
	assert_int_equal(gather_wait(&g, 2, 1093), 0);
}

static void a_quarter_of_the_last_one_at_most(void **state)
{
	struct gather g = after_80_ms();
	unsigned expected = 100;

	(void)state;
	for (uint64_t now = 1090; now < 1109; now++)
		assert_int_equal(gather_wait(&g, expected--, now), 2);
	assert_int_equal(gather_wait(&g, expected--, 1109), 1);
	assert_int_equal(gather_wait(&g, expected--, 1110), 0);
}

static void who_was_waited_for_is_there(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 1, 1090), 2);
	assert_int_equal(gather_wait(&g, 0, 1091), 0);
}

static void each_commit_waits_anew(void **state)
{
	struct gather g = after_80_ms();

	(void)state;
	assert_int_equal(gather_wait(&g, 1, 1090), 2);
	gather_began(&g, 2, 1100);
	gather_ended(&g, 1104);
	assert_int_equal(gather_wait(&g, 1, 1150), 1);
}

static void a_quick_one_is_not_worth_it(void **state)
{
	struct gather g = {0};

	(void)state;
	assert_int_equal(gather_wait(&g, 5, 1000), 0);
	gather_began(&g, 2, 1000);
	gather_ended(&g, 1003);
	assert_int_equal(gather_wait(&g, 5, 1010), 0);
}

static void turns_as_long_as_they_bring_more(void **state)
{
	struct gather g = {0};

	(void)state;
	gather_began(&g, 2, 1000);
	assert_true(gather_turn(&g, 1, 64));
	assert_true(gather_turn(&g, 3, 64));
	assert_false(gather_turn(&g, 3, 64));
	assert_true(gather_turn(&g, 3, 64)); /* of the next commit */
}

static void no_turn_for_a_lone_writer_or_without_room(void **state)
{
	struct gather g = {0};

	(void)state;
	assert_false(gather_turn(&g, 1, 64));
	gather_began(&g, 1, 1000);
	assert_false(gather_turn(&g, 5, 64));
	gather_began(&g, 5, 1000);
	assert_false(gather_turn(&g, 64, 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turns_as_long_as_they_bring_more),
	    cmocka_unit_test(no_turn_for_a_lone_writer_or_without_room),
	    cmocka_unit_test(nobody_waits_alone),
	    cmocka_unit_test(until_nobody_new_comes),
	    cmocka_unit_test(a_quarter_of_the_last_one_at_most),
	    cmocka_unit_test(who_was_waited_for_is_there),
	    cmocka_unit_test(each_commit_waits_anew),
	    cmocka_unit_test(a_quick_one_is_not_worth_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
