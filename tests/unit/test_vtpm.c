/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/vtpm.h"

#include "stubdom/command.h"
#include "stubdom/tpm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 65536

static unsigned commits, anchors;
static struct vtpm vtpm;

static void on_commit(void *arg, bool anchor)
{
	(void)arg;
	commits++;
	anchors += anchor;
}

static int start(void **state)
{
	(void)state;
	tpm_power_off();
	assert_int_equal(tpm_init(), ERR_OK);
	vtpm_init(&vtpm, ROOM, on_commit, NULL);
	assert_int_equal(tpm_power_on(), ERR_OK);
	assert_int_equal(vtpm_startup(&vtpm), ERR_OK);
	vtpm_release(&vtpm);
	commits = anchors = 0;
	return 0;
}

/* A copy of the permanent state; returns its length. */
static size_t copy_state(uint8_t copy[ROOM])
{
	size_t len;
	const uint8_t *now = tpm_state(&len);

	assert_true(len > 0 && len <= ROOM);
	memcpy(copy, now, len);
	return len;
}

static uint32_t rc_of(const struct vtpm_response *r)
{
	assert_true(r->len >= 10);
	return (uint32_t)r->bytes[6] << 24 | (uint32_t)r->bytes[7] << 16 |
	       (uint32_t)r->bytes[8] << 8 | r->bytes[9];
}

static uint32_t run(const uint8_t *command, size_t len)
{
	struct vtpm_response r;

	vtpm_execute(&vtpm, command, len, &r);
	return rc_of(&r);
}

/* TPM2_NV_DefineSpace by the owner: index 0x015000NN, size bytes, owner and auth may read and
 * write. */
static uint32_t define(uint8_t number, uint16_t size)
{
	const uint8_t command[] = {0x80,
				   2,
				   0,
				   0,
				   0,
				   0x2d,
				   0,
				   0,
				   1,
				   0x2a,
				   0x40,
				   0,
				   0,
				   1,
				   0,
				   0,
				   0,
				   9,
				   0x40,
				   0,
				   0,
				   9,
				   0,
				   0,
				   0,
				   0,
				   0, /* password session */
				   0,
				   0, /* no auth value */
				   0,
				   14,
				   1,
				   0x50,
				   0,
				   number,
				   0,
				   11,
				   0,
				   6,
				   0,
				   6,
				   0,
				   0,
				   (uint8_t)(size >> 8),
				   (uint8_t)size};

	return run(command, sizeof(command));
}

static const uint8_t get_random[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 4};
static const uint8_t shutdown_state[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x45, 0, 1};

static void a_command_that_stores_nothing_commits_nothing(void **state)
{
	(void)state;
	assert_int_equal(run(get_random, sizeof(get_random)), 0);
	assert_int_equal(commits, 0);
	assert_false(vtpm.held);
}

static void a_changed_state_is_held_until_released(void **state)
{
	(void)state;
	assert_int_equal(define(1, 4), 0);
	assert_int_equal(commits, 1);
	assert_true(vtpm.held);
	vtpm_release(&vtpm);
	assert_false(vtpm.held);
	assert_int_equal(run(get_random, sizeof(get_random)), 0);
	assert_int_equal(commits, 1);
}

static void stalled_only_what_never_stores_is_executed(void **state)
{
	(void)state;
	vtpm.stalled = VTPM_STALL_FAILS;
	assert_int_equal(define(2, 4), VTPM_RC_RETRY);
	assert_int_equal(run(shutdown_state, sizeof(shutdown_state)), VTPM_RC_RETRY);
	assert_int_equal(run(get_random, sizeof(get_random)), 0);
	assert_int_equal(commits, 0);
	vtpm.stalled = 0;
	assert_int_equal(define(2, 4), 0);
	assert_int_equal(commits, 1);
}

/* TPM2_NV_DefineSpace: index 0x015000NN of 4 bytes, password "x", protected against guessing. */
static uint32_t define_guarded(uint8_t number)
{
	const uint8_t command[] = {0x80, 2,  0, 0, 0, 0x2e, 0,    0,  1, 0x2a, 0x40, 0,
				   0,    1,  0, 0, 0, 9,    0x40, 0,  0, 9,    0,    0,
				   0,    0,  0, 0, 1, 'x',  0,    14, 1, 0x50, 0,    number,
				   0,    11, 0, 4, 0, 4,    0,    0,  0, 4};

	return run(command, sizeof(command));
}

/* TPM2_NV_Read of it with another password. */
static uint32_t guess(uint8_t number)
{
	const uint8_t command[] = {0x80, 2,      0, 0,    0, 0x24,   0, 0,   1, 0x4e, 1,    0x50,
				   0,    number, 1, 0x50, 0, number, 0, 0,   0, 10,   0x40, 0,
				   0,    9,      0, 0,    0, 0,      1, 'y', 0, 4,    0,    0};

	return run(command, sizeof(command));
}

static void what_was_refused_is_anchored(void **state)
{
	uint32_t rc = VTPM_RC_RETRY;

	(void)state;
	assert_int_equal(define_guarded(4), 0);
	assert_int_equal(commits, 1);
	assert_int_equal(anchors, 0);
	vtpm_release(&vtpm);
	/* The first use of what is protected after TPM2_Startup is refused so, and remembered. */
	while (rc == VTPM_RC_RETRY) {
		rc = guess(4);
		vtpm_release(&vtpm);
	}
	assert_int_equal(rc, 0x98e); /* TPM_RC_AUTH_FAIL of session 1 */
	assert_true(commits > 1);
	assert_int_equal(anchors, commits - 1);
}

static void anchored_without_a_change(void **state)
{
	(void)state;
	vtpm_anchor(&vtpm);
	assert_int_equal(anchors, 1);
	assert_true(vtpm_busy(&vtpm));
	vtpm_release(&vtpm);
	assert_false(vtpm_busy(&vtpm));
}

static void each_reason_to_stall_counts(void **state)
{
	(void)state;
	vtpm_stall(&vtpm, VTPM_STALL_FAILS, true);
	vtpm_stall(&vtpm, VTPM_STALL_STORE, true);
	vtpm_stall(&vtpm, VTPM_STALL_FAILS, false);
	assert_int_equal(define(5, 4), VTPM_RC_RETRY);
	vtpm_stall(&vtpm, VTPM_STALL_STORE, false);
	assert_int_equal(define(5, 4), 0);
}

/* What fails cannot be stopped in order; what may not write any more today can. */
static void out_of_budget_it_is_shut_down(void **state)
{
	(void)state;
	vtpm_stall(&vtpm, VTPM_STALL_BUDGET, true);
	assert_int_equal(define(6, 4), VTPM_RC_RETRY);
	vtpm_stall(&vtpm, VTPM_STALL_STORE, true);
	vtpm_shutdown(&vtpm);
	assert_int_equal(commits, 0);
	vtpm_stall(&vtpm, VTPM_STALL_STORE, false);
	vtpm_shutdown(&vtpm);
	assert_int_equal(commits, 1);
}

static void over_the_quota_everything_is_as_before(void **state)
{
	uint8_t before[ROOM], after[ROOM];
	size_t len = copy_state(before);

	(void)state;
	vtpm.room = len + 100;
	assert_int_equal(define(3, 2048), VTPM_RC_NV_SPACE);
	assert_int_equal(commits, 0);
	assert_false(vtpm.held);
	assert_int_equal(copy_state(after), len);
	assert_memory_equal(after, before, len);
	assert_int_equal(run(get_random, sizeof(get_random)), 0); /* started up, still */
	assert_int_equal(define(3, 8), 0);
	assert_int_equal(commits, 1);
}

static void a_shutdown_is_sent_once(void **state)
{
	(void)state;
	vtpm_shutdown(&vtpm);
	assert_int_equal(commits, 1);
	vtpm_release(&vtpm);
	vtpm_shutdown(&vtpm);
	assert_int_equal(commits, 1);
}

static void off_it_only_says_so(void **state)
{
	(void)state;
	tpm_power_off();
	assert_int_equal(run(get_random, sizeof(get_random)), VTPM_RC_INITIALIZE);
	vtpm_shutdown(&vtpm);
	assert_int_equal(commits, 0);
}

static void a_broken_state_is_not_taken(void **state)
{
	uint8_t broken[ROOM];
	size_t len = copy_state(broken);

	(void)state;
	tpm_power_off();
	broken[len / 2] ^= 0xff;
	assert_int_equal(tpm_load(broken, len / 2), ERR_OK);
	assert_int_equal(tpm_power_on(), ERR_TAMPERED);
	assert_false(tpm_is_on());
}

static void what_needs_an_authorisation_may_store(void **state)
{
	(void)state;
	assert_true(command_may_store(0x137));  /* NV_Write */
	assert_true(command_may_store(0x14e));  /* NV_Read: a failed one is counted */
	assert_true(command_may_store(0xffff)); /* unknown */
	assert_false(command_may_store(0x17b)); /* GetRandom */
	assert_false(command_may_store(0x182)); /* PCR_Extend */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_command_that_stores_nothing_commits_nothing, start),
	    cmocka_unit_test_setup(a_changed_state_is_held_until_released, start),
	    cmocka_unit_test_setup(stalled_only_what_never_stores_is_executed, start),
	    cmocka_unit_test_setup(what_was_refused_is_anchored, start),
	    cmocka_unit_test_setup(anchored_without_a_change, start),
	    cmocka_unit_test_setup(each_reason_to_stall_counts, start),
	    cmocka_unit_test_setup(out_of_budget_it_is_shut_down, start),
	    cmocka_unit_test_setup(over_the_quota_everything_is_as_before, start),
	    cmocka_unit_test_setup(a_shutdown_is_sent_once, start),
	    cmocka_unit_test_setup(off_it_only_says_so, start),
	    cmocka_unit_test(what_needs_an_authorisation_may_store),
	    cmocka_unit_test_setup(a_broken_state_is_not_taken, start),
	};

	return cmocka_run_group_tests_name("vtpm", tests, NULL, NULL);
}
