/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_every_error_is_named(void **state)
{
	(void)state;
	for (int e = 0; e < ERR_COUNT; e++) {
		assert_true(strlen(err_name(e)) > 0);
		assert_true(strlen(err_text(e)) > 0);
		for (int other = 0; other < e; other++)
			assert_string_not_equal(err_name(e), err_name(other));
	}
	assert_non_null(err_name(ERR_COUNT));
	assert_non_null(err_text(-1));
}

static void test_errno(void **state)
{
	(void)state;
	assert_int_equal(err_from_errno(0), ERR_OK);
	assert_int_equal(err_from_errno(ENOENT), ERR_NOT_FOUND);
	assert_int_equal(err_from_errno(ENOSPC), ERR_FULL);
	assert_int_equal(err_from_errno(EPERM), ERR_DENIED);
	assert_int_equal(err_from_errno(ENOTTY), ERR_IO);
}

static void test_wire(void **state)
{
	(void)state;
	for (uint16_t e = 0; e < ERR_COUNT; e++)
		assert_int_equal(err_from_wire(e), e);
	assert_int_equal(err_from_wire(ERR_COUNT), ERR_INTERNAL);
	assert_int_equal(err_from_wire(UINT16_MAX), ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_error_is_named),
	    cmocka_unit_test(test_errno),
	    cmocka_unit_test(test_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
