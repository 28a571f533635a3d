/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy file: what an accepted one says, and where each kind of broken one
 * is wrong. JSON stands here with ' for ", so that it can be read.
 */
#include "policy/policy.h"

#include "policy/jsondoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Public keys made for this test; nobody kept the private ones. */
#define KEY_A                                                                \
	"047b1c707c5343c9c1059ff32bc7b0218bd959508bcf36b2d34c29b290039849ce" \
	"72b6e9fb78f49d3a968e093c5e9a8113da940557ad1d3d51d87cbab57670ddc9"
#define KEY_B                                                                \
	"041440eb2691db0e7987b7ea3f001e8537f3b870fbf28c740ae8119d6a4d451e76" \
	"5403359f19eefb50324164e149f5a50ec70377b1a0534ffe7662ecee23a26f74"

/* A file with every kind of thing in it; the broken ones are this one with one piece replaced. */
static const char good[] =
    "{\n"
    "  'version': 1,\n"
    "  'name': 'test',\n"
    "  'description': 'd\\u00e9j\\u00e0 vu',\n"
    "  'signature': 'required', 'serial': 12,\n"
    "  'quota': {'vtpms': 1, 'nv_bytes': 65536},\n"
    "  'peers': {'fleet': {'authority': '" KEY_A "'}},\n"
    "  'stakeholders': {\n"
    "    'maker': {'role': 'device-manufacturer'},\n"
    "    'owner': {'role': 'device-owner', 'principals': [{'uid': 0}, {'gid': 7}]},\n"
    "    'bank': {'role': 'service-provider', 'principals': [{'uid': 9}],\n"
    "      'quota': {'vtpms': 3, 'nv_bytes': 200704},\n"
    "      'sealing': {'authority': '" KEY_B "'}}\n"
    "  },\n"
    "  'rules': [\n"
    "    {'id': 'run', 'effect': 'allow', 'subject': ['owner', 'role:user'],\n"
    "     'action': ['create', 'start'], 'object': ['any'], 'class': 'discretionary'},\n"
    "    {'id': 'read', 'effect': 'allow', 'subject': ['any'],\n"
    "     'action': ['policy-read'], 'object': ['platform']},\n"
    "    {'id': 'move', 'effect': 'allow', 'subject': ['bank'],\n"
    "     'action': ['migrate-out'], 'object': ['self'], 'peer': ['fleet']}\n"
    "  ],\n"
    "  'conflict_sets': [{'id': 'wall', 'members': ['bank', 'maker']}]\n"
    "}\n";

static char *quoted(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static struct policy *parse_good(void)
{
	char *text = quoted(good);
	struct policy_diag diag;
	struct policy *p = NULL;

	if (policy_parse(text, strlen(text), &p, &diag))
		fail_msg("%u:%u: %s", diag.line, diag.column, diag.text);
	free(text);
	return p;
}

static void test_facts(void **state)
{
	struct policy *p = parse_good();
	const char *role;

	(void)state;
	assert_string_equal(policy_name(p), "test");
	assert_true(policy_requires_signature(p));
	assert_int_equal(policy_serial(p), 12);
	assert_string_equal(policy_stakeholder_at(p, 0, &role), "maker");
	assert_string_equal(role, "device-manufacturer");
	assert_string_equal(policy_stakeholder_at(p, 2, &role), "bank");
	assert_string_equal(role, "service-provider");
	assert_null(policy_stakeholder_at(p, 3, &role));
	policy_free(p);
}

static void test_quotas(void **state)
{
	struct policy *p = parse_good();
	uint32_t bytes;

	(void)state;
	assert_int_equal(policy_default_quota(p, "maker", &bytes), ERR_OK);
	assert_int_equal(bytes, 65536);
	assert_int_equal(policy_default_quota(p, "bank", &bytes), ERR_OK);
	assert_int_equal(bytes, 65536); /* a third of 200704, down to a whole block */
	assert_int_equal(policy_default_quota(p, "nobody", &bytes), ERR_NOT_FOUND);
	assert_int_equal(policy_reserved_bytes(p),
			 5 * 2 * RECORD_SLOT_SIZE + 2 * (65536 + 65536 + 200704));
	policy_free(p);
}

static void test_authorities(void **state)
{
	struct policy *p = parse_good();
	struct crypt_point key;
	bool own = true;

	(void)state;
	assert_int_equal(policy_sealing(p, "owner", &own, &key), ERR_OK);
	assert_false(own);
	assert_int_equal(policy_sealing(p, "bank", &own, &key), ERR_OK);
	assert_true(own);
	assert_int_equal(key.x[0], 0x14);
	assert_int_equal(key.y[31], 0x74);
	assert_int_equal(policy_sealing(p, "nobody", &own, &key), ERR_NOT_FOUND);
	policy_free(p);
}

static void test_peers(void **state)
{
	static const struct crypt_point fleet = {
	    .x = {0x7b, 0x1c, 0x70, 0x7c, 0x53, 0x43, 0xc9, 0xc1, 0x05, 0x9f, 0xf3,
		  0x2b, 0xc7, 0xb0, 0x21, 0x8b, 0xd9, 0x59, 0x50, 0x8b, 0xcf, 0x36,
		  0xb2, 0xd3, 0x4c, 0x29, 0xb2, 0x90, 0x03, 0x98, 0x49, 0xce},
	    .y = {0x72, 0xb6, 0xe9, 0xfb, 0x78, 0xf4, 0x9d, 0x3a, 0x96, 0x8e, 0x09,
		  0x3c, 0x5e, 0x9a, 0x81, 0x13, 0xda, 0x94, 0x05, 0x57, 0xad, 0x1d,
		  0x3d, 0x51, 0xd8, 0x7c, 0xba, 0xb5, 0x76, 0x70, 0xdd, 0xc9},
	};
	struct policy *p = parse_good();
	struct crypt_point other = fleet;

	(void)state;
	other.y[31] ^= 1;
	assert_string_equal(policy_peer_of(p, &fleet), "fleet");
	assert_null(policy_peer_of(p, &other));
	policy_free(p);
}

static void test_principals(void **state)
{
	static const struct {
		struct policy_principal who;
		const char *stakeholder;
	} cases[] = {
	    {{0, 0}, "owner"}, {{1000, 7}, "owner"}, {{9, 7}, "bank"}, /* the uid speaks over */
	    {{9, 9}, "bank"},  {{7, 9}, NULL},       {{1000, 1000}, NULL},
	};
	struct policy *p = parse_good();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *found = policy_stakeholder_of(p, &cases[i].who);

		if (cases[i].stakeholder)
			assert_string_equal(found, cases[i].stakeholder);
		else
			assert_null(found);
	}
	policy_free(p);
}

static void test_actions_have_names(void **state)
{
	enum policy_action found;

	(void)state;
	for (unsigned a = 0; a < ACTION_COUNT; a++) {
		const char *name = policy_action_name((enum policy_action)a);

		assert_int_equal(policy_action_parse(name, &found), ERR_OK);
		assert_int_equal(found, a);
	}
	assert_int_equal(policy_action_parse("unknown", &found), ERR_ARG);
	assert_int_equal(policy_action_parse(NULL, &found), ERR_ARG);
	assert_string_equal(policy_action_name(ACTION_COUNT), "unknown");
}

/* In `good`, the first `piece` becomes `with`, in which '@' marks the place of the fault. */
struct broken {
	const char *piece;
	const char *with;
	const char *text; /* a part of the diagnosis */
};

static char *break_good(const struct broken *b)
{
	const char *at = strstr(good, b->piece);
	size_t size = sizeof(good) + strlen(b->with);
	char *text = malloc(size), *out;

	assert_non_null(text);
	if (!at)
		fail_msg("no %s in the good file", b->piece);
	snprintf(text, size, "%.*s%s%s", (int)(at - good), good, b->with, at + strlen(b->piece));
	out = quoted(text);
	free(text);
	return out;
}

/* Takes the mark out of text and tells where it stood. */
static struct policy_diag take_mark(char *text)
{
	struct policy_diag at = {.line = 1, .column = 1};
	char *c = text;

	for (; *c != '@'; c++) {
		assert_true(*c != '\0');
		at.column++;
		if (*c == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	memmove(c, c + 1, strlen(c));
	return at;
}

static void check_broken(const struct broken *b)
{
	char *text = break_good(b);
	struct policy_diag at = take_mark(text);
	struct policy_diag diag;
	struct policy *p = NULL;

	if (policy_parse(text, strlen(text), &p, &diag) != ERR_FORMAT)
		fail_msg("accepted: %s", b->with);
	assert_null(p);
	if (diag.line != at.line || diag.column != at.column || !strstr(diag.text, b->text))
		fail_msg("%s: \"%s\" at %u:%u, not \"%s\" at %u:%u", b->with, diag.text, diag.line,
			 diag.column, b->text, at.line, at.column);
	free(text);
}

static void check_all(const struct broken *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_broken(&cases[i]);
}

static void test_broken_json(void **state)
{
	static const struct broken cases[] = {
	    {"{\n", "@\xef\xbb\xbf{\n", "found byte 0xef where a value"},
	    {"{\n  ", "1 @", "where the end of the file"},
	    {"1,", "1 @'x',", "found '\"' where ',' or '}'"},
	    {"1,", "1,@,", "found ',' where a key"},
	    {"1,", "1, @// no\n", "found '/' where a key"},
	    {"1,", "1 @/* no */,", "found '/' where ',' or '}'"},
	    {"1,", "@NaN,", "found 'N' where a value"},
	    {"1,", "@Infinity,", "found 'I' where a value"},
	    {"1,", "-@Infinity,", "found 'I' where a digit"},
	    {"1,", "@+1,", "found '+' where a value"},
	    {"1,", "@01,", "does not begin with 0"},
	    {"1,", "1@.0,", "whole"},
	    {"1,", "1@e0,", "whole"},
	    {"1,", "@True,", "found 'T' where a value"},
	    {"1,", "null@x,", "found 'x' where ',' or '}'"},
	    {"1,", "1, @'version': 1,", "key \"version\" stands here twice"},
	    {"'name'", "@name", "found 'n' where a key in double quotes"},
	    {"'name'", "'na@\\u006de'", "no escapes"},
	    {"'name'", "'na@\xc3\xa4me'", "no escapes"},
	    {"'test'", "'te@\nst'", "found byte 0x0a where the rest of a string"},
	    {"'test'", "'te\\@x'", "found 'x' where an escape"},
	    {"'test'", "'te\\u00@g0'", "found 'g' where a hexadecimal digit"},
	    {"'test'", "@'te\\u0000'", "does not contain NUL"},
	    {"'name': 'test'", "'name' @'test'", "found '\"' where ':'"},
	    {"['create', 'start']", "['create', @]", "found ']' where a value"},
	    {"['create', 'start']", "['create' @'start']", "found '\"' where ',' or ']'"},
	    {"'maker']}]\n}\n", "'maker']}]\n}\n@x", "found 'x' where the end of the file"},
	    {"'maker']}]\n}\n", "'maker']}],@}", "found '}' where a key"},
	    {"'maker']}]\n}\n", "'maker']}]@", "the file ends where ',' or '}'"},
	    {"'maker']}]\n}\n", "'mak@", "the file ends where the rest of a string"},
	    {"[{'id': 'wall'", "[[[[[[[@[1]]]]]]], [{", "nested too deeply"},
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

#define ID_63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static void test_broken_head(void **state)
{
	static const struct broken cases[] = {
	    {"{\n  'version': 1,", "@{", "key \"version\" is missing"},
	    {"1,", "@2,", "version 1 is the only one"},
	    {"1,", "@'1',", "expected a number, found a string"},
	    {"1,", "@-1,", "out of range"},
	    {"1,", "@99999999999999999999999999,", "out of range"},
	    {"1,", "1, @'sealling': 1,", "unknown key \"sealling\""},
	    {"'test'", "@'Test'", "an id is"},
	    {"'test'", "@''", "an id is"},
	    {"'test'", "@'1st'", "an id is"},
	    {"'test'", "@'" ID_63 "4'", "an id is"},
	    {"'test'", "@null", "expected a string, found null"},
	    {"'required'", "@'yes'", "\"required\" or \"optional\""},
	    {"'required'", "@true", "found a boolean"},
	    {"{'vtpms': 1,", "@{", "key \"vtpms\" is missing"},
	    {"{'vtpms': 1,", "{'vtpms': @257,", "0 to 256"},
	    {"65536", "@65537", "not a multiple of 4096"},
	    {"65536", "@12288", "16384 to 131072"},
	    {"65536", "@135168", "16384 to 131072"},
	    {"'fleet': {", "@'any': {", "is a selector"},
	    {"'fleet': {", "@'Fleet': {", "an id is"},
	    {"'fleet': {", "'f': {'authority': '" KEY_A "'}, 'fleet': @{",
	     "peer \"f\" has the same authority"},
	    {"'" KEY_A "'", "@'04'", "not a P-256 public key"},
	    {"'04", "@'02", "not a P-256 public key"},
	    {"'047b", "@'047a", "not a P-256 public key"},
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void test_broken_stakeholders(void **state)
{
	static const struct broken cases[] = {
	    {"'device-owner'", "@'owner'", "unknown role \"owner\""},
	    {"{'role': 'device-owner', ", "@{", "key \"role\" is missing"},
	    {"'maker': {", "@'self': {", "is a selector"},
	    {"'maker': {", "@'role:x': {", "an id is"},
	    {"'bank': {", "@'owner': {", "key \"owner\" stands here twice"},
	    {"[{'uid': 0}", "[{'uid': @4294967295}", "out of range"},
	    {"[{'uid': 0}", "[{@'user': 0}", "unknown key \"user\""},
	    {"[{'uid': 0}", "[@{'uid': 0, 'gid': 0}", "either a \"uid\" or a \"gid\""},
	    {"[{'uid': 0}", "[@{}", "either a \"uid\" or a \"gid\""},
	    {"[{'uid': 0}", "[@0", "expected an object, found a number"},
	    {"[{'uid': 0}", "[{'uid': 0}, @{'uid': 0}", "uid 0 speaks for \"owner\" already"},
	    {"[{'uid': 9}]", "[@{'gid': 7}]", "gid 7 speaks for \"owner\" already"},
	    {"[{'uid': 9}]", "@{'uid': 9}", "expected a list, found an object"},
	    {"'maker': {",
	     "'a': {'role': 'user', 'quota': {'vtpms': 256, 'nv_bytes': 4194304}}, "
	     "@'maker': {",
	     "257 vTPMs"},
	    {"{'authority': '" KEY_B "'}", "@{}", "key \"authority\" is missing"},
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void test_broken_rules(void **state)
{
	static const struct broken cases[] = {
	    {"'effect': 'allow'", "'effect': @'permit'", "\"allow\" or \"deny\""},
	    {"'id': 'read'", "'id': @'run'", "id \"run\" is used twice"},
	    {"'id': 'wall'", "'id': @'run'", "id \"run\" is used twice"},
	    {"'id': 'run'", "'id': @'mandatory'", "built-in"},
	    {"'id': 'run'", "'id': @'quota'", "built-in"},
	    {"'id': 'wall'", "'id': @'default'", "built-in"},
	    {"'role:user'", "@'role:usr'", "unknown role \"usr\""},
	    {"'role:user'", "@'usr'", "no stakeholder \"usr\""},
	    {"'role:user'", "@'self'", "no stakeholder \"self\""},
	    {"'role:user'", "@'us\\u001b[2J\\u00e9'", "no stakeholder \"us?[2J??\""},
	    {"'role:user'", "@'owner'", "\"owner\" stands here twice"},
	    {"['owner', 'role:user']", "@'owner'", "expected a list, found a string"},
	    {"['owner', 'role:user']", "@[]", "too few subjects: at least 1"},
	    {"['owner', 'role:user']", "[@1]", "expected a string, found a number"},
	    {"'start'", "@'launch'", "unknown action \"launch\""},
	    {"'start'", "@'platform'", "applies to the platform"},
	    {"['policy-read']", "['policy-read', @'create']", "applies to a stakeholder's vTPMs"},
	    {"['any'], 'class'", "[@'bnk'], 'class'", "no stakeholder \"bnk\""},
	    {"'discretionary'", "@'both'", "\"mandatory\" or \"discretionary\""},
	    {"['fleet']", "[@'fleat']", "no peer \"fleat\""},
	    {"['migrate-out'], 'object': ['self'], 'peer'",
	     "['migrate-out', 'see'], 'object': ['self'], @'peer'", "migration alone"},
	    {"{'id': 'move'",
	     "@{'id': 'move2', 'effect': 'allow', 'subject': ['bank'], "
	     "'action': ['migrate-in'], 'object': ['self']}, {'id': 'move'",
	     "needs a \"peer\""},
	    {"['self'], 'peer'", "['self'], 'class': @1, 'peer'", "expected a string"},
	    {"['bank', 'maker']", "@['bank']", "too few members: at least 2"},
	    {"['bank', 'maker']", "['bank', @'bank']", "\"bank\" stands here twice"},
	    {"['bank', 'maker']", "['bank', @'any']", "no stakeholder \"any\""},
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

/* What a text cannot hold that C reads as a string. */
static void test_raw_bytes(void **state)
{
	struct policy_diag diag;
	struct policy *p = NULL;
	char big[POLICY_TEXT_MAX + 1];

	(void)state;
	assert_int_equal(policy_parse("", 0, &p, &diag), ERR_FORMAT);
	assert_int_equal(diag.column, 1);
	assert_int_equal(policy_parse(" []", 3, &p, &diag), ERR_FORMAT);
	assert_int_equal(diag.column, 2);
	assert_string_equal(diag.text, "expected an object, found a list");
	assert_int_equal(policy_parse("{\0}", 3, &p, &diag), ERR_FORMAT);
	assert_int_equal(diag.column, 2);
	assert_int_equal(policy_parse("{\"version\": \"\xff\"}", 16, &p, &diag), ERR_FORMAT);
	memset(big, ' ', sizeof(big));
	assert_int_equal(policy_parse(big, sizeof(big), &p, &diag), ERR_FORMAT);
	assert_string_equal(diag.text, "the file is longer than 131072 bytes");
	assert_null(p);
}

/* Any prefix of a good file but the whole one is refused, and nothing is read past its end. */
static void test_truncated(void **state)
{
	char *text = quoted(good);
	size_t len = strlen(text) - 1; /* the last newline may go */
	struct policy_diag diag;
	struct policy *p = NULL;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char *copy = malloc(i + 1);

		assert_non_null(copy);
		memcpy(copy, text, i);
		copy[i] = '}';
		assert_int_equal(policy_parse(copy, i, &p, &diag), ERR_FORMAT);
		free(copy);
	}
	free(text);
}

static char *many(const char *head, const char *item, unsigned n, const char *tail)
{
	size_t size = strlen(head) + n * (strlen(item) + 1) + strlen(tail) + 1, len;
	char *text = malloc(size);

	assert_non_null(text);
	len = (size_t)snprintf(text, size, "%s", head);
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? "," : "", item);
	snprintf(text + len, size - len, "%s", tail);
	return text;
}

static void test_too_many(void **state)
{
	struct policy_diag diag;
	struct policy *p = NULL;
	char *values = many("{\"rules\": [", "0", JSONDOC_VALUES_MAX, "]}");
	char *rules = many("{\"version\": 1, \"name\": \"x\", \"signature\": \"optional\", "
			   "\"stakeholders\": {\"x\": {\"role\": \"user\"}}, \"rules\": [",
			   "{}", POLICY_RULES + 1, "]}");

	(void)state;
	assert_int_equal(policy_parse(values, strlen(values), &p, &diag), ERR_FORMAT);
	assert_string_equal(diag.text, "too many values");
	assert_int_equal(policy_parse(rules, strlen(rules), &p, &diag), ERR_FORMAT);
	assert_string_equal(diag.text, "too many rules: at most 256");
	free(values);
	free(rules);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_quotas),
	    cmocka_unit_test(test_authorities),
	    cmocka_unit_test(test_peers),
	    cmocka_unit_test(test_principals),
	    cmocka_unit_test(test_actions_have_names),
	    cmocka_unit_test(test_broken_json),
	    cmocka_unit_test(test_broken_head),
	    cmocka_unit_test(test_broken_stakeholders),
	    cmocka_unit_test(test_broken_rules),
	    cmocka_unit_test(test_raw_bytes),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
