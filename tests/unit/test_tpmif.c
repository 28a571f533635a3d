/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/tpmif.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define REWRITES 60000000u /* of a page, while it is read as often as the processors allow */

static uint8_t page[TPMIF_PAGE_SIZE];
static struct tpmif tpmif;

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};
static const uint8_t response[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0};

static int fresh(void **state)
{
	(void)state;
	memset(page, 0, sizeof(page));
	tpmif_init(&tpmif);
	return 0;
}

static void put_length(uint32_t length)
{
	for (int i = 0; i < 4; i++)
		page[i] = (uint8_t)(length >> 8 * i);
}

static uint32_t length_of(void)
{
	return (uint32_t)page[0] | (uint32_t)page[1] << 8 | (uint32_t)page[2] << 16 |
	       (uint32_t)page[3] << 24;
}

static void submit(const uint8_t *command, size_t len, uint8_t locality)
{
	memcpy(page + TPMIF_PACKET_AT, command, len);
	put_length((uint32_t)len);
	page[5] = locality;
	page[4] = TPMIF_SUBMIT;
}

/* The page holds a response of a header alone. */
static void assert_rc(uint32_t rc)
{
	const uint8_t expected[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, (uint8_t)(rc >> 8), (uint8_t)rc};

	assert_int_equal(page[4], TPMIF_FINISH);
	assert_int_equal(length_of(), sizeof(expected));
	assert_memory_equal(page + TPMIF_PACKET_AT, expected, sizeof(expected));
}

static void a_command_and_its_answer(void **state)
{
	(void)state;
	submit(get_random, sizeof(get_random), 3);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
	assert_int_equal(tpmif.locality, 3);
	assert_int_equal(tpmif.len, sizeof(get_random));
	assert_memory_equal(tpmif.packet, get_random, sizeof(get_random));
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_WAIT);
	assert_int_equal(tpmif_answer(&tpmif, page, response, sizeof(response)), TPMIF_NOTIFY);
	assert_rc(0);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_WAIT);
	submit(get_random, sizeof(get_random), 0);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
	assert_int_equal(tpmif.locality, 0);
}

static void states_that_ask_for_nothing(void **state)
{
	(void)state;
	for (unsigned s = 0; s <= UINT8_MAX; s++) {
		if (s == TPMIF_SUBMIT || s == TPMIF_CANCEL)
			continue;
		memset(page, 0xff, sizeof(page));
		page[4] = (uint8_t)s;
		assert_int_equal(tpmif_look(&tpmif, page), TPMIF_WAIT);
		assert_int_equal(page[4], s);
	}
}

static void while_busy_only_cancel_counts(void **state)
{
	(void)state;
	submit(get_random, sizeof(get_random), 0);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
	for (unsigned s = 0; s <= UINT8_MAX; s++) {
		page[4] = (uint8_t)s;
		assert_int_equal(tpmif_look(&tpmif, page),
				 s == TPMIF_CANCEL ? TPMIF_GIVE_UP : TPMIF_WAIT);
	}
	page[4] = TPMIF_CANCEL;
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_WAIT);
	assert_int_equal(tpmif_answer(&tpmif, page, response, sizeof(response)), TPMIF_NOTIFY);
	assert_rc(0);
}

static void each_command_can_be_cancelled_once(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		submit(get_random, sizeof(get_random), 0);
		assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
		page[4] = TPMIF_CANCEL;
		assert_int_equal(tpmif_look(&tpmif, page), TPMIF_GIVE_UP);
		assert_int_equal(tpmif_look(&tpmif, page), TPMIF_WAIT);
		tpmif_answer(&tpmif, page, response, sizeof(response));
	}
}

static void cancel_of_nothing_is_complete(void **state)
{
	(void)state;
	put_length(77);
	page[4] = TPMIF_CANCEL;
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_NOTIFY);
	assert_int_equal(page[4], TPMIF_IDLE);
	assert_int_equal(length_of(), 0);
}

static void an_answer_to_nothing_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(tpmif_answer(&tpmif, page, response, sizeof(response)), TPMIF_WAIT);
	assert_int_equal(page[4], TPMIF_IDLE);
	assert_int_equal(length_of(), 0);
}

static void an_answer_that_does_not_fit_is_a_failure(void **state)
{
	static uint8_t large[TPMIF_PACKET_MAX + 1];

	(void)state;
	submit(get_random, sizeof(get_random), 0);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
	assert_int_equal(tpmif_answer(&tpmif, page, large, sizeof(large)), TPMIF_NOTIFY);
	assert_rc(0x101);
	submit(get_random, sizeof(get_random), 0);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
	assert_int_equal(tpmif_answer(&tpmif, page, large, TPMIF_PACKET_MAX), TPMIF_NOTIFY);
	assert_int_equal(length_of(), TPMIF_PACKET_MAX);
}

/* Length of the page, size field of the command; what of it is executed, 0: refused. */
static const struct {
	uint32_t length, size;
	size_t executed;
} lengths[] = {
    {10, 10, 10},
    {12, 12, 12},
    {4088, 4088, 4088},
    {4088, 12, 12}, /* what follows a command is no part of it */
    {0, 12, 0},
    {9, 9, 0},
    {9, 12, 0},
    {11, 12, 0},
    {12, 9, 0},
    {12, 0, 0},
    {12, UINT32_MAX, 0},
    {4088, 4089, 0},
    {4089, 12, 0},
    {4096, 12, 0},
    {0x80000000, 12, 0},
    {UINT32_MAX, 12, 0},
    {UINT32_MAX - 7, UINT32_MAX - 7, 0},
};

static void lengths_that_lie_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t size = lengths[i].size;

		fresh(NULL);
		memset(page + TPMIF_PACKET_AT, 0xee, TPMIF_PACKET_MAX);
		submit(get_random, sizeof(get_random), 0);
		for (int b = 0; b < 4; b++)
			page[TPMIF_PACKET_AT + 2 + b] = (uint8_t)(size >> (24 - 8 * b));
		put_length(lengths[i].length);
		if (lengths[i].executed > 0) {
			assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
			assert_int_equal(tpmif.len, lengths[i].executed);
			continue;
		}
		assert_int_equal(tpmif_look(&tpmif, page), TPMIF_NOTIFY);
		assert_rc(0x142);
		assert_false(tpmif.busy);
	}
}

static void extra_pages_are_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= UINT8_MAX; n++) {
		submit(get_random, sizeof(get_random), 0);
		page[7] = (uint8_t)n;
		assert_int_equal(tpmif_look(&tpmif, page), TPMIF_NOTIFY);
		assert_int_equal(page[4], TPMIF_IDLE);
		assert_int_equal(length_of(), 0);
		assert_false(tpmif.busy);
	}
}

static void localities_up_to_4_exist(void **state)
{
	(void)state;
	for (unsigned l = 0; l <= UINT8_MAX; l++) {
		submit(get_random, sizeof(get_random), (uint8_t)l);
		if (l <= TPMIF_LOCALITY_MAX) {
			assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
			assert_int_equal(tpmif.locality, l);
			tpmif_answer(&tpmif, page, response, sizeof(response));
		} else {
			assert_int_equal(tpmif_look(&tpmif, page), TPMIF_NOTIFY);
			assert_rc(0x907);
		}
	}
}

static void what_is_rewritten_later_changes_nothing(void **state)
{
	(void)state;
	submit(get_random, sizeof(get_random), 1);
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_EXECUTE);
	memset(page, 0xff, sizeof(page));
	page[4] = TPMIF_SUBMIT;
	assert_int_equal(tpmif_look(&tpmif, page), TPMIF_WAIT);
	assert_int_equal(tpmif.locality, 1);
	assert_int_equal(tpmif.len, sizeof(get_random));
	assert_memory_equal(tpmif.packet, get_random, sizeof(get_random));
	assert_int_equal(tpmif_answer(&tpmif, page, response, sizeof(response)), TPMIF_NOTIFY);
	assert_rc(0);
}

/* As another domain does: length, size field and locality change all the time. */
static void *rewrite(void *over)
{
	volatile uint8_t *shared = page;

	for (unsigned i = 0; i < REWRITES; i++) {
		shared[0] = (uint8_t)(i * 7);
		shared[1] = (uint8_t)(i >> 3 & 0x1f);
		shared[2] = (uint8_t)(i % 5 == 0);
		shared[4] = i % 3 ? TPMIF_SUBMIT : TPMIF_CANCEL;
		shared[5] = (uint8_t)(i % 7);
		shared[7] = (uint8_t)(i % 11 == 0);
		shared[TPMIF_PACKET_AT + 4] = (uint8_t)(i >> 2 & 0x1f);
		shared[TPMIF_PACKET_AT + 5] = (uint8_t)(i * 13);
	}
	__atomic_store_n((bool *)over, true, __ATOMIC_RELAXED);
	return NULL;
}

static size_t size_field(const uint8_t *command)
{
	return (size_t)command[2] << 24 | (size_t)command[3] << 16 | (size_t)command[4] << 8 |
	       command[5];
}

static void a_page_that_is_rewritten_while_it_is_read(void **state)
{
	bool over = false;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, rewrite, &over), 0);
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED) && !tpmif.busy)
		if (tpmif_look(&tpmif, page) == TPMIF_EXECUTE && tpmif.len >= 10 &&
		    tpmif.len <= TPMIF_PACKET_MAX && tpmif.len == size_field(tpmif.packet) &&
		    tpmif.locality <= TPMIF_LOCALITY_MAX)
			tpmif_answer(&tpmif, page, response, sizeof(response));
	pthread_join(writer, NULL);
	assert_false(tpmif.busy); /* no copy was at odds with itself */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_command_and_its_answer, fresh),
	    cmocka_unit_test_setup(states_that_ask_for_nothing, fresh),
	    cmocka_unit_test_setup(while_busy_only_cancel_counts, fresh),
	    cmocka_unit_test_setup(each_command_can_be_cancelled_once, fresh),
	    cmocka_unit_test_setup(cancel_of_nothing_is_complete, fresh),
	    cmocka_unit_test_setup(an_answer_to_nothing_is_not_written, fresh),
	    cmocka_unit_test_setup(an_answer_that_does_not_fit_is_a_failure, fresh),
	    cmocka_unit_test_setup(lengths_that_lie_are_refused, fresh),
	    cmocka_unit_test_setup(extra_pages_are_refused, fresh),
	    cmocka_unit_test_setup(localities_up_to_4_exist, fresh),
	    cmocka_unit_test_setup(what_is_rewritten_later_changes_nothing, fresh),
	    cmocka_unit_test_setup(a_page_that_is_rewritten_while_it_is_read, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
