/* SPDX-License-Identifier: BSD-3-Clause */
/* Where each kind of broken policy file is wrong. */
#include "tests/unit/policy_file.h"

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
	char *text = policy_file_break(b);
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

static void test_broken_freshness(void **state)
{
	static const struct broken cases[] = {
	    {"{'class': 'session'}", "@{}", "key \"class\" is missing"},
	    {"{'class': 'session'}", "@'session'", "expected an object, found a string"},
	    {"'session'", "@'weekly'", "expected \"strict\" or \"session\""},
	    {"'session'", "@1", "expected a string, found a number"},
	    {"'session'", "'session', @'budget': 1", "unknown key \"budget\""},
	    {"'session'", "'session', @'at_end': 'stall'", "\"commits_per_day\" is missing"},
	    {"{'class': 'session'", "@{'class': 'session', 'commits_per_day': 5",
	     "key \"at_end\" is missing"},
	    {"'session'", "'session', 'commits_per_day': 5, 'at_end': @'degrade'",
	     "nothing to degrade to"},
	    {"200,", "@0,", "out of range: 1 to 1000000"},
	    {"200,", "@1000001,", "out of range: 1 to 1000000"},
	    {"200,", "@'200',", "expected a number, found a string"},
	    {"200,", "@-200,", "out of range"},
	    {"'stall'", "@'stop'", "expected \"stall\" or \"degrade\""},
	    {"'app': {", "@'.app': {", "a vTPM's name is"},
	    {"'app': {", "@'': {", "a vTPM's name is"},
	    {"'app': {", "@'a/b': {", "a vTPM's name is"},
	    {"'app': {", "@'" ID_63 "4': {", "a vTPM's name is"},
	    {"'app': {", "@'Ledger.1': {", "key \"Ledger.1\" stands here twice"},
	    {"'app': {", "'app': {@'quota': 1, ", "unknown key \"quota\""},
	    {"'app': {", "'none': @{}, 'app': {", "key \"freshness\" is missing"},

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
	char *text = policy_file_quoted(policy_file_good);
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
	    cmocka_unit_test(test_broken_json),         cmocka_unit_test(test_broken_head),
	    cmocka_unit_test(test_broken_stakeholders), cmocka_unit_test(test_broken_freshness),
	    cmocka_unit_test(test_broken_rules),        cmocka_unit_test(test_raw_bytes),
	    cmocka_unit_test(test_truncated),           cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
