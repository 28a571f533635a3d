/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/xen/vchan_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_format(void **state)
{
	struct vchan_node n = {.grant = 34, .port = 3, .tag = 0x0b9f01f6565c40c0};
	struct vchan_node most = {UINT32_MAX, UINT32_MAX, UINT64_MAX};
	struct vchan_node got;

	(void)state;
	assert_string_equal(vchan_node_format(&n).s, "34 3 0b9f01f6565c40c0");
	assert_int_equal(vchan_node_parse("34 3 0b9f01f6565c40c0", &got), ERR_OK);
	assert_int_equal(got.grant, 34);
	assert_int_equal(got.port, 3);
	assert_int_equal(got.tag, n.tag);
	assert_int_equal(vchan_node_parse(vchan_node_format(&most).s, &got), ERR_OK);
	assert_int_equal(got.port, UINT32_MAX);
	assert_int_equal(got.tag, UINT64_MAX);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    "34",
	    "34 3",
	    "34 3 ",
	    "34 3 0b9f01f6565c40c",
	    "34 3 0b9f01f6565c40c00",
	    "34 3 0b9f01f6565c40c0 ",
	    "34 3 0B9F01F6565C40C0",
	    "34 3 0x9f01f6565c40c0",
	    " 34 3 0b9f01f6565c40c0",
	    "34  3 0b9f01f6565c40c0",
	    "34\t3 0b9f01f6565c40c0",
	    "+34 3 0b9f01f6565c40c0",
	    "-1 3 0b9f01f6565c40c0",
	    "034 3 0b9f01f6565c40c0",
	    "4294967296 3 0b9f01f6565c40c0",
	    "34 99999999999 0b9f01f6565c40c0",
	};
	struct vchan_node n = {.port = 77};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (vchan_node_parse(texts[i], &n) != ERR_FORMAT)
			fail_msg("accepted: \"%s\"", texts[i]);
	assert_int_equal(n.port, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
