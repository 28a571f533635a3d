/* SPDX-License-Identifier: BSD-3-Clause */
/* What is signed for a recovery, and the files that carry it. */
#include "tests/codecs/samples.h"
#include "tools/ctl/ctl_recovery_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// cmocka.h needs some of the above
#include <cmocka.h>

/* Computed by hand (Python's hashlib) from doc/STATE-FORMAT; it never changes. */
#define DIGEST "278d52ae1a4a77a6b6f064841240def0d9a26c6d21467676314064ce4d6b0977"

static struct recovery sample(void)
{
	struct recovery r;

	sample_recovery(&r);
	return r;
}

static void every_part_is_signed(void **state)
{
	struct recovery r = sample();
	struct digest d, other;
	char hex[65] = "";

	(void)state;
	assert_int_equal(recovery_digest(&r, &d), ERR_OK);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", d.b[i]);
	assert_string_equal(hex, DIGEST);
	for (size_t i = 0; i < sizeof(r); i++) {
		struct recovery changed = sample();

		((uint8_t *)&changed)[i] ^= 1;
		assert_int_equal(recovery_digest(&changed, &other), ERR_OK);
		assert_false(digest_equal(&d, &other));
	}
}

/* A request with two roots, as the manager would tell it. */
static void fill(struct admin_inspected *in, uint8_t bytes[2][STORE_ROOT_SIZE])
{
	static struct root r;
	size_t len;

	memset(in, 0, sizeof(*in));
	sample_root(&r);
	in->finding = FOUND_ROLLBACK;
	memcpy(in->store, r.store, UUID_SIZE);
	codec_pattern(&in->anchor, DIGEST_SIZE, 0x20);
	for (size_t i = 0; i < 2; i++) {
		r.seq++;
		assert_int_equal(root_encode(&r, bytes[i], STORE_ROOT_SIZE, &len), ERR_OK);
		in->roots[i].bytes = bytes[i];
		in->roots[i].len = (uint32_t)len;
		in->roots[i].was_current = i == 0;
		in->roots[i].policy_ok = true;
		in->roots[i].nvtpms = r.nleaves;
		for (size_t v = 0; v < r.nleaves; v++)
			in->roots[i].vtpms[v] =
			    (struct admin_root_vtpm){"sim", "operator", true, i == 0};
	}
}

static struct ctl_recovery_request *request(void)
{
	static uint8_t bytes[2][STORE_ROOT_SIZE];
	static struct admin_inspected in;
	struct ctl_recovery_request *q = calloc(1, sizeof(*q));

	assert_non_null(q);
	fill(&in, bytes);
	assert_int_equal(ctl_recovery_request_of(&in, q), ERR_OK);
	return q;
}

static void a_request_reads_back(void **state)
{
	struct ctl_recovery_request *q = request(), *again = calloc(1, sizeof(*again));
	struct ctl_diag diag;
	char *text = ctl_recovery_request_format(q);

	(void)state;
	assert_int_equal(ctl_recovery_request_parse(text, strlen(text), again, &diag), ERR_OK);
	assert_int_equal(again->nroots, 2);
	for (size_t i = 0; i < 2; i++) {
		struct ctl_recovery_root *a = &q->roots[i], *b = &again->roots[i];

		assert_true(digest_equal(&a->digest, &b->digest));
		assert_int_equal(a->root.seq, b->root.seq);
		assert_int_equal(a->facts.was_current, b->facts.was_current);
		assert_memory_equal(a->facts.vtpms, b->facts.vtpms, sizeof(a->facts.vtpms));
	}
	for (size_t len = 0; len + 1 < strlen(text); len += 7)
		assert_int_equal(ctl_recovery_request_parse(text, len, again, &diag), ERR_FORMAT);
	free(text);
	free(again);
	free(q);
}

static void another_stores_root_is_none(void **state)
{
	static uint8_t bytes[2][STORE_ROOT_SIZE];
	static struct admin_inspected in;
	struct ctl_recovery_request *q = request();

	(void)state;
	fill(&in, bytes);
	in.store[3] ^= 1;
	assert_int_equal(ctl_recovery_request_of(&in, q), ERR_FORMAT);
	fill(&in, bytes);
	in.roots[1].nvtpms--;
	assert_int_equal(ctl_recovery_request_of(&in, q), ERR_FORMAT);
	fill(&in, bytes);
	in.roots[0].len = in.roots[1].len = 0;
	assert_int_equal(ctl_recovery_request_of(&in, q), ERR_FORMAT);
	free(q);
}

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

static void request_defects(void **state)
{
	static const struct edit edits[] = {
	    {"\"format\": 1", "\"format\": 2", "format 1"},
	    {"\"found\": \"rollback\"", "\"found\": \"nothing\"", "\"found\""},
	    {"\"found\"", "\"note\"", "unknown key"},
	    {"\"store\": \"", "\"store\": \"00", "16 bytes"},
	    {"\"store\": \"", "\"store\": \"00\", \"store\": \"", "twice"},
	    {"\"anchor\": \"", "\"anchor\": \"zz", "32 bytes"},
	    {"\"bytes\": \"", "\"bytes\": \"5", "hexadecimal"},
	    {"\"bytes\": \"", "\"bytes\": \"00", "no root record"},
	    {"\"was_current\": true", "\"was_current\": 1", "type boolean"},
	    {"\"name\": \"sim\"", "\"name\": 5", "type string"},
	    {"\"name\": \"sim\"", "\"name\": \"\xc3\xbc\"", "printable"},
	    {"\"name\": \"sim\"",
	     "\"name\": \"0123456789012345678901234567890123456789012345678901234567890123\"",
	     "more than 63"},
	    {"\"state_ok\"", "\"state\"", "unknown key"},
	    {"\"vtpms\": [", "\"vtpms\": [5, ", "objects"},
	    {"\"roots\": [", "\"roots\": [5, 5, ", "one or two"},
	    {"\"roots\": [", "\"roots\": [], \"more\": [", "unknown key"},
	};
	struct ctl_recovery_request *q = request();
	char *good = ctl_recovery_request_format(q);
	struct ctl_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		char *text = edited(good, &edits[i]);

		if (ctl_recovery_request_parse(text, strlen(text), q, &diag) == ERR_OK)
			fail_msg("accepted: %s", edits[i].replace);
		if (!strstr(diag.text, edits[i].says))
			fail_msg("%s: said '%s'", edits[i].replace, diag.text);
		free(text);
	}
	free(good);
	free(q);
}

static void an_approval(void **state)
{
	static const struct edit edits[] = {
	    {"\"format\": 1", "\"format\": 2", "format 1"},
	    {"\"root\"", "\"roots\"", "unknown key"},
	    {"\"anchor\": \"", "\"anchor\": \"0", "32 bytes"},
	    {"\"authority\": {", "\"authority\": {\"z\": 1, ", "unknown key"},
	    {"\"s\": \"", "\"s\": \"g", "32 bytes"},
	};
	struct ctl_recovery_approval a = {.recovery = sample()}, again;
	struct ctl_diag diag;
	char *good;

	(void)state;
	codec_pattern(&a.authority, sizeof(a.authority), 0x50);
	codec_pattern(&a.sig, sizeof(a.sig), 0x60);
	good = ctl_recovery_approval_format(&a);
	assert_int_equal(ctl_recovery_approval_parse(good, strlen(good), &again, &diag), ERR_OK);
	assert_memory_equal(&a, &again, sizeof(a));
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		char *text = edited(good, &edits[i]);

		if (ctl_recovery_approval_parse(text, strlen(text), &again, &diag) == ERR_OK)
			fail_msg("accepted: %s", edits[i].replace);
		if (!strstr(diag.text, edits[i].says))
			fail_msg("%s: said '%s'", edits[i].replace, diag.text);
		free(text);
	}
	free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_part_is_signed),
	    cmocka_unit_test(a_request_reads_back),
	    cmocka_unit_test(another_stores_root_is_none),
	    cmocka_unit_test(request_defects),
	    cmocka_unit_test(an_approval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
