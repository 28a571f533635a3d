/* SPDX-License-Identifier: BSD-3-Clause */
/* rbuf and wbuf: what one writes, the other reads; what does not fit is refused. */
#include "lib/rbuf.h"
#include "lib/wbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_round_trip(void **state)
{
	uint8_t bytes[64];
	const uint8_t *view;
	struct wbuf w;
	struct rbuf r;
	char text[8];
	size_t len;

	(void)state;
	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_u8(&w, 0x12);
	wbuf_u16(&w, 0x3456);
	wbuf_u32(&w, 0x789abcde);
	wbuf_u64(&w, 0x0102030405060708);
	wbuf_u8(&w, 1);
	wbuf_blob(&w, "blob", 4);
	wbuf_str(&w, "text");
	wbuf_bytes(&w, "xyz", 3);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_int_equal(len, 1 + 2 + 4 + 8 + 1 + 4 + 4 + 2 + 4 + 3);

	rbuf_init(&r, bytes, len);
	assert_int_equal(rbuf_u8(&r), 0x12);
	assert_int_equal(rbuf_u16(&r), 0x3456);
	assert_int_equal(rbuf_u32(&r), 0x789abcde);
	assert_true(rbuf_u64(&r) == 0x0102030405060708);
	assert_true(rbuf_bool(&r));
	assert_int_equal(rbuf_blob(&r, 4, &view), 4);
	assert_memory_equal(view, "blob", 4);
	rbuf_str(&r, text, sizeof(text));
	assert_string_equal(text, "text");
	assert_int_equal(rbuf_left(&r), 3);
	assert_int_equal(rbuf_end(&r), ERR_FORMAT);
	rbuf_copy(&r, text, 3);
	assert_memory_equal(text, "xyz", 3);
	assert_int_equal(rbuf_end(&r), ERR_OK);
}

static void test_big_endian(void **state)
{
	static const uint8_t expected[] = {0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3};
	uint8_t bytes[sizeof(expected)];
	struct wbuf w;
	size_t len;

	(void)state;
	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_u16(&w, 1);
	wbuf_u32(&w, 2);
	wbuf_u64(&w, 3);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_memory_equal(bytes, expected, sizeof(expected));
}

static void test_read_past_end(void **state)
{
	uint8_t two[2] = {1, 2};
	uint8_t out[4] = {9, 9, 9, 9};
	struct rbuf r;

	(void)state;
	rbuf_init(&r, two, sizeof(two));
	assert_int_equal(rbuf_u32(&r), 0);
	assert_int_equal(rbuf_u8(&r), 0); /* bad stays bad, though two bytes are there */
	assert_null(rbuf_view(&r, 1));
	assert_int_equal(rbuf_left(&r), 0);
	rbuf_copy(&r, out, sizeof(out));
	assert_memory_equal(out, "\0\0\0\0", 4);
	assert_int_equal(rbuf_end(&r), ERR_FORMAT);
}

static void test_blob_bounds(void **state)
{
	uint8_t over[] = {0, 0, 0, 3, 'a', 'b', 'c'};
	uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 'a'};
	const uint8_t *view = NULL;
	struct rbuf r;

	(void)state;
	rbuf_init(&r, over, sizeof(over));
	assert_int_equal(rbuf_blob(&r, 2, &view), 0);
	assert_int_equal(rbuf_end(&r), ERR_FORMAT);
	rbuf_init(&r, huge, sizeof(huge));
	assert_int_equal(rbuf_blob(&r, SIZE_MAX, &view), 0);
	assert_int_equal(rbuf_end(&r), ERR_FORMAT);
}

static void refuse_str(const char *bytes, size_t len, size_t cap)
{
	char out[16] = "before";
	struct rbuf r;

	rbuf_init(&r, bytes, len);
	rbuf_str(&r, out, cap);
	assert_int_equal(rbuf_end(&r), ERR_FORMAT);
	assert_int_equal(out[0], '\0');
}

static void test_str_refused(void **state)
{
	(void)state;
	refuse_str("\0\4abcd", 6, 4);  /* no room for the terminator */
	refuse_str("\0\3a\nc", 5, 16); /* not printable */
	refuse_str("\0\3a\0c", 5, 16); /* NUL inside */
	refuse_str("\0\3a\xc3\xa4", 5, 16);
	refuse_str("\0\3ab", 4, 16); /* truncated */
	refuse_str("\0", 1, 16);
}

static void test_str_fits_exactly(void **state)
{
	char out[4];
	struct rbuf r;

	(void)state;
	rbuf_init(&r, "\0\3abc\0\0", 7);
	rbuf_str(&r, out, sizeof(out));
	assert_string_equal(out, "abc");
	rbuf_str(&r, out, sizeof(out));
	assert_string_equal(out, "");
	assert_int_equal(rbuf_end(&r), ERR_OK);
}

static void test_bool_is_strict(void **state)
{
	struct rbuf r;

	(void)state;
	rbuf_init(&r, "\2", 1);
	assert_false(rbuf_bool(&r));
	assert_int_equal(rbuf_end(&r), ERR_FORMAT);
}

static void test_write_past_end(void **state)
{
	uint8_t bytes[4] = {0xee, 0xee, 0xee, 0xee};
	struct wbuf w;
	size_t len = 77;

	(void)state;
	wbuf_init(&w, bytes, 3);
	wbuf_u32(&w, 1);
	wbuf_u8(&w, 1);
	assert_int_equal(wbuf_end(&w, &len), ERR_TOO_BIG);
	assert_int_equal(len, 77);
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0xee);
}

static void test_empty(void **state)
{
	struct rbuf r;
	struct wbuf w;
	size_t len;

	(void)state;
	rbuf_init(&r, NULL, 0);
	rbuf_copy(&r, NULL, 0);
	assert_int_equal(rbuf_end(&r), ERR_OK);
	wbuf_init(&w, NULL, 0);
	wbuf_bytes(&w, NULL, 0);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_int_equal(len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_big_endian),
	    cmocka_unit_test(test_read_past_end),  cmocka_unit_test(test_blob_bounds),
	    cmocka_unit_test(test_str_refused),    cmocka_unit_test(test_str_fits_exactly),
	    cmocka_unit_test(test_bool_is_strict), cmocka_unit_test(test_write_past_end),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
