/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/ctrl.h"

#include "stubdom/data.h"
#include "stubdom/tpm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LAST_COMMAND 0x13

/* Every command of the protocol: the length of its request and of its response, and its result now.
 */
static const struct expected {
	uint8_t command;
	size_t request;
	size_t response; /* 0: depends */
	uint32_t result;
} table[] = {
    {0x01, 4, 8, CTRL_SUCCESS},       /* GET_CAPABILITY */
    {0x02, 8, 4, CTRL_SUCCESS},       /* INIT */
    {0x03, 4, 4, CTRL_SUCCESS},       /* SHUTDOWN */
    {0x04, 4, 8, CTRL_SUCCESS},       /* GET_TPMESTABLISHED */
    {0x05, 8, 4, CTRL_SUCCESS},       /* SET_LOCALITY */
    {0x06, 4, 4, CTRL_SUCCESS},       /* HASH_START */
    {0x07, 8, 4, CTRL_SUCCESS},       /* HASH_DATA of nothing */
    {0x08, 4, 4, CTRL_SUCCESS},       /* HASH_END */
    {0x09, 4, 4, CTRL_SUCCESS},       /* CANCEL_TPM_CMD */
    {0x0a, 4, 4, CTRL_BAD_ORDINAL},   /* STORE_VOLATILE */
    {0x0b, 8, 4, CTRL_BAD_LOCALITY},  /* RESET_TPMESTABLISHED by locality 0 */
    {0x0c, 16, 16, CTRL_BAD_ORDINAL}, /* GET_STATEBLOB */
    {0x0d, 16, 4, CTRL_BAD_ORDINAL},  /* SET_STATEBLOB */
    {0x0e, 4, 4, CTRL_SUCCESS},       /* STOP */
    {0x0f, 4, 8, CTRL_SUCCESS},       /* GET_CONFIG */
    {0x10, 4, 4, CTRL_BAD_PARAMETER}, /* SET_DATAFD, without one */
    {0x11, 8, 16, CTRL_SUCCESS},      /* SET_BUFFERSIZE, asking */
    {0x12, 20, 0, CTRL_SUCCESS},      /* GET_INFO */
    {0x13, 8, 4, CTRL_BAD_ORDINAL},   /* LOCK_STORAGE */
};

static unsigned cancels;
static unsigned commits;

static void on_cancel(void *arg)
{
	(void)arg;
	cancels++;
}

static void on_commit(void *arg, bool anchor)
{
	(void)arg, (void)anchor;
	commits++;
}

static struct vtpm vtpm;
static int passed = -1;
static int data_fd = -1;

static enum err on_data_fd(void *arg, int fd)
{
	(void)arg;
	if (data_fd >= 0)
		return ERR_FULL;
	data_fd = fd;
	return ERR_OK;
}

static struct ctrl_host host = {
    .vtpm = &vtpm, .passed = &passed, .set_data_fd = on_data_fd, .cancel = on_cancel};

static int power_on(void **state)
{
	(void)state;
	vtpm_init(&vtpm, 65536, on_commit, NULL);
	assert_int_equal(tpm_init(), ERR_OK);
	return tpm_power_on() == ERR_OK && vtpm_startup(&vtpm) == ERR_OK ? 0 : -1;
}

static uint32_t result_of(const uint8_t *response)
{
	return (uint32_t)response[0] << 24 | (uint32_t)response[1] << 16 |
	       (uint32_t)response[2] << 8 | response[3];
}

static void every_command_is_in_the_table(void **state)
{
	(void)state;
	assert_int_equal(sizeof(table) / sizeof(table[0]), LAST_COMMAND);
	for (size_t i = 0; i < LAST_COMMAND; i++)
		assert_int_equal(table[i].command, i + 1);
}

static void every_prefix_wants_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAST_COMMAND; i++) {
		uint8_t request[64] = {0, 0, 0, table[i].command};
		struct ctrl_request r;

		for (size_t have = 0; have < table[i].request; have++) {
			bool padded = have == 5 && (i == 0x05 - 1 || i == 0x0b - 1);

			assert_int_equal(ctrl_frame(request, have, &r),
					 padded ? ERR_OK : ERR_AGAIN);
		}
		assert_int_equal(ctrl_frame(request, table[i].request, &r), ERR_OK);
		assert_int_equal(r.len, table[i].request);
		assert_int_equal(ctrl_frame(request, sizeof(request), &r), ERR_OK);
		assert_int_equal(r.len, table[i].request);
	}
}

static void every_command_answers_its_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAST_COMMAND; i++) {
		uint8_t request[64] = {0, 0, 0, table[i].command};
		uint8_t response[CTRL_RESPONSE_MAX];
		size_t len;

		assert_int_equal(tpm_power_on(), ERR_OK);
		assert_int_equal(vtpm_startup(&vtpm), ERR_OK);
		if (table[i].command == 0x07 || table[i].command == 0x08)
			assert_int_equal(tpm_hash_start(), ERR_OK);
		request[11] = table[i].command == 0x12; /* GET_INFO: a flag that exists */
		len = ctrl_handle(&host, request, table[i].request, response);
		assert_int_equal(result_of(response), table[i].result);
		if (table[i].response > 0)
			assert_int_equal(len, table[i].response);
	}
	assert_int_equal(cancels, 1);
}

static void offers_what_it_has(void **state)
{
	(void)state;
	assert_int_equal(ctrl_capabilities(), 0x7cbf);
}

static void unknown_commands_have_no_end(void **state)
{
	static const uint8_t unknown[][4] = {
	    {0, 0, 0, 0}, {0, 0, 0, 0x14}, {0, 0, 1, 1}, {1, 0, 0, 1}, {255, 255, 255, 255}};
	uint8_t response[CTRL_RESPONSE_MAX];
	struct ctrl_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(ctrl_frame(unknown[i], 4, &r), ERR_UNSUPPORTED);
	assert_int_equal(ctrl_refuse(ERR_UNSUPPORTED, response), 4);
	assert_int_equal(result_of(response), CTRL_BAD_ORDINAL);
}

static void counted_lengths_are_bounded(void **state)
{
	uint8_t hash[8] = {0, 0, 0, 7, 0, 0, 0x10, 0};
	uint8_t blob[16] = {0, 0, 0, 0x0d};
	struct ctrl_request r;

	(void)state;
	assert_int_equal(ctrl_frame(hash, sizeof(hash), &r), ERR_AGAIN);
	hash[7] = 1;
	assert_int_equal(ctrl_frame(hash, sizeof(hash), &r), ERR_FORMAT);
	memset(blob + 12, 0xff, 4);
	assert_int_equal(ctrl_frame(blob, sizeof(blob), &r), ERR_FORMAT);
}

static void what_changes_the_tpm_waits(void **state)
{
	static const uint8_t live[] = {0x01, 0x04, 0x09, 0x0f, 0x10, 0x12};

	(void)state;
	for (uint8_t command = 1; command <= LAST_COMMAND; command++) {
		uint8_t request[64] = {0, 0, 0, command};
		struct ctrl_request r;
		bool offered = table[command - 1].result != CTRL_BAD_ORDINAL;
		bool lives = memchr(live, command, sizeof(live)) != NULL;

		assert_int_equal(ctrl_frame(request, sizeof(request), &r), ERR_OK);
		assert_int_equal(r.waits, offered && !lives);
	}
}

static void a_reset_forgets_the_startup(void **state)
{
	static const uint8_t init[8] = {0, 0, 0, 2};
	static const uint8_t get_random[12] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 4};
	uint8_t response[CTRL_RESPONSE_MAX];
	struct vtpm_response out;

	(void)state;
	vtpm_execute(&vtpm, get_random, sizeof(get_random), &out);
	assert_int_equal(result_of(out.bytes + 6), 0);
	ctrl_handle(&host, init, sizeof(init), response);
	assert_int_equal(result_of(response), CTRL_SUCCESS);
	vtpm_execute(&vtpm, get_random, sizeof(get_random), &out);
	assert_int_equal(result_of(out.bytes + 6), VTPM_RC_INITIALIZE);
	assert_int_equal(vtpm_startup(&vtpm), ERR_OK);
}

static uint32_t set_data_fd(int fd)
{
	static const uint8_t request[4] = {0, 0, 0, 0x10};
	uint8_t response[CTRL_RESPONSE_MAX];

	passed = fd;
	assert_int_equal(ctrl_handle(&host, request, sizeof(request), response), 4);
	return result_of(response);
}

static void the_first_data_fd_stays(void **state)
{
	(void)state;
	assert_int_equal(set_data_fd(7), CTRL_SUCCESS);
	assert_int_equal(data_fd, 7);
	assert_int_equal(passed, -1);
	assert_int_equal(set_data_fd(8), CTRL_FAIL);
	assert_int_equal(data_fd, 7);
}

static void a_foreign_client_changes_nothing(void **state)
{
	(void)state;
	host.foreign = true;
	for (uint8_t command = 1; command <= LAST_COMMAND; command++) {
		uint8_t request[64] = {0, 0, 0, command};
		uint8_t response[CTRL_RESPONSE_MAX];
		struct ctrl_request r;

		assert_int_equal(ctrl_frame(request, sizeof(request), &r), ERR_OK);
		if (!r.waits)
			continue;
		assert_int_equal(ctrl_handle(&host, request, r.len, response),
				 table[command - 1].response);
		assert_int_equal(result_of(response), CTRL_FAIL);
	}
	host.foreign = false;
	assert_true(tpm_is_on());
}

static void only_known_init_flags(void **state)
{
	static const uint8_t init[8] = {0, 0, 0, 2, 0, 0, 0, 2};
	uint8_t response[CTRL_RESPONSE_MAX];

	(void)state;
	ctrl_handle(&host, init, sizeof(init), response);
	assert_int_equal(result_of(response), CTRL_BAD_PARAMETER);
}

static void information_comes_in_pieces(void **state)
{
	uint8_t request[20] = {0, 0, 0, 0x12, 0, 0, 0, 0, 0, 0, 0, 1};
	uint8_t response[CTRL_RESPONSE_MAX];
	size_t total, len;

	(void)state;
	len = ctrl_handle(&host, request, sizeof(request), response);
	total = result_of(response + 4);
	assert_int_equal(len, 12 + total);
	assert_int_equal(response[len - 1], 0);
	request[15] = (uint8_t)(total - 1);
	len = ctrl_handle(&host, request, sizeof(request), response);
	assert_int_equal(len, 12 + 1);
	request[15] = (uint8_t)total;
	ctrl_handle(&host, request, sizeof(request), response);
	assert_int_equal(result_of(response), CTRL_BAD_PARAMETER);
}

static void frames_commands(void **state)
{
	uint8_t buf[TPM_COMMAND_MAX] = {0x80, 1, 0, 0, 0, 12};
	size_t len = 0;

	(void)state;
	for (size_t have = 0; have < 12; have++)
		assert_int_equal(data_frame(buf, have, &len), ERR_AGAIN);
	assert_int_equal(data_frame(buf, 12, &len), ERR_OK);
	assert_int_equal(len, 12);
	assert_int_equal(data_frame(buf, 30, &len), ERR_OK);
	assert_int_equal(len, 12);
	buf[4] = 0x10, buf[5] = 0;
	assert_int_equal(data_frame(buf, sizeof(buf) - 1, &len), ERR_AGAIN);
	assert_int_equal(data_frame(buf, sizeof(buf), &len), ERR_OK);
	buf[5] = 1;
	assert_int_equal(data_frame(buf, 6, &len), ERR_FORMAT);
	buf[4] = 0, buf[5] = 9;
	assert_int_equal(data_frame(buf, 6, &len), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_command_is_in_the_table),
	    cmocka_unit_test(every_prefix_wants_more),
	    cmocka_unit_test(every_command_answers_its_length),
	    cmocka_unit_test(offers_what_it_has),
	    cmocka_unit_test(unknown_commands_have_no_end),
	    cmocka_unit_test(counted_lengths_are_bounded),
	    cmocka_unit_test(what_changes_the_tpm_waits),
	    cmocka_unit_test(a_reset_forgets_the_startup),
	    cmocka_unit_test(the_first_data_fd_stays),
	    cmocka_unit_test(a_foreign_client_changes_nothing),
	    cmocka_unit_test(only_known_init_flags),
	    cmocka_unit_test(information_comes_in_pieces),
	    cmocka_unit_test(frames_commands),
	};

	return cmocka_run_group_tests_name("ctrl", tests, power_on, NULL);
}
