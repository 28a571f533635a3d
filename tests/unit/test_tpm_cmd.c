/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/tpm_cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};

static void test_decode(void **state)
{
	struct tpm_header h;

	(void)state;
	assert_int_equal(tpm_header_decode(get_random, sizeof(get_random), &h), ERR_OK);
	assert_int_equal(h.tag, TPM_ST_NO_SESSIONS_);
	assert_int_equal(h.size, 12);
	assert_int_equal(h.code, 0x17b);
}

static void test_refused(void **state)
{
	uint8_t cmd[sizeof(get_random) + 1];
	struct tpm_header h = {.tag = 7};

	(void)state;
	memcpy(cmd, get_random, sizeof(get_random));
	for (size_t len = 0; len <= sizeof(cmd); len++)
		if (len != sizeof(get_random))
			assert_int_equal(tpm_header_decode(cmd, len, &h), ERR_FORMAT);
	cmd[1] = 0x03; /* no such tag */
	assert_int_equal(tpm_header_decode(cmd, sizeof(get_random), &h), ERR_FORMAT);
	assert_int_equal(h.tag, 7);
}

static void test_response(void **state)
{
	uint8_t out[TPM_HEADER_SIZE];
	struct tpm_header h;

	(void)state;
	tpm_response_rc(0x922, out); /* TPM_RC_RETRY */
	assert_memory_equal(out, "\x80\x01\0\0\0\x0a\0\0\x09\x22", sizeof(out));
	assert_int_equal(tpm_header_decode(out, sizeof(out), &h), ERR_OK);
	assert_int_equal(h.code, 0x922);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(tpm_cc_name(0x11f), "NV_UndefineSpaceSpecial");
	assert_string_equal(tpm_cc_name(0x136), "NV_Extend");
	assert_string_equal(tpm_cc_name(0x17b), "GetRandom");
	assert_string_equal(tpm_cc_name(0x198), "ACT_SetTimeout");
	assert_string_equal(tpm_cc_name(0x123), "unknown"); /* a gap in the numbers */
	assert_string_equal(tpm_cc_name(0x11e), "unknown");
	assert_string_equal(tpm_cc_name(0x199), "unknown");
	assert_string_equal(tpm_cc_name(0), "unknown");
	assert_string_equal(tpm_cc_name(UINT32_MAX), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_response),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
