/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct admin_vtpm sample(void)
{
	struct admin_vtpm v = {.stakeholder = "a&b<'c'", .path = "/run/x/vtpm/u/tpm"};

	for (size_t i = 0; i < UUID_SIZE; i++)
		v.uuid[i] = (uint8_t)(0xf0 + i);
	return v;
}

static void the_metadata(void **state)
{
	const struct admin_vtpm v = sample();

	(void)state;
	assert_string_equal(domain_metadata(&v, 2).s,
			    "  <vtpm:vtpm xmlns:vtpm='urn:vtpmmgr:libvirt:1' "
			    "uuid='f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff' "
			    "stakeholder='a&amp;b&lt;&#39;c&#39;'/>\n");
}

static void the_device(void **state)
{
	const struct admin_vtpm v = sample();

	(void)state;
	assert_string_equal(
	    domain_tpm(&v, 1).s,
	    " <tpm model='tpm-crb'>\n"
	    "   <backend type='external'>\n"
	    "     <source type='unix' mode='connect' path='/run/x/vtpm/u/tpm.ctrl'/>\n"
	    "   </backend>\n"
	    " </tpm>\n");
}

/* Every character escaped, nothing is cut off. */
static void the_longest(void **state)
{
	struct admin_vtpm v = sample();
	struct domain_xml x;

	(void)state;
	memset(v.stakeholder, '&', NAME_MAX_LEN);
	memset(v.path, '&', sizeof(v.path) - 1);
	x = domain_metadata(&v, 8);
	assert_non_null(strstr(x.s, "&amp;'/>\n"));
	x = domain_tpm(&v, 8);
	assert_non_null(strstr(x.s, "</tpm>\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_metadata),
	    cmocka_unit_test(the_device),
	    cmocka_unit_test(the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
