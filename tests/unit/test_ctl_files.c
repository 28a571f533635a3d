/* SPDX-License-Identifier: BSD-3-Clause */
/* Approval and PCR files: what was written reads back; every defect is named. */
#include "tools/ctl/ctl_approval_file.h"
#include "tools/ctl/ctl_pcr_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// cmocka.h needs some of the above
#include <cmocka.h>

#define H  "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define XY "{\"x\":\"" H "\",\"y\":\"" H "\"}"
#define RS "{\"r\":\"" H "\",\"s\":\"" H "\"}"

static const char approval[] =
    "{\"format\":1,\"pcrs\":[0,7,23],\"pcr_digest\":\"" H "\",\"version\":3,"
    "\"hierarchy\":\"owner\",\"authority\":" XY ",\"signature\":" RS "}";
static const char pcrs[] = "{\"format\":1,\"bank\":\"sha256\",\"hierarchy\":\"platform\","
			   "\"values\":{\"0\":\"" H "\",\"23\":\"" H "\"}}";

/* One edit of a good file, and what the diagnosis must mention. */
struct edit {
	const char *find;
	const char *replace;
	const char *says;
};

static char *edited(const char *text, const struct edit *e)
{
	const char *at = strstr(text, e->find);
	char *out;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, e->replace,
			     at + strlen(e->find)) > 0);
	return out;
}

static enum err read_approval(const char *text, size_t len, struct ctl_diag *diag)
{
	struct ctl_approval_file f;

	return ctl_approval_file_parse(text, len, &f, diag);
}

static enum err read_pcrs(const char *text, size_t len, struct ctl_diag *diag)
{
	struct ctl_pcr_file f;

	return ctl_pcr_file_parse(text, len, &f, diag);
}

static void refuses(const char *good, const struct edit *edits, size_t n,
		    enum err (*read)(const char *, size_t, struct ctl_diag *))
{
	struct ctl_diag diag;

	assert_int_equal(read(good, strlen(good), &diag), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		char *text = edited(good, &edits[i]);

		if (read(text, strlen(text), &diag) == ERR_OK)
			fail_msg("accepted: %s", text);
		if (!strstr(diag.text, edits[i].says))
			fail_msg("%s: said '%s'", edits[i].replace, diag.text);
		free(text);
	}
	for (size_t len = 0; len < strlen(good); len++)
		assert_int_equal(read(good, len, &diag), ERR_FORMAT);
}

static void approval_defects(void **state)
{
	static const struct edit edits[] = {
	    {"\"format\":1", "\"format\":2", "format 1"},
	    {"\"format\":1", "\"format\":\"1\"", "type int"},
	    {"\"format\":1", "\"format\":true", "type int"},
	    {"\"format\":1", "\"format\":1,\"format\":1", "twice"},
	    {"\"format\":1", "\"format\":1,\"note\":1", "unknown key \"note\""},
	    {"\"format\":1,", "", "no key \"format\""},
	    {"[0,7,23]", "[]", "at least one"},
	    {"[0,7,23]", "[7,0]", "ascending"},
	    {"[0,7,23]", "[0,0]", "ascending"},
	    {"[0,7,23]", "[24]", "ascending"},
	    {"[0,7,23]", "[-1]", "ascending"},
	    {"[0,7,23]", "[0.5]", "ascending"},
	    {"[0,7,23]", "[99999999999999999999]", "ascending"},
	    {"[0,7,23]", "[null]", "ascending"},
	    {"[0,7,23]", "7", "type array"},
	    {"\"version\":3", "\"version\":-3", "\"version\" must be"},
	    {"\"version\":3", "\"version\":9007199254740992", "\"version\" must be"},
	    {"\"version\":3", "\"version\":3.5", "type int"},
	    {"\"version\":3", "\"version\":null", "type int"},
	    {"\"owner\"", "\"both\"", "platform"},
	    {"\"owner\"", "\"owner\\u0000\"", "backslash"},
	    {"\"pcr_digest\":\"0", "\"pcr_digest\":\"", "32 bytes"},
	    {"\"pcr_digest\":\"0", "\"pcr_digest\":\"00", "32 bytes"},
	    {"\"pcr_digest\":\"0", "\"pcr_digest\":\"g", "32 bytes"},
	    {"{\"x\"", "{\"z\":1,\"x\"", "unknown key \"z\" in \"authority\""},
	    {"{\"r\"", "{\"x\"", "unknown key \"x\" in \"signature\""},
	    {"{\"r\"", "{\"r\":\"" H "\",\"r\"", "twice"},
	    {XY, "[]", "type object"},
	    {XY, "{}", "no key \"x\""},
	    {"{\"format\"", "/**/{\"format\"", "JSON"},
	    {"{\"format\"", "{format", "JSON"},
	    {"{\"format\"", "[{\"format\"", "JSON"},
	    {"\"version\":3,", "\"version\":3,,", "JSON"},
	    {RS "}", RS ",}", "JSON"},
	    {RS "}", RS "}}", "follows"},
	    {RS "}", RS "} {}", "follows"},
	};

	(void)state;
	refuses(approval, edits, sizeof(edits) / sizeof(edits[0]), read_approval);
}

static void pcr_defects(void **state)
{
	static const struct edit edits[] = {
	    {"\"format\":1", "\"format\":0", "format 1"},
	    {"\"sha256\"", "\"sha1\"", "sha256"},
	    {"\"platform\"", "\"null\"", "platform"},
	    {"\"platform\"", "1", "type string"},
	    {"\"23\"", "\"24\"", "not a PCR"},
	    {"\"23\"", "\"023\"", "not a PCR"},
	    {"\"23\"", "\"+3\"", "not a PCR"},
	    {"\"23\"", "\"\"", "not a PCR"},
	    {"\"23\"", "\"0\"", "twice"},
	    {"\"23\":\"00", "\"23\":\"", "32 bytes"},
	    {"\"23\":\"", "\"23\":5,\"22\":\"", "32 bytes"},
	    {"{\"0\":\"" H "\",\"23\":\"" H "\"}", "{}", "at least one"},
	    {"{\"0\":\"" H "\",\"23\":\"" H "\"}", "[]", "type object"},
	};

	(void)state;
	refuses(pcrs, edits, sizeof(edits) / sizeof(edits[0]), read_pcrs);
}

static void syntax_errors_have_a_position(void **state)
{
	static const char text[] = "{\n  \"format\": 1,\n  oops\n}";
	struct ctl_diag diag;

	(void)state;
	assert_int_equal(read_approval(text, strlen(text), &diag), ERR_FORMAT);
	assert_int_equal(diag.line, 3);
	assert_in_range(diag.column, 3, 4);
	assert_int_equal(read_approval("{}\0{}", 5, &diag), ERR_FORMAT);
	assert_int_equal(read_approval("", 0, &diag), ERR_FORMAT);
	assert_int_equal(read_approval("[]", 2, &diag), ERR_FORMAT);
}

static void any_bytes_become_json(void **state)
{
	static const char *const pairs[][2] = {
	    {"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"\xff", "?"},
	    {"a\xc3", "a?"},
	    {"\xc0\x80", "??"},
	    {"\xed\xa0\x80", "???"},
	    {"\xf4\x90\x80\x80", "????"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct json_object *o = ctl_json_new_text(pairs[i][0]);

		assert_string_equal(json_object_get_string(o), pairs[i][1]);
		json_object_put(o);
	}
}

static void approval_round_trip(void **state)
{
	struct ctl_approval_file a, b;
	struct ctl_diag diag;
	char *text;

	(void)state;
	assert_int_equal(ctl_approval_file_parse(approval, strlen(approval), &a, &diag), ERR_OK);
	assert_int_equal(a.approval.pcrs, 1u | 1u << 7 | 1u << 23);
	assert_int_equal(a.approval.version, 3);
	assert_int_equal(a.hierarchy, HIERARCHY_OWNER);
	assert_int_equal(a.approval.sig.s[31], 0xff);
	text = ctl_approval_file_format(&a);
	assert_int_equal(ctl_approval_file_parse(text, strlen(text), &b, &diag), ERR_OK);
	assert_memory_equal(&a.approval.sig, &b.approval.sig, sizeof(a.approval.sig));
	assert_memory_equal(&a.authority, &b.authority, sizeof(a.authority));
	assert_int_equal(b.approval.pcrs, a.approval.pcrs);
	assert_int_equal(b.hierarchy, a.hierarchy);
	free(text);
}

/* The values stand beside the digest that is signed over them: they must be those. */
static void approval_with_values(void **state)
{
	struct ctl_approval_file a, b;
	struct ctl_pcr_file values;
	struct ctl_diag diag;
	char *text, *bad;

	(void)state;
	assert_int_equal(ctl_approval_file_parse(approval, strlen(approval), &a, &diag), ERR_OK);
	assert_false(a.approval.marked);
	assert_int_equal(ctl_pcr_file_parse(pcrs, strlen(pcrs), &values, &diag), ERR_OK);
	a.values = values.pcrs;
	a.approval.pcrs = values.pcrs.mask;
	assert_int_equal(ctl_pcr_file_digest(&a.values, &a.approval.pcr_digest), ERR_OK);
	text = ctl_approval_file_format(&a);
	assert_int_equal(ctl_approval_file_parse(text, strlen(text), &b, &diag), ERR_OK);
	assert_true(b.approval.marked);
	assert_int_equal(b.approval.marks[0], 0x00112233);
	assert_int_equal(b.approval.marks[7], 0);
	assert_int_equal(b.approval.marks[23], 0x00112233);
	bad = edited(text, &(struct edit){"\"23\": \"00", "\"23\": \"01", NULL});
	assert_int_equal(ctl_approval_file_parse(bad, strlen(bad), &b, &diag), ERR_SIGNATURE);
	assert_non_null(strstr(diag.text, "not what was signed"));
	free(bad);
	bad = edited(text, &(struct edit){"\"23\": \"00", "\"22\": \"00", NULL});
	assert_int_equal(ctl_approval_file_parse(bad, strlen(bad), &b, &diag), ERR_SIGNATURE);
	assert_non_null(strstr(diag.text, "not what was signed"));
	free(bad);
	free(text);
}

static void pcr_round_trip(void **state)
{
	/* SHA-256 of the 64 bytes that the two values are, from coreutils. */
	static const uint8_t want[4] = {0x18, 0x54, 0x6d, 0x1e};
	struct ctl_pcr_file a, b;
	struct digest digest;
	struct ctl_diag diag;
	char *text;

	(void)state;
	assert_int_equal(ctl_pcr_file_parse(pcrs, strlen(pcrs), &a, &diag), ERR_OK);
	assert_int_equal(a.pcrs.mask, 1u | 1u << 23);
	assert_int_equal(a.hierarchy, HIERARCHY_PLATFORM);
	text = ctl_pcr_file_format(&a);
	assert_int_equal(ctl_pcr_file_parse(text, strlen(text), &b, &diag), ERR_OK);
	assert_int_equal(b.pcrs.mask, a.pcrs.mask);
	assert_memory_equal(b.pcrs.values, a.pcrs.values, sizeof(a.pcrs.values));
	free(text);
	assert_int_equal(ctl_pcr_file_digest(&a.pcrs, &digest), ERR_OK);
	assert_memory_equal(digest.b, want, sizeof(want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(approval_defects),
	    cmocka_unit_test(pcr_defects),
	    cmocka_unit_test(approval_round_trip),
	    cmocka_unit_test(approval_with_values),
	    cmocka_unit_test(pcr_round_trip),
	    cmocka_unit_test(syntax_errors_have_a_position),
	    cmocka_unit_test(any_bytes_become_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
