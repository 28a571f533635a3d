/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of a vTPM's life: its paths, and what may never be in it. */
#include "vtpmmgr/broker/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum life walk(enum life from, const enum life_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct life_step *step = lifecycle_step(from, events[i]);

		assert_non_null(step);
		from = step->next;
	}
	return from;
}

#define WALK(from, ...)                                    \
	walk(from, (const enum life_event[]){__VA_ARGS__}, \
	     sizeof((const enum life_event[]){__VA_ARGS__}) / sizeof(enum life_event))

static void test_usual_life(void **state)
{
	(void)state;
	assert_int_equal(WALK(LIFE_STOPPED, LIFE_EV_START, LIFE_EV_READY), LIFE_RUNNING);
	assert_int_equal(WALK(LIFE_RUNNING, LIFE_EV_STOP, LIFE_EV_EXITED), LIFE_STOPPED);
}

static void test_dead_worker_is_started_again(void **state)
{
	(void)state;
	assert_int_equal(WALK(LIFE_RUNNING, LIFE_EV_EXITED), LIFE_FAILED);
	assert_int_equal(lifecycle_step(LIFE_RUNNING, LIFE_EV_EXITED)->action, LIFE_WAIT);
	assert_int_equal(WALK(LIFE_FAILED, LIFE_EV_RETRY, LIFE_EV_READY), LIFE_RUNNING);
	assert_int_equal(WALK(LIFE_FAILED, LIFE_EV_RETRY, LIFE_EV_REFUSED), LIFE_FAILED);
	assert_int_equal(WALK(LIFE_FAILED, LIFE_EV_RETRY, LIFE_EV_EXITED), LIFE_FAILED);
}

/* Somebody asked for this one: he is told, and it is not tried for ever. */
static void test_first_start_fails_once(void **state)
{
	(void)state;
	assert_int_equal(WALK(LIFE_STOPPED, LIFE_EV_START, LIFE_EV_REFUSED), LIFE_STOPPED);
	assert_int_equal(WALK(LIFE_STOPPED, LIFE_EV_START, LIFE_EV_EXITED), LIFE_STOPPED);
	assert_int_equal(WALK(LIFE_STOPPED, LIFE_EV_START, LIFE_EV_TIMEOUT), LIFE_STOPPED);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	assert_null(lifecycle_step(LIFE_RUNNING, LIFE_EV_START));
	assert_null(lifecycle_step(LIFE_STOPPING, LIFE_EV_START));
	assert_null(lifecycle_step(LIFE_STOPPED, LIFE_EV_STOP));
	assert_null(lifecycle_step(LIFE_STOPPED, LIFE_EV_READY));
}

static void test_suspended_or_as_before(void **state)
{
	(void)state;
	assert_int_equal(WALK(LIFE_RUNNING, LIFE_EV_SUSPEND, LIFE_EV_SUSPENDED), LIFE_STOPPED);
	assert_int_equal(WALK(LIFE_RUNNING, LIFE_EV_SUSPEND, LIFE_EV_KEPT), LIFE_RUNNING);
	assert_int_equal(WALK(LIFE_RUNNING, LIFE_EV_SUSPEND, LIFE_EV_TIMEOUT), LIFE_RUNNING);
	/* What it has in RAM is worth more than an answer in time: nothing kills it. */
	assert_int_equal(lifecycle_step(LIFE_SUSPENDING, LIFE_EV_TIMEOUT)->action, LIFE_GIVE_UP);
	assert_int_equal(WALK(LIFE_RUNNING, LIFE_EV_SUSPEND, LIFE_EV_EXITED), LIFE_FAILED);
	/* One whose broker died, or gave up, meanwhile. */
	assert_int_equal(WALK(LIFE_STOPPED, LIFE_EV_ADOPT, LIFE_EV_SUSPENDED), LIFE_STOPPED);
	for (int l = 0; l < LIFE_COUNT; l++)
		assert_true((lifecycle_step((enum life)l, LIFE_EV_SUSPEND) != NULL) ==
			    (l == LIFE_RUNNING || l == LIFE_SUSPENDING));
}

/* The end of the manager must come to an end from everywhere. */
static void test_stop_leads_to_stopped(void **state)
{
	(void)state;
	for (int l = 0; l < LIFE_COUNT; l++) {
		const struct life_step *step;

		if (l == LIFE_STOPPED)
			continue;
		step = lifecycle_step((enum life)l, LIFE_EV_STOP);
		assert_non_null(step);
		if (step->next == LIFE_STOPPED)
			continue;
		/* Whatever comes of it, the manager's end asks again (life.c). */
		if (l == LIFE_SUSPENDING)
			continue;
		assert_int_equal(step->next, LIFE_STOPPING);
		assert_int_equal(lifecycle_step(step->next, LIFE_EV_EXITED)->next, LIFE_STOPPED);
	}
}

/* Whatever has a worker knows what to do when that ends. */
static void test_exit_is_known_everywhere(void **state)
{
	(void)state;
	for (int l = 0; l < LIFE_COUNT; l++)
		assert_non_null(lifecycle_step((enum life)l, LIFE_EV_EXITED));
}

static void test_words(void **state)
{
	(void)state;
	for (int l = 0; l < LIFE_COUNT; l++) {
		assert_true(lifecycle_name((enum life)l, false)[0] != '\0');
		assert_true(lifecycle_public((enum life)l, false) >= VTPM_STOPPED);
		assert_true(lifecycle_public((enum life)l, false) <= VTPM_SUSPENDING);
		assert_int_equal(lifecycle_is_up((enum life)l), l != LIFE_STOPPED);
	}
	assert_int_equal(lifecycle_public(LIFE_STOPPED, true), VTPM_SUSPENDED);
	assert_string_equal(lifecycle_name(LIFE_STOPPED, true), "suspended");
	assert_int_equal(lifecycle_public(LIFE_STARTING, true), VTPM_STARTING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual_life),
	    cmocka_unit_test(test_dead_worker_is_started_again),
	    cmocka_unit_test(test_first_start_fails_once),
	    cmocka_unit_test(test_what_is_refused),
	    cmocka_unit_test(test_suspended_or_as_before),
	    cmocka_unit_test(test_stop_leads_to_stopped),
	    cmocka_unit_test(test_exit_is_known_everywhere),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
