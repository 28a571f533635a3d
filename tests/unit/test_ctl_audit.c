/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit trail's chain: any change, gap or exchange is found. */
#include "tools/ctl/ctl_audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
// cmocka.h needs some of the above
#include <cmocka.h>

#define COUNT 5

static void make_trail(struct admin_audit trail[COUNT], uint64_t first)
{
	struct digest prev = {{0}};

	memset(trail, 0, COUNT * sizeof(*trail));
	for (size_t i = 0; i < COUNT; i++) {
		trail[i].seq = first + i;
		trail[i].time = 1000 + i;
		trail[i].uid = 7;
		snprintf(trail[i].action, sizeof(trail[i].action), "start");
		snprintf(trail[i].object, sizeof(trail[i].object), "vtpm%zu", i);
		assert_int_equal(ctl_audit_chain(&prev, &trail[i], &trail[i].hash), ERR_OK);
		prev = trail[i].hash;
	}
}

static void a_whole_trail_holds(void **state)
{
	struct admin_audit trail[COUNT];
	size_t bad = 99;

	(void)state;
	make_trail(trail, 1);
	assert_int_equal(ctl_audit_check(trail, COUNT, &bad), ERR_OK);
	assert_int_equal(ctl_audit_check(trail, 0, &bad), ERR_OK);
	assert_int_equal(ctl_audit_check(trail + 2, COUNT - 2, &bad), ERR_OK);
	make_trail(trail, 4000);
	assert_int_equal(ctl_audit_check(trail, COUNT, &bad), ERR_OK);
	assert_int_equal(bad, 99);
}

static void a_changed_record_is_found(void **state)
{
	struct admin_audit trail[COUNT];
	size_t bad;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		make_trail(trail, 1);
		trail[i].err = ERR_DENIED;
		assert_int_equal(ctl_audit_check(trail, COUNT, &bad), ERR_TAMPERED);
		assert_int_equal(bad, i);
	}
}

static void a_missing_record_is_found(void **state)
{
	struct admin_audit trail[COUNT];
	size_t bad;

	(void)state;
	make_trail(trail, 1);
	memmove(&trail[2], &trail[3], 2 * sizeof(trail[0]));
	assert_int_equal(ctl_audit_check(trail, COUNT - 1, &bad), ERR_TAMPERED);
	assert_int_equal(bad, 2);
	trail[2].seq = 3;
	assert_int_equal(ctl_audit_check(trail, COUNT - 1, &bad), ERR_TAMPERED);
}

static void a_new_beginning_is_found(void **state)
{
	struct admin_audit trail[COUNT];
	struct digest other = {{1}};
	size_t bad;

	(void)state;
	make_trail(trail, 1);
	assert_int_equal(ctl_audit_chain(&other, &trail[0], &trail[0].hash), ERR_OK);
	assert_int_equal(ctl_audit_check(trail, 1, &bad), ERR_TAMPERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_trail_holds),
	    cmocka_unit_test(a_changed_record_is_found),
	    cmocka_unit_test(a_missing_record_is_found),
	    cmocka_unit_test(a_new_beginning_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
