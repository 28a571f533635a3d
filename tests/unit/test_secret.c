/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/secret.h"

#include "lib/ossl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEAP 4096

static int without_heap(void **state)
{
	struct secret *s = NULL;

	(void)state;
	assert_int_equal(secret_new(32, &s), ERR_STATE);
	assert_null(s);
	return secret_init(HEAP);
}

static void test_init_once(void **state)
{
	(void)state;
	assert_int_equal(secret_init(HEAP), ERR_STATE);
}

static void test_new(void **state)
{
	static const uint8_t zero[SECRET_MAX];
	__attribute__((cleanup(secret_cleanup))) struct secret *s = NULL;

	(void)state;
	assert_int_equal(secret_new(0, &s), ERR_ARG);
	assert_int_equal(secret_new(SECRET_MAX + 1, &s), ERR_ARG);
	assert_null(s);
	assert_int_equal(secret_new(SECRET_MAX, &s), ERR_OK);
	assert_int_equal(secret_len(s), SECRET_MAX);
	assert_memory_equal(secret_view(s), zero, SECRET_MAX);
	assert_true(CRYPTO_secure_allocated(s));
}

static void test_equal(void **state)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *a = NULL;
	__attribute__((cleanup(secret_cleanup))) struct secret *b = NULL;
	__attribute__((cleanup(secret_cleanup))) struct secret *shorter = NULL;

	(void)state;
	assert_int_equal(secret_random(32, &a), ERR_OK);
	assert_int_equal(secret_random(32, &b), ERR_OK);
	assert_int_equal(secret_new(31, &shorter), ERR_OK);
	assert_false(secret_equal(a, b));
	memcpy(secret_bytes(b), secret_view(a), 32);
	assert_true(secret_equal(a, b));
	memcpy(secret_bytes(shorter), secret_view(a), 31);
	assert_false(secret_equal(a, shorter));
}

/* The heap's memory is ours to read after the free: that is the point. */
static void test_freed_is_wiped(void **state)
{
	const volatile uint8_t *bytes;
	struct secret *s;

	(void)state;
	assert_int_equal(secret_new(64, &s), ERR_OK);
	memset(secret_bytes(s), 0xa5, 64);
	bytes = secret_view(s);
	secret_free(s);
	/* The allocator keeps its list in the first bytes of a free block. */
	for (size_t i = 16; i < 64; i++)
		assert_int_not_equal(bytes[i], 0xa5);
	secret_free(NULL);
}

static void test_exhausted(void **state)
{
	struct secret *all[HEAP / 32] = {NULL};
	enum err e = ERR_OK;
	size_t n = 0;

	(void)state;
	while (!e && n < HEAP / 32)
		e = secret_new(SECRET_MAX, &all[n++]);
	assert_int_equal(e, ERR_NO_MEMORY);
	while (n > 0)
		secret_free(all[--n]);
	assert_int_equal(secret_new(SECRET_MAX, &all[0]), ERR_OK);
	secret_free(all[0]);
}

static void test_wipe(void **state)
{
	uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	secret_wipe(bytes, 7);
	assert_memory_equal(bytes, "\0\0\0\0\0\0\0\x08", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_init_once), cmocka_unit_test(test_new),
	    cmocka_unit_test(test_equal),     cmocka_unit_test(test_freed_is_wiped),
	    cmocka_unit_test(test_exhausted), cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, without_heap, NULL);
}
