/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/hook/hook_xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NS       "xmlns:v='urn:vtpmmgr:libvirt:1'"
#define VTPM     "11111111-2222-3333-4444-555555555555"
#define DOMAIN   "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define OURS     "<v:vtpm " NS " uuid='" VTPM "' stakeholder='employer'/>"
#define UUID     "<uuid>" DOMAIN "</uuid>"
#define METADATA "<metadata>" OURS "</metadata>"
#define TPM(path)                                        \
	"<tpm model='tpm-crb'><backend type='external'>" \
	"<source type='unix' mode='connect' path='" path "'/></backend></tpm>"
#define KVM(inside) "<domain type='kvm'>" inside "</domain>"

static enum err parse(const char *xml, struct hook_domain *d)
{
	const char *why = NULL;
	char *exact = malloc(strlen(xml) + 1);
	enum err e;

	assert_non_null(exact);
	memcpy(exact, xml, strlen(xml));
	e = hook_xml_parse(exact, strlen(xml), d, &why);
	free(exact);
	assert_true(e != ERR_FORMAT || why);
	return e;
}

static void a_domain(void **state)
{
	static const uint8_t vtpm[UUID_SIZE] = {0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33,
						0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55};
	static const char xml[] =
	    KVM("<name>a</name>" UUID "<metadata><o:other xmlns:o='urn:other'/>" OURS
		"</metadata><devices>" TPM(
		    "/run/x/tpm.ctrl") "</devices>"
				       "<seclabel type='dynamic' model='dac' relabel='yes'/>");
	struct hook_domain d;

	(void)state;
	assert_true(hook_xml_concerns_us(xml, strlen(xml)));
	assert_int_equal(parse(xml, &d), ERR_OK);
	assert_memory_equal(d.vtpm, vtpm, UUID_SIZE);
	assert_int_equal(d.uuid[0], 0xaa);
	assert_string_equal(d.stakeholder, "employer");
	assert_string_equal(d.socket, "/run/x/tpm.ctrl");
	assert_int_equal(d.tpms, 1);
	assert_false(d.xen || d.own_user);
}

static void another_domain(void **state)
{
	struct hook_domain d;

	(void)state;
	assert_int_equal(parse("<domain type='xen'>" UUID METADATA "<seclabel model='dac'>"
			       "<label>+0:+0</label></seclabel></domain>",
			       &d),
			 ERR_OK);
	assert_true(d.xen && d.own_user);
	assert_int_equal(d.tpms, 0);
	assert_string_equal(d.socket, "");
}

static void the_number(void **state)
{
	static const struct {
		const char *xml, *id;
	} rows[] = {
	    {"<domain type='xen'>" UUID METADATA "</domain>", ""},
	    {"<domain type='xen' id='17'>" UUID METADATA "</domain>", "17"},
	    {"<domain type='xen' id='-1'>" UUID METADATA "</domain>", ""},
	    {"<domain type='xen' id='1 2'>" UUID METADATA "</domain>", ""},
	    {"<domain type='xen' id='vtpmmgr'>" UUID METADATA "</domain>", ""},
	    {"<domain type='xen' id='12345678'>" UUID METADATA "</domain>", ""},
	};
	struct hook_domain d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].xml, &d), ERR_OK);
		assert_string_equal(d.id, rows[i].id);
	}
}

/* What our own namespace does not stand in, or only where it means nothing. */
static void not_ours(void **state)
{
	static const char *const xml[] = {
	    KVM(UUID),
	    KVM(UUID "<metadata/>"),
	    KVM(UUID "<description>urn:vtpmmgr:libvirt:1</description>"),
	    KVM(UUID "<metadata><o:x xmlns:o='urn:other'>" OURS "</o:x></metadata>"),
	    KVM(UUID OURS),
	    KVM(UUID "<metadata><v:vtpm xmlns:v='urn:vtpmmgr:libvirt:11' uuid='" VTPM
		     "'/></metadata>"),
	    KVM(UUID "<metadata><vtpm uuid='" VTPM "' stakeholder='employer'/></metadata>"),
	    KVM(UUID "<o:metadata xmlns:o='urn:other'>" OURS "</o:metadata>"),
	};
	struct hook_domain d;

	(void)state;
	assert_false(hook_xml_concerns_us(xml[0], strlen(xml[0])));
	for (size_t i = 0; i < sizeof(xml) / sizeof(xml[0]); i++)
		if (parse(xml[i], &d) != ERR_NOT_FOUND)
			fail_msg("taken for ours: %s", xml[i]);
}

static void refused(void **state)
{
	static const char *const xml[] = {
	    "",
	    "rubbish",
	    KVM(UUID METADATA) "<more/>",
	    "<domain type='kvm'>" UUID METADATA,
	    "<network>" UUID METADATA "</network>",
	    "<o:domain xmlns:o='urn:other'>" UUID METADATA "</o:domain>",
	    KVM(METADATA),
	    KVM("<uuid>" DOMAIN "0</uuid>" METADATA),
	    KVM("<uuid/>" METADATA),
	    KVM(UUID "<metadata>" OURS OURS "</metadata>"),
	    KVM(UUID "<metadata><v:other " NS "/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " stakeholder='employer'/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " uuid='" VTPM "1' stakeholder='e'/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " v:uuid='" VTPM "' stakeholder='e'/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " uuid='" VTPM "'/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " uuid='" VTPM "' stakeholder=''/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " uuid='" VTPM "' stakeholder='a&#10;b'/></metadata>"),
	    KVM(UUID "<metadata><v:vtpm " NS " uuid='" VTPM "' stakeholder='&#xe9;'/></metadata>"),
	    KVM(UUID "<metadata><w:vtpm " NS " uuid='" VTPM "' stakeholder='e'/>" OURS
		     "</metadata>"),
	    KVM(UUID METADATA "&undeclared;"),
	};
	struct hook_domain d;

	(void)state;
	for (size_t i = 0; i < sizeof(xml) / sizeof(xml[0]); i++)
		if (parse(xml[i], &d) != ERR_FORMAT)
			fail_msg("accepted: %s", xml[i]);
}

static void a_stakeholder_that_is_too_long(void **state)
{
	char xml[1024], name[NAME_MAX_LEN + 2] = "";
	struct hook_domain d;

	(void)state;
	memset(name, 'a', NAME_MAX_LEN);
	snprintf(xml, sizeof(xml),
		 KVM(UUID "<metadata><v:vtpm %s uuid='%s' stakeholder='%s'/>"
			  "</metadata>"),
		 NS, VTPM, name);
	assert_int_equal(parse(xml, &d), ERR_OK);
	strcat(name, "a");
	snprintf(xml, sizeof(xml),
		 KVM(UUID "<metadata><v:vtpm %s uuid='%s' stakeholder='%s'/>"
			  "</metadata>"),
		 NS, VTPM, name);
	assert_int_equal(parse(xml, &d), ERR_FORMAT);
}

/* No document type means no entity that grows, and none that is fetched. */
static void entities(void **state)
{
	static const char *const types[] = {
	    "<!DOCTYPE domain>",
	    "<!DOCTYPE domain SYSTEM 'file:///etc/passwd'>",
	    "<!DOCTYPE domain SYSTEM 'http://127.0.0.1/x.dtd'>",
	    "<!DOCTYPE domain [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
	    "<!DOCTYPE domain [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
	    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>"
	    "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;'>]>",
	    "<!DOCTYPE domain [<!ATTLIST domain type CDATA 'xen'>]>",
	};
	static const char domain[] = KVM(UUID METADATA "<name>&f;</name>");
	static const char plain[] = KVM(UUID METADATA "<name>&lt;</name>");
	struct hook_domain d;
	char xml[2048];

	(void)state;
	assert_int_equal(parse(plain, &d), ERR_OK);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(xml, sizeof(xml), "%s%s", types[i], domain);
		assert_int_equal(parse(xml, &d), ERR_FORMAT);
		snprintf(xml, sizeof(xml), "%s%s", types[i], plain);
		assert_int_equal(parse(xml, &d), ERR_FORMAT);
	}
}

/* head, n times middle, tail; the caller frees it. */
static char *repeated(const char *head, const char *middle, size_t n, const char *tail)
{
	size_t len = strlen(head), step = strlen(middle);
	char *xml = malloc(len + n * step + strlen(tail) + 1);

	assert_non_null(xml);
	memcpy(xml, head, len);
	for (size_t i = 0; i < n; i++, len += step)
		memcpy(xml + len, middle, step);
	strcpy(xml + len, tail);
	return xml;
}

static void deep_and_wide(void **state)
{
	char *deep = repeated("<domain type='kvm'>" UUID METADATA, "<a>", 100000, "");
	char *wide = repeated("<domain type='kvm'>" UUID METADATA "<devices>", TPM("/x"), 10000,
			      "</devices></domain>");
	char *huge = repeated("<domain type='kvm'>" UUID METADATA, " ", HOOK_XML_MAX, "</domain>");
	struct hook_domain d;

	(void)state;
	assert_int_equal(parse(deep, &d), ERR_FORMAT);
	assert_int_equal(parse(huge, &d), ERR_FORMAT);
	assert_int_equal(parse(wide, &d), ERR_OK);
	assert_int_equal(d.tpms, 10000);
	free(deep);
	free(wide);
	free(huge);
}

static void other_tpms(void **state)
{
	static const char *const tpms[] = {
	    "<tpm><backend type='emulator'/></tpm>",
	    "<tpm/>",
	    "<tpm><backend type='external'/></tpm>",
	    "<tpm><backend type='external'><source type='unix' mode='bind' "
	    "path='/x'/></backend></tpm>",
	    "<tpm><backend type='external'><source type='tcp' mode='connect' "
	    "path='/x'/></backend></tpm>",
	    "<tpm><backend type='emulator'><source type='unix' mode='connect' "
	    "path='/x'/></backend></tpm>",
	    TPM("/x") "<tpm/>",
	};
	struct hook_domain d;
	char xml[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(tpms) / sizeof(tpms[0]); i++) {
		snprintf(xml, sizeof(xml), KVM(UUID METADATA "<devices>%s</devices>"), tpms[i]);
		assert_int_equal(parse(xml, &d), ERR_OK);
		assert_true(d.tpms > 0);
		assert_string_equal(d.socket, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_domain),   cmocka_unit_test(another_domain),
	    cmocka_unit_test(the_number), cmocka_unit_test(not_ours),
	    cmocka_unit_test(refused),    cmocka_unit_test(a_stakeholder_that_is_too_long),
	    cmocka_unit_test(entities),   cmocka_unit_test(deep_and_wide),
	    cmocka_unit_test(other_tpms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
