/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/guest/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};
/* What tpm_vtpm_proxy sends before each command: its last byte is the locality. */
static const uint8_t set_locality[] = {0x80, 0x02, 0, 0, 0, 11, 0x20, 0, 0x10, 0, 0};

static uint32_t answered(const uint8_t *command, size_t len)
{
	uint8_t response[TPM_HEADER_SIZE];
	struct tpm_header h;

	assert_true(command_is_ours(command, len, response));
	assert_int_equal(tpm_header_decode(response, sizeof(response), &h), ERR_OK);
	return h.code;
}

static void test_others_pass(void **state)
{
	uint8_t response[TPM_HEADER_SIZE];

	(void)state;
	assert_false(command_is_ours(get_random, sizeof(get_random), response));
}

static void test_locality(void **state)
{
	uint8_t command[sizeof(set_locality)];

	(void)state;
	assert_int_equal(answered(set_locality, sizeof(set_locality)), 0);
	memcpy(command, set_locality, sizeof(command));
	for (unsigned locality = 1; locality < 256; locality++) {
		command[sizeof(command) - 1] = (uint8_t)locality;
		assert_int_equal(answered(command, sizeof(command)), 0x907);
	}
}

static void test_no_commands(void **state)
{
	uint8_t longer[sizeof(set_locality) + 1] = {0}, shorter[TPM_HEADER_SIZE];

	(void)state;
	for (size_t len = 0; len < sizeof(get_random); len++)
		assert_int_equal(answered(get_random, len), 0x142);
	memcpy(longer, set_locality, sizeof(set_locality));
	longer[5] = sizeof(longer);
	assert_int_equal(answered(longer, sizeof(longer)), 0x142);
	memcpy(shorter, set_locality, sizeof(shorter));
	shorter[5] = sizeof(shorter);
	assert_int_equal(answered(shorter, sizeof(shorter)), 0x142);
}

static void test_probe(void **state)
{
	static const uint8_t tpm12[] = {0x00, 0xc4, 0, 0, 0, 10, 0, 0, 0, 0x1e};
	uint8_t command[COMMAND_MAX], response[TPM_HEADER_SIZE];
	struct tpm_header h;

	(void)state;
	assert_int_equal(tpm_header_decode(command, command_probe(command), &h), ERR_OK);
	assert_int_equal(h.code, 0x143);
	tpm_response_rc(0, response);
	assert_true(command_probe_succeeded(response, sizeof(response)));
	assert_false(command_probe_succeeded(response, sizeof(response) - 1));
	tpm_response_rc(0x100, response);
	assert_true(command_probe_succeeded(response, sizeof(response)));
	tpm_response_rc(0x90a, response);
	assert_true(command_probe_succeeded(response, sizeof(response)));
	tpm_response_rc(0x101, response);
	assert_false(command_probe_succeeded(response, sizeof(response)));
	assert_false(command_probe_succeeded(tpm12, sizeof(tpm12)));
}

static void test_shutdown(void **state)
{
	uint8_t command[COMMAND_MAX];

	(void)state;
	assert_int_equal(command_shutdown(command), 12);
	assert_memory_equal(command, "\x80\x01\0\0\0\x0c\0\0\x01\x45\0\0", 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_others_pass), cmocka_unit_test(test_locality),
	    cmocka_unit_test(test_no_commands), cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
