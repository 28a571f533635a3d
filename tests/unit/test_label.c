/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_labels(void **state)
{
	struct label_id id;
	struct label label;

	(void)state;
	assert_int_equal(label_id("car-maker", &id), ERR_OK);
	assert_string_equal(id.s, "car_maker");
	assert_int_equal(label_guest("car-maker", &label), ERR_OK);
	assert_string_equal(label.s, "system_u:system_r:guest_car_maker_t");
	assert_int_equal(label_vtpm("b4", &label), ERR_OK);
	assert_string_equal(label.s, "system_u:system_r:vtpm_b4_t");
}

static void test_longest(void **state)
{
	char id[LABEL_ID_MAX + 2] = "";
	struct label label;

	(void)state;
	memset(id, 'x', LABEL_ID_MAX);
	assert_int_equal(label_guest(id, &label), ERR_OK);
	assert_int_equal(strlen(label.s), strlen("system_u:system_r:guest__t") + LABEL_ID_MAX);
	assert_string_equal(label.s + strlen(label.s) - 3, "x_t");
	id[LABEL_ID_MAX] = 'x';
	assert_int_equal(label_guest(id, &label), ERR_FORMAT);
}

/* What could end a label, or share one with another id. */
static void test_refused(void **state)
{
	static const char *const bad[] = {"",    "a_b", "A",        "a:b", "a b", "a\n",
					  "a.b", "a;",  "\xc3\xa4", "a{",  "a*"};
	struct label label = {"untouched"};
	struct label_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(label_id(bad[i], &id), ERR_FORMAT);
		assert_int_equal(label_guest(bad[i], &label), ERR_FORMAT);
		assert_int_equal(label_vtpm(bad[i], &label), ERR_FORMAT);
		assert_string_equal(label.s, "untouched");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
