/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_admin.h"

#include "lib/wbuf.h"
#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_admin);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"admin_status", 68, 2, "a bool that is 2"},
	    {"admin_status", 69, 2, "a bool that is 2"},
	    {"admin_policy_load", 0, 2, "a bool that is 2"},
	    {"admin_vtpm", 67, 2, "a bool that is 2"},
	    {"admin_vtpm", 68, 2, "a bool that is 2"},
	    {"admin_inspected", 0, 0, "nothing found"},
	    {"admin_inspected", 0, FOUND_COUNT, "a finding that is none"},
	    {"admin_inspected", 50, 2, "a root over its slot"},
	    {"admin_inspected", 72, 2, "a bool that is 2"},
	    {"admin_inspected", 74, 2, "too many vTPMs"},
	    {"admin_inspected", 75, 2, "a vTPM too many"},
	    {"admin_vtpm", 69, 2, "freshness class 2"},
	    {"admin_vtpm", 76, 2, "budget end 2"},
	    {"admin_vtpm", 81, 2, "freshness class 2"},
	    {"admin_vtpm", 87, 2, "a bool that is 2"},
	    {"admin_vtpm", 96, 1, "a day of more than 24 hours"},
	    {"admin_vtpm", 100, 2, "freshness class 2"},
	    {"admin_vtpm", 101, 2, "a bool that is 2"},
	    {"admin_reply", 4, '\n', "a line break in a rule id"},
	    {"admin_reply", 2, 1, "a rule id over its maximum"},
	    {"admin_init", 172, 2, "a bool that is 2"},
	    {"admin_update", 2, 0x7f, "a control character"},
	    {"admin_create", 15, 0, "class 0"},
	    {"admin_create", 15, 3, "class 3"},
	    {"admin_create", 18, 0x30, "a quota below the least"},
	    {"admin_create", 19, 1, "a quota that is not whole blocks"},
	    {"admin_status", 67, 2, "a bool that is 2"},
	    {"admin_status", 9, FOUND_COUNT, "a finding that is none"},
	    {"admin_policy_load", 0, 0, "a signature although it is not signed"},
	    {"admin_vtpm", 31, 0, "class 0"},
	    {"admin_vtpm", 32, 8, "state 8"},
	    {"admin_vtpm", 52, 1, "more used than there is"},
	    {"admin_audit", 23, 31, "a string past the end"},
	    {"admin_name", 1, 13, "a string past the end"},
	    {"admin_mask", 0, 1, "PCR 24"},
	};

	(void)state;
	check_refused(&codecs_admin, POKES(pokes));
}

/* The longest list and the longest page of audit records fit one reply. */
static void the_longest_replies(void **state)
{
	static struct admin_vtpm v;
	static struct admin_audit a;
	static uint8_t bytes[MSG_BODY_MAX];
	struct wbuf w;
	size_t len;

	(void)state;
	memset(v.name, 'n', NAME_MAX_LEN);
	memset(v.stakeholder, 's', NAME_MAX_LEN);
	memset(v.path, 'p', sizeof(v.path) - 1);
	memset(a.action, 'a', sizeof(a.action) - 1);
	memset(a.stakeholder, 's', NAME_MAX_LEN);
	memset(a.object, 'o', NAME_MAX_LEN);
	memset(a.rule, 'r', ADMIN_RULE_MAX);
	wbuf_init(&w, bytes, sizeof(bytes));
	admin_vtpm_put(&w, &v);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_true(len * LEAVES_MAX < MSG_BODY_MAX / 2);
	wbuf_init(&w, bytes, sizeof(bytes));
	admin_audit_put(&w, &a);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_true(len * ADMIN_AUDIT_MAX < MSG_BODY_MAX / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),
	    cmocka_unit_test(out_of_range),
	    cmocka_unit_test(the_longest_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
