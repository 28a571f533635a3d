/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void bytes_come_back(void **state)
{
	const uint8_t bytes[] = {0x00, 0x09, 0x9a, 0xaf, 0xf0, 0xff};
	uint8_t back[sizeof(bytes)];
	char text[2 * sizeof(bytes) + 1];

	(void)state;
	hex_encode(bytes, sizeof(bytes), text);
	assert_string_equal(text, "00099aaff0ff");
	assert_int_equal(hex_decode(text, back, sizeof(back)), ERR_OK);
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(hex_decode("00099AAFF0FF", back, sizeof(back)), ERR_OK);
	assert_memory_equal(back, bytes, sizeof(bytes));
}

static void nothing_else_is_hex(void **state)
{
	static const char *const wrong[] = {"",      "0",    "000",  "00000", "000g", " 000",
					    "00\n0", "0x00", "/000", ":000",  "@000", "`000"};
	uint8_t out[2] = {0x5a, 0x5a};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(hex_decode(wrong[i], out, sizeof(out)), ERR_FORMAT);
	assert_int_equal(out[0], 0x5a);
	assert_int_equal(out[1], 0x5a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_come_back),
	    cmocka_unit_test(nothing_else_is_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
