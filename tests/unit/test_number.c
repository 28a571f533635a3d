/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/number.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void digits_in_range_are_a_number(void **state)
{
	uint64_t n;
	uint32_t small;

	(void)state;
	assert_int_equal(number_parse("18446744073709551615", 10, 0, UINT64_MAX, &n), ERR_OK);
	assert_true(n == UINT64_MAX);
	assert_int_equal(number_parse("0660", 8, 0, 0777, &n), ERR_OK);
	assert_int_equal(n, 0660);
	assert_int_equal(number_u32("4294967295", UINT32_MAX, &small), ERR_OK);
	assert_int_equal(small, UINT32_MAX);
	assert_int_equal(number_u32("0", 0, &small), ERR_OK);
	assert_int_equal(small, 0);
}

static void nothing_else_is(void **state)
{
	static const char *const wrong[] = {"",   "-1",  "+1", " 1",  "1 ",
					    "1a", "0x1", "9",  "101", "18446744073709551617"};
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(number_parse(wrong[i], 10, 10, 100, &n), ERR_FORMAT);
	assert_int_equal(number_parse("8", 8, 0, 100, &n), ERR_FORMAT);
	assert_int_equal(number_parse("18446744073709551616", 10, 0, UINT64_MAX, &n), ERR_FORMAT);
	assert_int_equal(n, 7);
}

static void a_number_ends_where_its_digits_end(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(number_prefix("64M", 10, 64, &n), 2);
	assert_int_equal(n, 64);
	assert_int_equal(number_prefix("65M", 10, 64, &n), 0);
	assert_int_equal(number_prefix("M", 10, 64, &n), 0);
	assert_int_equal(n, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digits_in_range_are_a_number),
	    cmocka_unit_test(nothing_else_is),
	    cmocka_unit_test(a_number_ends_where_its_digits_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
