/* SPDX-License-Identifier: BSD-3-Clause */
/* Wear budgets: what a vTPM's commits of a day make of it, and of no other. */
#include "vtpmmgr/keys/keys_wear.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DAWN 1000

static const uint8_t one[UUID_SIZE] = {1}, other[UUID_SIZE] = {2};

static struct wear *list;

static int teardown(void **state)
{
	(void)state;
	wear_forget(&list, one);
	wear_forget(&list, other);
	assert_null(list);
	return 0;
}

static struct wear *account(const uint8_t uuid[UUID_SIZE], struct freshness terms)
{
	struct wear *w = wear_get(&list, uuid);

	assert_non_null(w);
	w->terms = terms;
	return w;
}

static void count(struct wear *w, unsigned n, uint64_t now)
{
	while (n-- > 0)
		wear_count(w, now);
}

static void a_budget_ends(void **state)
{
	struct wear *w = account(one, (struct freshness){FRESHNESS_STRICT, BUDGET_STALL, 3});

	(void)state;
	count(w, 2, DAWN);
	assert_false(wear_stalls(w, DAWN));
	count(w, 1, DAWN + 5);
	assert_true(wear_stalls(w, DAWN + 5));
	assert_int_equal(wear_class(w, DAWN + 5), FRESHNESS_STRICT);
	assert_int_equal(wear_used(w, DAWN + 5), 3);
}

static void a_day_is_counted_from_its_first_commit(void **state)
{
	struct wear *w = account(one, (struct freshness){FRESHNESS_STRICT, BUDGET_STALL, 2});
	const uint64_t last = DAWN + BUDGET_WINDOW_S - 1;

	(void)state;
	assert_int_equal(wear_left(w, DAWN), 0);
	count(w, 1, DAWN);
	assert_int_equal(wear_left(w, DAWN), BUDGET_WINDOW_S);
	count(w, 1, last);
	assert_int_equal(wear_left(w, last), 1);
	assert_true(wear_stalls(w, last));
	assert_false(wear_stalls(w, last + 1));
	assert_int_equal(wear_used(w, last + 1), 0);
	assert_int_equal(wear_left(w, last + 1), 0);
	count(w, 1, last + 100);
	assert_int_equal(wear_used(w, last + 100), 1);
	assert_int_equal(wear_left(w, last + 100), BUDGET_WINDOW_S);
}

static void a_strict_one_degrades(void **state)
{
	struct wear *w = account(one, (struct freshness){FRESHNESS_STRICT, BUDGET_DEGRADE, 1});

	(void)state;
	assert_int_equal(wear_class(w, DAWN), FRESHNESS_STRICT);
	count(w, 1, DAWN);
	assert_int_equal(wear_class(w, DAWN), FRESHNESS_SESSION);
	assert_false(wear_stalls(w, DAWN));
	assert_int_equal(wear_class(w, DAWN + BUDGET_WINDOW_S), FRESHNESS_STRICT);
}

/* Starts and failed authorisations count in class session too. */
static void a_session_may_stall(void **state)
{
	struct wear *w = account(one, (struct freshness){FRESHNESS_SESSION, BUDGET_STALL, 1});

	(void)state;
	count(w, 1, DAWN);
	assert_true(wear_stalls(w, DAWN));
	assert_int_equal(wear_class(w, DAWN), FRESHNESS_SESSION);
}

static void without_a_budget_there_is_no_end(void **state)
{
	struct wear *w = account(one, (struct freshness){FRESHNESS_STRICT, BUDGET_STALL, 0});

	(void)state;
	count(w, 100000, DAWN);
	assert_false(wear_exhausted(w, DAWN));
	assert_int_equal(wear_used(w, DAWN), 100000);
}

static void each_has_an_account_of_its_own(void **state)
{
	const struct freshness terms = {FRESHNESS_STRICT, BUDGET_STALL, 2};
	struct wear *a = account(one, terms), *b = account(other, terms);

	(void)state;
	count(a, 1000, DAWN);
	assert_true(wear_stalls(a, DAWN));
	assert_false(wear_stalls(b, DAWN));
	assert_ptr_equal(wear_get(&list, one), a);
	assert_ptr_equal(wear_find(list, other), b);
}

static void nothing_known_is_strict(void **state)
{
	(void)state;
	assert_null(wear_find(list, one));
	assert_int_equal(wear_class(NULL, DAWN), FRESHNESS_STRICT);
	assert_false(wear_exhausted(NULL, DAWN));
	assert_false(wear_stalls(NULL, DAWN));
	assert_int_equal(wear_used(NULL, DAWN) + wear_left(NULL, DAWN), 0);
	assert_int_equal(wear_class(wear_get(&list, one), DAWN), FRESHNESS_STRICT);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_budget_ends),
	    TEST(a_day_is_counted_from_its_first_commit),
	    TEST(a_strict_one_degrades),
	    TEST(a_session_may_stall),
	    TEST(without_a_budget_there_is_no_end),
	    TEST(each_has_an_account_of_its_own),
	    TEST(nothing_known_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
