/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a vTPM's day: its worker is told, also when the machine has slept meanwhile. */
#include "vtpmmgr/keys/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#define DAY BUDGET_WINDOW_S

static const uint8_t one[UUID_SIZE] = {1}, other[UUID_SIZE] = {2};

/* ---- clocks that the test moves ---------------------------------------------------------------
 */

static time_t slept, awake; /* seconds that have passed so, since the test began */

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	int rc = __real_clock_gettime(clock, t);

	t->tv_sec += awake + (clock == CLOCK_BOOTTIME ? slept : 0);
	return rc;
}

/* ---- the key keeper around it --------------------------------------------------------------- */

static struct keys k;
static struct keys_worker worker;
static unsigned informed;

struct keys_worker *keys_worker_find(struct keys *keys, const uint8_t uuid[UUID_SIZE])
{
	(void)keys;
	return memcmp(uuid, one, UUID_SIZE) == 0 ? &worker : NULL;
}

void keys_worker_inform(struct keys_worker *w)
{
	assert_ptr_equal(w, &worker);
	informed++;
}

enum err keys_to_broker(struct keys *keys, uint16_t type, uint32_t id, size_t len)
{
	(void)keys, (void)type, (void)id, (void)len;
	return ERR_OK;
}

static int setup(void **state)
{
	(void)state;
	k = (struct keys){.workers = &worker};
	informed = 0;
	slept = awake = 0;
	return loop_new(&k.loop) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	wear_forget(&k.wear, one);
	wear_forget(&k.wear, other);
	loop_free(k.loop);
	return 0;
}

static void end_loop(void *arg)
{
	loop_stop(arg);
}

/* Whatever is due now. */
static void turn(void)
{
	struct loop_timer *t;

	assert_int_equal(loop_after(k.loop, 1, end_loop, k.loop, &t), ERR_OK);
	assert_int_equal(loop_run(k.loop), ERR_OK);
}

static void use_up(const uint8_t uuid[UUID_SIZE], uint8_t at_end)
{
	const struct freshness terms = {FRESHNESS_STRICT, at_end, 2};

	assert_int_equal(keys_budget_terms(&k, uuid, &terms), ERR_OK);
	keys_budget_count(&k, uuid);
	assert_int_equal(keys_budget_stall(&k, uuid), STALL_NOT);
	keys_budget_count(&k, uuid);
}

static enum freshness_class class_of(uint8_t slots)
{
	struct leaf leaf = {.slots = slots};

	memcpy(leaf.uuid, one, UUID_SIZE);
	return keys_budget_class(&k, &leaf);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void the_day_ends(void **state)
{
	(void)state;
	use_up(one, BUDGET_STALL);
	assert_int_equal(keys_budget_stall(&k, one), STALL_BUDGET);
	assert_non_null(k.tick);
	informed = 0;
	awake = DAY - 10;
	turn();
	assert_int_equal(keys_budget_stall(&k, one), STALL_BUDGET);
	assert_non_null(k.tick);
	awake = DAY + 1;
	informed = 0;
	turn();
	assert_int_equal(informed, 1);
	assert_int_equal(keys_budget_stall(&k, one), STALL_NOT);
	assert_null(k.tick);
}

/* The loop's clock has stood still: it looks at the other one every so often. */
static void also_in_its_sleep(void **state)
{
	(void)state;
	use_up(one, BUDGET_DEGRADE);
	assert_int_equal(class_of(SLOTS_SESSION), FRESHNESS_SESSION);
	informed = 0;
	slept = DAY;
	turn();
	assert_int_equal(informed, 0);
	awake = 61;
	turn();
	assert_int_equal(informed, 1);
	assert_int_equal(class_of(SLOTS_SESSION), FRESHNESS_STRICT);
}

static void two_slots_stay_strict(void **state)
{
	(void)state;
	use_up(one, BUDGET_DEGRADE);
	assert_int_equal(class_of(SLOTS_STRICT), FRESHNESS_STRICT);
}

static void commits_that_fail_come_first(void **state)
{
	(void)state;
	use_up(one, BUDGET_STALL);
	k.stalled = true;
	assert_int_equal(keys_budget_stall(&k, one), STALL_FAILS);
	assert_int_equal(keys_budget_stall(&k, other), STALL_FAILS);
	k.stalled = false;
	assert_int_equal(keys_budget_stall(&k, other), STALL_NOT);
}

static void one_timer_for_all(void **state)
{
	struct keys_status s = {0};

	(void)state;
	use_up(one, BUDGET_STALL);
	awake = 1000;
	use_up(other, BUDGET_DEGRADE);
	keys_budget_status(&k, &s);
	assert_int_equal(s.exhausted, 1);
	assert_int_equal(s.degraded, 1);
	awake = DAY + 1;
	turn();
	assert_int_equal(keys_budget_stall(&k, one), STALL_NOT);
	assert_non_null(k.tick);
	awake = DAY + 1001;
	turn();
	assert_null(k.tick);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_day_ends),          TEST(also_in_its_sleep),
	    TEST(two_slots_stay_strict), TEST(commits_that_fail_come_first),
	    TEST(one_timer_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
