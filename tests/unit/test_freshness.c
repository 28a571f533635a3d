/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/freshness.h"
#include "lib/proto_root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define STRICT                                    \
	{                                         \
		FRESHNESS_STRICT, BUDGET_STALL, 0 \
	}
#define STALL(n)                                  \
	{                                         \
		FRESHNESS_STRICT, BUDGET_STALL, n \
	}
#define DEGRADE(n)                                  \
	{                                           \
		FRESHNESS_STRICT, BUDGET_DEGRADE, n \
	}
#define SESSION                                    \
	{                                          \
		FRESHNESS_SESSION, BUDGET_STALL, 0 \
	}

/* What was promised, what is asked, and what holds. */
static const struct {
	struct freshness promised, asked, holds;
} cases[] = {
    {STRICT, STRICT, STRICT},
    {STRICT, SESSION, STRICT},
    {STRICT, DEGRADE(9), STALL(9)},
    {STRICT, STALL(9), STALL(9)},
    {STALL(5), SESSION, STALL(5)},
    {DEGRADE(5), STRICT, STRICT},
    {DEGRADE(5), SESSION, DEGRADE(5)},
    {DEGRADE(5), DEGRADE(2), DEGRADE(5)},
    {DEGRADE(5), DEGRADE(9), DEGRADE(9)},
    {SESSION, STRICT, STRICT},
    {SESSION, DEGRADE(2), DEGRADE(2)},
    {SESSION, SESSION, SESSION},
};

static void a_promise_is_only_strengthened(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct freshness f = freshness_effective(&cases[i].promised, &cases[i].asked);

		assert_int_equal(f.fresh, cases[i].holds.fresh);
		assert_int_equal(f.at_end, cases[i].holds.at_end);
		assert_int_equal(f.commits_per_day, cases[i].holds.commits_per_day);
	}
}

static void what_is_not_granted_is_weaker(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(freshness_weaker(&cases[i].promised, &cases[i].asked),
				 !freshness_equal(&cases[i].holds, &cases[i].asked));
}

static void terms_in_words(void **state)
{
	const struct freshness most = {FRESHNESS_SESSION, BUDGET_DEGRADE, UINT32_MAX};
	const struct freshness none = STRICT;

	(void)state;
	assert_string_equal(freshness_words(&none).s, "strict");
	assert_string_equal(freshness_words(&most).s,
			    "session, 4294967295 commits a day, then degrade");
	assert_string_equal(freshness_class_name(2), "unknown");
	assert_string_equal(freshness_end_name(2), "unknown");
}

/* What holds never needs a slot that was not made for what was promised. */
static void no_slot_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (freshness_has_sessions(&cases[i].holds))
			assert_true(freshness_has_sessions(&cases[i].promised));
}

static void which_have_sessions(void **state)
{
	const struct freshness none[] = {STRICT, STALL(5), DEGRADE(0)};
	const struct freshness some[] = {SESSION, DEGRADE(5)};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(freshness_has_sessions(&none[i]));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_true(freshness_has_sessions(&some[i]));
}

/* The next state lies neither where the anchored one does nor where the last session state does. */
static void slots_take_turns(void **state)
{
	struct leaf l = {.slots = SLOTS_SESSION};

	(void)state;
	for (l.state_slot = 0; l.state_slot < SLOTS_SESSION; l.state_slot++)
		for (uint64_t version = 1; version < 6; version++) {
			uint8_t slot = leaf_next_slot(&l, version);

			assert_true(slot < SLOTS_SESSION);
			assert_int_not_equal(slot, l.state_slot);
			assert_int_not_equal(slot, leaf_next_slot(&l, version + 1));
		}
	l = (struct leaf){.slots = SLOTS_STRICT, .state_slot = 1};
	assert_int_equal(leaf_next_slot(&l, 7), 0);
	assert_int_equal(leaf_next_slot(&l, 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_promise_is_only_strengthened),
	    cmocka_unit_test(what_is_not_granted_is_weaker),
	    cmocka_unit_test(terms_in_words),
	    cmocka_unit_test(no_slot_is_missing),
	    cmocka_unit_test(which_have_sessions),
	    cmocka_unit_test(slots_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
