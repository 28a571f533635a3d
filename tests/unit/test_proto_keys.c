/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_keys.h"

#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POKES(p)      p, sizeof(p) / sizeof(p[0])
#define SOME_SIZE     39 /* bytes of the views in the samples */
#define APPROVAL_SIZE 108

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_keys);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"keys_status", 1, 2, "a bool that is 2"},
	    {"keys_status", 3, 2, "a bool that is 2"},
	    {"keys_status", 4, 2, "a bool that is 2"},
	    {"keys_status", 5, 2, "a bool that is 2"},
	    {"keys_status", 6, 2, "a bool that is 2"},
	    {"keys_commit", 155 + SOME_SIZE, 2, "record slot 2"},
	    {"keys_pcrs", 0, 1, "PCR 24"},
	    {"keys_pcrs", 3, 0x80, "fewer PCRs than digests"},
	    {"keys_init", 64, 1, "PCR 24"},
	    {"keys_init", 64 + APPROVAL_SIZE, 2, "a bool that is 2"},
	    {"keys_init", 65 + APPROVAL_SIZE, 4, "policy slot 2"},
	    {"keys_init", 67 + APPROVAL_SIZE, 2, "a policy over its slot"},
	    {"keys_open", 2, 0x41, "a header over its slot"},
	    {"keys_opened", 1, ERR_IO, "a root although it failed"},
	    {"keys_opened", 2, FOUND_COUNT, "a finding that is none"},
	    {"keys_opened", 2, FOUND_EMPTY, "a finding although it is open"},
	    {"keys_opened", 12, 2, "root slot 2"},
	    {"keys_opened", 5, 0x07, "a control character"},
	    {"keys_status", 9, FOUND_COUNT, "a finding that is none"},
	    {"keys_status", 10, 1, "PCR 24"},
	    {"keys_update", 16, 0x81, "PCR 24 of an approval with marks"},
	    {"keys_update", 16, 0x01, "PCR 24 of one without"},
	    {"keys_create", 7, 1, "a region between blocks"},
	    {"keys_create", 5, 0, "a region inside the fixed part"},
	    {"keys_create", 0, 0x80, "a region past every file"},
	    {"keys_create", 11, 1, "a quota that is not whole blocks"},
	    {"keys_policy", 0, 4, "policy slot 2"},
	    {"keys_policy", 1, 1, "a policy over its slot"},
	    {"keys_status", 0, 2, "a bool that is 2"},
	    {"keys_status", 2, 3, "hierarchy 3"},
	    {"keys_wear", 9, 2, "more left than a day has"},
	    {"keys_wear", 12, 2, "a third class"},
	    {"keys_wear", 13, 2, "a bool that is 2"},
	    {"keys_commit", 8, 2, "root slot 2"},
	    {"keys_commit", 14 + SOME_SIZE, COMMIT_BLOBS + 1, "too many blobs"},
	    {"keys_commit", 31 + SOME_SIZE, 3, "state slot 3"},
	    {"keys_commit", 39 + SOME_SIZE, 0, "a blob of version 0"},
	    {"keys_commit", 16 + SOME_SIZE + 2 * 61, COMMIT_RECORDS + 1, "too many records"},
	    {"keys_inspected", 0, 0, "nothing found"},
	    {"keys_inspected", 0, FOUND_COUNT, "a finding that is none"},
	    {"keys_inspected", 49, 0, "a digest of no root"},
	    {"keys_inspected", 50, 2, "a bool that is 2"},
	    {"keys_recover", 2, 0x41, "a header over its slot"},
	    {"keys_done", 3, 14, "a string past the end"},
	};

	(void)state;
	check_refused(&codecs_keys, POKES(pokes));
}

static void only_selected_pcrs_travel(void **state)
{
	struct keys_pcrs m = {.mask = 2};
	uint8_t bytes[64];
	size_t len;

	(void)state;
	memset(m.values, 0xee, sizeof(m.values));
	assert_int_equal(keys_pcrs_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(len, 4 + DIGEST_SIZE);
	assert_int_equal(keys_pcrs_decode(bytes, len, &m), ERR_OK);
	assert_int_equal(m.values[0].b[0], 0);
	assert_int_equal(m.values[1].b[0], 0xee);
}

/* The record comes with a vTPM's own authority, and only then. */
static void an_update_names_a_vtpm_or_the_platform(void **state)
{
	static const uint8_t record[8];
	struct keys_update m = {.record_len = sizeof(record), .record = record};
	uint8_t bytes[256];
	size_t len;

	(void)state;
	assert_int_equal(keys_update_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(keys_update_decode(bytes, len, &m), ERR_FORMAT);
	m.record_len = 0;
	assert_int_equal(keys_update_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(keys_update_decode(bytes, len, &m), ERR_OK);
	m.uuid[0] = 1;
	assert_int_equal(keys_update_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(keys_update_decode(bytes, len, &m), ERR_FORMAT);
}

static void a_commit_over_its_maxima_is_not_encoded(void **state)
{
	static struct keys_commit m = {.nblobs = COMMIT_BLOBS + 1};
	static uint8_t bytes[MSG_BODY_MAX];
	size_t len;

	(void)state;
	assert_int_equal(keys_commit_encode(&m, bytes, sizeof(bytes), &len), ERR_ARG);
	m.nblobs = 0;
	m.nrecords = COMMIT_RECORDS + 1;
	assert_int_equal(keys_commit_encode(&m, bytes, sizeof(bytes), &len), ERR_ARG);
}

static void a_commit_writes_no_empty_state(void **state)
{
	static const uint8_t root[8];
	static struct keys_commit m = {.root_len = sizeof(root), .root = root, .nblobs = 1};
	uint8_t bytes[256];
	size_t len;

	(void)state;
	m.blobs[0].uuid[0] = 1;
	assert_int_equal(keys_commit_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(keys_commit_decode(bytes, len, &m), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),
	    cmocka_unit_test(out_of_range),
	    cmocka_unit_test(only_selected_pcrs_travel),
	    cmocka_unit_test(an_update_names_a_vtpm_or_the_platform),
	    cmocka_unit_test(a_commit_over_its_maxima_is_not_encoded),
	    cmocka_unit_test(a_commit_writes_no_empty_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
