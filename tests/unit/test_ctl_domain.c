/* SPDX-License-Identifier: BSD-3-Clause */
/* What vtpmctl puts into a domain is what the hook reads out of it. */
#include "tools/ctl/ctl_domain.h"

#include "tools/client/domain.h"
#include "tools/hook/hook_xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KVM(inside) \
	"<domain type='kvm'><uuid>01010101-0101-0101-0101-010101010101</uuid>" inside "</domain>"
#define EXTERNAL                         \
	"<tpm><backend type='external'>" \
	"<source type='unix' mode='connect' path='/old'/></backend></tpm>"

static struct admin_vtpm sample(void)
{
	struct admin_vtpm v = {.stakeholder = "a&<'b", .path = "/run/x&/tpm"};

	memset(v.uuid, 0x77, UUID_SIZE);
	memset(v.domain, 0x01, UUID_SIZE);
	return v;
}

static enum err edit(const char *xml, char **out)
{
	const struct admin_vtpm v = sample();

	return ctl_domain_edit(xml, &v, out);
}

static void the_hook_finds_it(void **state)
{
	static const char *const xml[] = {
	    KVM(""),
	    KVM("<metadata/><devices/>"),
	    KVM("<metadata><v:vtpm xmlns:v='urn:vtpmmgr:libvirt:1' uuid='x'/>"
		"<v:vtpm xmlns:v='urn:vtpmmgr:libvirt:1' uuid='y'/></metadata>"
		"<devices>" EXTERNAL EXTERNAL "</devices>"),
	};
	const struct admin_vtpm v = sample();
	struct hook_domain d;
	const char *why;
	char *out, *again;

	(void)state;
	for (size_t i = 0; i < sizeof(xml) / sizeof(xml[0]); i++) {
		assert_int_equal(edit(xml[i], &out), ERR_OK);
		assert_int_equal(hook_xml_parse(out, strlen(out), &d, &why), ERR_OK);
		assert_memory_equal(d.vtpm, v.uuid, UUID_SIZE);
		assert_string_equal(d.stakeholder, v.stakeholder);
		assert_int_equal(d.tpms, 1);
		assert_string_equal(d.socket, "/run/x&/tpm.ctrl");
		assert_int_equal(edit(out, &again), ERR_OK);
		assert_string_equal(again, out);
		free(again);
		free(out);
	}
}

/* libxl ignores a <tpm>; what another vTPM of ours has left goes. */
static void xen_has_metadata_alone(void **state)
{
	struct admin_vtpm v = sample();
	struct hook_domain d;
	const char *why;
	char *out;

	(void)state;
	v.guest.kind = GUEST_XEN;
	assert_string_equal(domain_tpm(&v, 0).s, "");
	assert_int_equal(ctl_domain_edit(KVM("<devices>" EXTERNAL "</devices>"), &v, &out), ERR_OK);
	assert_int_equal(hook_xml_parse(out, strlen(out), &d, &why), ERR_OK);
	assert_memory_equal(d.vtpm, v.uuid, UUID_SIZE);
	assert_int_equal(d.tpms, 0);
	free(out);
}

static void what_is_not_ours_stays(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(edit(KVM("<name>a</name><metadata><o:x xmlns:o='urn:o' k='1'/></metadata>"
				  "<devices><disk type='file'/></devices><seclabel/>"),
			      &out),
			 ERR_OK);
	assert_non_null(strstr(out, "<name>a</name>"));
	assert_non_null(strstr(out, "<o:x xmlns:o=\"urn:o\" k=\"1\"/>"));
	assert_non_null(strstr(out, "<disk type=\"file\"/>"));
	assert_non_null(strstr(out, "<seclabel/>"));
	free(out);
}

static void the_model_fits_the_machine(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(edit(KVM("<os><type arch='aarch64'>hvm</type></os>"), &out), ERR_OK);
	assert_non_null(strstr(out, "<tpm model=\"tpm-tis\">"));
	free(out);
	assert_int_equal(edit(KVM("<os><type arch='x86_64'>hvm</type></os>"), &out), ERR_OK);
	assert_non_null(strstr(out, "<tpm model=\"tpm-crb\">"));
	free(out);
}

static void refused(void **state)
{
	char *out = NULL;

	(void)state;
	assert_int_equal(edit("", &out), ERR_FORMAT);
	assert_int_equal(edit("<network/>", &out), ERR_FORMAT);
	assert_int_equal(edit("<domain/>", &out), ERR_ARG);
	assert_int_equal(
	    edit("<domain><uuid>01010101-0101-0101-0101-010101010102</uuid></domain>", &out),
	    ERR_ARG);
	assert_int_equal(
	    edit(KVM("<devices><tpm><backend type='emulator'/></tpm></devices>"), &out),
	    ERR_EXISTS);
	assert_int_equal(edit(KVM("<devices><tpm/></devices>"), &out), ERR_EXISTS);
	assert_null(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_hook_finds_it),
	    cmocka_unit_test(xen_has_metadata_alone),
	    cmocka_unit_test(what_is_not_ours_stays),
	    cmocka_unit_test(the_model_fits_the_machine),
	    cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
