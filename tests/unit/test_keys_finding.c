/* SPDX-License-Identifier: BSD-3-Clause */
/* Every finding has words of its own; every failure of recovery is one. */
#include "vtpmmgr/keys/keys_finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// cmocka.h needs some of the above
#include <cmocka.h>

static void every_finding_is_named(void **state)
{
	(void)state;
	for (int f = 0; f < FOUND_COUNT; f++) {
		assert_true(strlen(finding_name(f)) > 0);
		assert_true(strlen(finding_text(f)) > 0 && strlen(finding_text(f)) <= DETAIL_MAX);
		for (int other = 0; other < f; other++) {
			assert_string_not_equal(finding_name(f), finding_name(other));
			assert_string_not_equal(finding_text(f), finding_text(other));
		}
	}
	assert_non_null(finding_name(FOUND_COUNT));
	assert_non_null(finding_text((enum finding) - 1));
}

/* Whatever goes wrong, there is a finding, an error and a text for it. */
static void every_failure_is_found(void **state)
{
	(void)state;
	for (int step = 0; step < STEPS; step++)
		for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
			struct keys_found f = {0};

			keys_find(step, e, &f);
			assert_true(f.finding > FOUND_NOTHING && f.finding < FOUND_COUNT);
			assert_true(f.err > ERR_OK && f.err < ERR_COUNT);
			assert_true(strlen(f.detail) > 0);
		}
}

static void what_is_told_apart(void **state)
{
	static const struct {
		enum keys_step step;
		enum err failed;
		enum finding finding;
		enum err err;
	} samples[] = {
	    {STEP_PARENT, ERR_NOT_FOUND, FOUND_KEY_MISSING, ERR_FOREIGN},
	    {STEP_PARENT, ERR_FOREIGN, FOUND_KEY_REPLACED, ERR_FOREIGN},
	    {STEP_VERSION, ERR_NOT_FOUND, FOUND_VERSION_MISSING, ERR_TAMPERED},
	    {STEP_ROOT_KEY, ERR_FOREIGN, FOUND_FOREIGN_STORE, ERR_FOREIGN},
	    {STEP_ROOT_KEY, ERR_UNAPPROVED, FOUND_PCRS, ERR_UNAPPROVED},
	    {STEP_ROOT_KEY, ERR_REVOKED, FOUND_REVOKED, ERR_REVOKED},
	    {STEP_ANCHOR, ERR_NOT_FOUND, FOUND_ANCHOR_MISSING, ERR_TAMPERED},
	    {STEP_ANCHOR, ERR_TAMPERED, FOUND_ANCHOR_REPLACED, ERR_TAMPERED},
	    {STEP_ANCHOR, ERR_TIMEOUT, FOUND_TPM_TROUBLE, ERR_TIMEOUT},
	    {STEP_ROOT, ERR_ROLLBACK, FOUND_ROLLBACK, ERR_ROLLBACK},
	    {STEP_ROOT, ERR_NO_MEMORY, FOUND_OTHER_TROUBLE, ERR_NO_MEMORY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct keys_found f = {0};

		keys_find(samples[i].step, samples[i].failed, &f);
		assert_int_equal(f.finding, samples[i].finding);
		assert_int_equal(f.err, samples[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_finding_is_named),
	    cmocka_unit_test(every_failure_is_found),
	    cmocka_unit_test(what_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
