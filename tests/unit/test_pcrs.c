/* SPDX-License-Identifier: BSD-3-Clause */
/* Which PCRs differ from what was approved, in words: the nearest approval's. */
#include "lib/pcrs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
// cmocka.h needs some of the above
#include <cmocka.h>

static void words(void **state)
{
	static const struct {
		uint32_t mask;
		const char *text;
	} samples[] = {
	    {0, ""},
	    {1, "PCR 0 differs"},
	    {1u << 23, "PCR 23 differs"},
	    {0x300, "PCRs 8, 9 differ"},
	    {0xffffff, "PCRs 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, "
		       "20, 21, 22, 23 differ"},
	};
	char text[PCRS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		pcrs_text(samples[i].mask, text);
		assert_string_equal(text, samples[i].text);
	}
}

/* An approval of PCRs 0, 8 and 9 as they are in values. */
static void approve(struct authority *au, const struct digest *values, uint64_t version)
{
	struct approval *a = &au->approvals[au->napprovals++];

	*a = (struct approval){.pcrs = 0x301, .version = version};
	pcrs_mark(a, values);
}

static void the_nearest_is_named(void **state)
{
	struct digest now[PCRS_MAX] = {{{1}}}, then[PCRS_MAX];
	struct authority au = {0};

	(void)state;
	assert_int_equal(pcrs_differing(&au, 0, now), 0);
	memcpy(then, now, sizeof(then));
	then[0].b[3] = 1;
	then[8].b[0] = 1;
	then[7].b[0] = 1;
	approve(&au, then, 2);
	assert_int_equal(pcrs_differing(&au, 0, now), 0x101);
	assert_int_equal(pcrs_differing(&au, 0, then), 0);
	then[0] = now[0];
	approve(&au, then, 2);
	assert_int_equal(pcrs_differing(&au, 0, now), 0x100);
	then[8] = now[8];
	then[9].b[0] = 1;
	approve(&au, then, 2);
	assert_int_equal(pcrs_differing(&au, 0, now), 0x200);
	then[9] = now[9];
	approve(&au, then, 1);
	assert_int_equal(pcrs_differing(&au, 1, now), 0);
	assert_int_equal(pcrs_differing(&au, 2, now), 0x200);
}

/* An approval that was signed without them says nothing, not that all is well. */
static void without_marks(void **state)
{
	struct digest now[PCRS_MAX] = {{{1}}};
	struct authority au = {.napprovals = 1, .approvals = {{.pcrs = 1, .version = 1}}};

	(void)state;
	assert_int_equal(pcrs_differing(&au, 0, now), 0);
	approve(&au, now, 1);
	now[8].b[0] = 7;
	assert_int_equal(pcrs_differing(&au, 0, now), 0x100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words),
	    cmocka_unit_test(the_nearest_is_named),
	    cmocka_unit_test(without_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
