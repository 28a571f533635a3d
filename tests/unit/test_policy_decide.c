/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decisions: each reason to deny, in the order in which they count, with the
 * rule that is named and the words. JSON stands here with ' for ".
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FLEET                                                                \
	"047b1c707c5343c9c1059ff32bc7b0218bd959508bcf36b2d34c29b290039849ce" \
	"72b6e9fb78f49d3a968e093c5e9a8113da940557ad1d3d51d87cbab57670ddc9"
#define YARD                                                                 \
	"041440eb2691db0e7987b7ea3f001e8537f3b870fbf28c740ae8119d6a4d451e76" \
	"5403359f19eefb50324164e149f5a50ec70377b1a0534ffe7662ecee23a26f74"

static const char source[] =
    "{'version': 1, 'name': 'test', 'signature': 'optional',"
    "'quota': {'vtpms': 2, 'nv_bytes': 65536},"
    "'peers': {'fleet': {'authority': '" FLEET "'}, 'yard': {'authority': '" YARD "'}},"
    "'stakeholders': {"
    " 'maker': {'role': 'device-manufacturer'},"
    " 'owner': {'role': 'device-owner'},"
    " 'work': {'role': 'enterprise'},"
    " 'bank': {'role': 'service-provider'},"
    " 'none': {'role': 'user', 'quota': {'vtpms': 0, 'nv_bytes': 0}}},"
    "'rules': ["
    " {'id': 'owner-all', 'effect': 'allow', 'subject': ['owner'], 'object': ['any'],"
    "  'action': ['create', 'start', 'stop', 'destroy', 'own', 'see']},"
    " {'id': 'self', 'effect': 'allow', 'subject': ['any'], 'object': ['self'],"
    "  'action': ['start', 'stop', 'attest'], 'class': 'discretionary'},"
    " {'id': 'no-attest-b', 'effect': 'deny', 'subject': ['role:enterprise'],"
    "  'object': ['any'], 'action': ['attest']},"
    " {'id': 'no-attest-a', 'effect': 'deny', 'subject': ['work'],"
    "  'object': ['work'], 'action': ['attest', 'see']},"
    " {'id': 'no-mandatory', 'effect': 'deny', 'subject': ['any'],"
    "  'object': ['work'], 'action': ['create'], 'class': 'mandatory'},"
    " {'id': 'admin', 'effect': 'allow', 'subject': ['owner'],"
    "  'object': ['platform', 'any'], 'action': ['platform', 'audit']},"
    " {'id': 'move', 'effect': 'allow', 'subject': ['work'], 'object': ['self'],"
    "  'action': ['migrate-out', 'migrate-in'], 'peer': ['fleet']},"
    " {'id': 'move-bank', 'effect': 'allow', 'subject': ['bank'], 'object': ['self'],"
    "  'action': ['migrate-out'], 'peer': ['any']},"
    " {'id': 'not-to-yard', 'effect': 'deny', 'subject': ['bank'], 'object': ['any'],"
    "  'action': ['migrate-out'], 'peer': ['yard']}],"
    "'conflict_sets': ["
    " {'id': 'wall-b', 'members': ['bank', 'work', 'maker']},"
    " {'id': 'wall-a', 'members': ['bank', 'work']}]}";

static int setup(void **state)
{
	char *text = strdup(source);
	struct policy_diag diag;
	struct policy *p = NULL;

	assert_non_null(text);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	if (policy_parse(text, strlen(text), &p, &diag))
		fail_msg("column %u: %s", diag.column, diag.text);
	free(text);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	policy_free(*state);
	return 0;
}

struct expected {
	struct policy_request q;
	bool allowed;
	const char *rule;
	const char *why;    /* a part of it; NULL: any */
	const char *change; /* a part of it; NULL: empty */
};

static void check(const struct policy *p, const struct expected *x)
{
	struct policy_verdict v;

	memset(&v, 0xa5, sizeof(v));
	policy_decide(p, &x->q, &v);
	if (v.allowed != x->allowed || strcmp(v.rule, x->rule) != 0)
		fail_msg("%s %s %s: %s by %s (%s)", x->q.subject, policy_action_name(x->q.action),
			 x->q.object, v.allowed ? "allowed" : "denied", v.rule, v.why);
	if (x->why && !strstr(v.why, x->why))
		fail_msg("why is \"%s\", not \"%s\"", v.why, x->why);
	if (x->change ? !strstr(v.change, x->change) : v.change[0] != '\0')
		fail_msg("change is \"%s\", not \"%s\"", v.change, x->change);
}

static void check_all(const struct policy *p, const struct expected *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(p, &cases[i]);
}

#define Q(s, a, o, c)                                                            \
	{                                                                        \
		.subject = s, .action = ACTION_##a, .object = o, .vtpm_class = c \
	}
#define D VTPM_DISCRETIONARY
#define M VTPM_MANDATORY

static void test_rules(void **state)
{
	static const struct expected cases[] = {
	    {Q("owner", STOP, "bank", D), true, "owner-all",
	     "rule \"owner-all\" allows \"owner\" the action \"stop\" on discretionary vTPMs of "
	     "\"bank\"",
	     NULL},
	    {Q("bank", STOP, "bank", D), true, "self", NULL, NULL},
	    {Q("bank", STOP, "work", D), false, "default", "no rule allows \"bank\"",
	     "a rule that allows it; \"owner\" may do it now, by rule \"owner-all\""},
	    {Q("owner", MIGRATE_IN, "maker", D), false, "default", NULL, "a rule that allows it"},
	    {Q("bank", START, "bank", M), false, "default", NULL, "\"owner\" may do it now"},
	    {Q("owner", PLATFORM, NULL, 0), true, "admin", "on the platform", NULL},
	    {Q("owner", AUDIT, NULL, 0), true, "admin", NULL, NULL},
	    {Q("owner", AUDIT, "bank", 0), true, "admin", NULL, NULL},
	    {Q("work", PLATFORM, NULL, 0), false, "default", NULL, "\"owner\" may do it now"},
	    {Q("owner", POLICY_READ, NULL, 0), false, "default", NULL, "a rule that allows it"},
	};

	check_all(*state, cases, COUNT(cases));
}

/* Any deny wins, and of several the one with the first id is named. */
static void test_deny_wins(void **state)
{
	static const struct expected cases[] = {
	    {Q("bank", ATTEST, "bank", D), true, "self", NULL, NULL},
	    {Q("work", ATTEST, "work", D), false, "no-attest-a", "rule \"no-attest-a\" denies",
	     "removing or narrowing rule \"no-attest-a\" and 1 more that deny it"},
	    {Q("work", ATTEST, "bank", D), false, "no-attest-b", NULL,
	     "rule \"no-attest-b\", and adding one that allows it"},
	    {Q("work", SEE, "work", D), false, "no-attest-a", NULL, "and adding one"},
	    {Q("owner", CREATE, "work", M), false, "no-mandatory", NULL, "removing"},
	};

	check_all(*state, cases, COUNT(cases));
}

static void test_not_stakeholders(void **state)
{
	static const struct expected cases[] = {
	    {Q(NULL, SEE, "bank", D), false, "default", "the caller is no stakeholder",
	     "uid or gid among its principals"},
	    {Q("thief", SEE, "bank", D), false, "default", "\"thief\" is no stakeholder",
	     "uid or gid among its principals"},
	    {Q("owner", SEE, "thief", D), false, "default", "\"thief\" is no stakeholder",
	     "a policy with such a stakeholder"},
	    {Q("owner", CREATE, NULL, D), false, "default", "not about the platform",
	     "naming the stakeholder"},
	    {Q("owner", PLATFORM, "bank", D), false, "default", "about the platform alone",
	     "on the platform"},
	    {Q("owner", COUNT, "bank", D), false, "default", NULL, ""},
	};

	check_all(*state, cases, COUNT(cases));
}

static void test_mandatory(void **state)
{
	static const struct expected cases[] = {
	    {Q("owner", START, "bank", M), true, "owner-all", NULL, NULL},
	    {Q("owner", STOP, "bank", M), false, "mandatory",
	     "every policy denies \"owner\" the action \"stop\" on mandatory vTPMs of \"bank\"",
	     "nothing on this device"},
	    {Q("owner", DESTROY, "bank", M), false, "mandatory", NULL, "nothing"},
	    {Q("owner", OWN, "bank", M), false, "mandatory", NULL, "nothing"},
	    {Q("bank", STOP, "bank", M), false, "mandatory", NULL, "nothing"},
	    {Q("bank", MIGRATE_OUT, "bank", M), false, "mandatory", NULL, "nothing"},
	    {Q("owner", DESTROY, "bank", D), true, "owner-all", NULL, NULL},
	};

	check_all(*state, cases, COUNT(cases));
}

/* A caller that does not know the class gets the worse answer of the two. */
static void test_unknown_class(void **state)
{
	static const struct expected cases[] = {
	    {Q("owner", STOP, "bank", 0), false, "mandatory", NULL, "nothing"},
	    {Q("bank", START, "bank", 0), false, "default", NULL, "a rule"},
	    {Q("owner", CREATE, "work", 0), false, "no-mandatory", NULL, "removing"},
	    {Q("owner", SEE, "bank", 0), true, "owner-all", NULL, NULL},
	};

	check_all(*state, cases, COUNT(cases));
}

#define CREATE(o, bytes, n, sum)                                                           \
	{                                                                                  \
		.subject = "owner", .action = ACTION_CREATE, .object = o, .vtpm_class = D, \
		.quota = bytes, .owned_vtpms = n, .owned_bytes = sum                       \
	}

static void test_quota(void **state)
{
	static const struct expected cases[] = {
	    {CREATE("bank", 65536, 0, 0), true, "owner-all", NULL, NULL},
	    {CREATE("bank", 32768, 1, 32768), true, "owner-all", NULL, NULL},
	    {CREATE("bank", 32769, 1, 32768), false, "quota",
	     "32768 of the 65536 bytes of its quota left, and 32769 are asked for",
	     "asking for less"},
	    {CREATE("bank", 1, 1, 65537), false, "quota", "\"bank\" has 0 of", "asking for less"},
	    {CREATE("bank", UINT32_MAX, 1, UINT64_MAX), false, "quota", NULL, "nv_bytes"},
	    {CREATE("bank", 16384, 2, 32768), false, "quota", "2 of the 2 vTPMs of its quota",
	     "destroying one of them"},
	    {CREATE("none", 16384, 0, 0), false, "quota", "0 of the 0 vTPMs", "a higher \"vtpms\""},
	    /* Who may not create is not told about quotas. */
	    {{.subject = "bank", .action = ACTION_CREATE, .object = "work", .owned_vtpms = 9},
	     false,
	     "no-mandatory",
	     NULL,
	     "removing"},
	};

	check_all(*state, cases, COUNT(cases));
}

#define MOVE(s, a, to)                                                                       \
	{                                                                                    \
		.subject = s, .action = ACTION_##a, .object = s, .vtpm_class = D, .peer = to \
	}

static void test_migration(void **state)
{
	static const struct expected cases[] = {
	    {MOVE("work", MIGRATE_OUT, "fleet"), true, "move", "with peer \"fleet\"", NULL},
	    {MOVE("work", MIGRATE_OUT, "yard"), false, "default", NULL, "a rule"},
	    {MOVE("work", MIGRATE_OUT, "nowhere"), false, "default", NULL, "a rule"},
	    {MOVE("work", MIGRATE_OUT, NULL), false, "default", NULL, "a rule"},
	    {MOVE("work", MIGRATE_IN, "fleet"), true, "move", NULL, NULL},
	    {MOVE("bank", MIGRATE_OUT, "fleet"), true, "move-bank", NULL, NULL},
	    {MOVE("bank", MIGRATE_OUT, "yard"), false, "not-to-yard", NULL, "removing"},
	    /* Unknown: may be the yard. */
	    {MOVE("bank", MIGRATE_OUT, NULL), false, "not-to-yard", NULL, "removing"},
	    {{.subject = "work",
	      .action = ACTION_MIGRATE_IN,
	      .object = "work",
	      .vtpm_class = D,
	      .peer = "fleet",
	      .quota = 65536,
	      .owned_vtpms = 1,
	      .owned_bytes = 16384},
	     false,
	     "quota",
	     NULL,
	     "asking for less"},
	};

	check_all(*state, cases, COUNT(cases));
}

#define START(o, ...)                                                                     \
	{                                                                                 \
		.subject = "owner", .action = ACTION_START, .object = o, .vtpm_class = D, \
		.running = (const char *const[]){__VA_ARGS__},                            \
		.nrunning = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)   \
	}

static void test_conflicts(void **state)
{
	const struct expected cases[] = {
	    {START("bank", "owner"), true, "owner-all", NULL, NULL},
	    {START("bank", "bank", "owner"), true, "owner-all", NULL, NULL},
	    {START("bank", "owner", "work"), false, "wall-a",
	     "conflict set \"wall-a\": a vTPM of \"work\" runs",
	     "stopping the vTPMs of \"work\" first"},
	    {START("bank", "maker"), false, "wall-b", NULL, "\"maker\" first"},
	    {START("owner", "work", "bank"), true, "owner-all", NULL, NULL},
	    {START("bank", "nobody"), true, "owner-all", NULL, NULL},
	};

	check_all(*state, cases, COUNT(cases));
}

/* Every verdict is whole: nothing is cut off, even with the longest names. */
static void test_long_names(void **state)
{
	static const char id[] = "a23456789-123456789-123456789-123456789-123456789-123456789-123";
	char text[1024];
	struct policy_request q = {.action = ACTION_MIGRATE_OUT, .vtpm_class = D};
	struct policy_verdict v;
	struct policy_diag diag;
	struct policy *p = NULL;

	(void)state;
	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"name\": \"%s\", \"signature\": \"optional\","
		 "\"peers\": {\"%s\": {\"authority\": \"" FLEET "\"}},"
		 "\"stakeholders\": {\"%s\": {\"role\": \"user\"}}, \"rules\": [{\"id\": \"%s\","
		 "\"effect\": \"deny\", \"subject\": [\"%s\"], \"action\": [\"migrate-out\"],"
		 "\"object\": [\"self\"], \"peer\": [\"%s\"]}]}",
		 id, id, id, id, id, id);
	assert_int_equal(policy_parse(text, strlen(text), &p, &diag), ERR_OK);
	q.subject = q.object = q.peer = id;
	policy_decide(p, &q, &v);
	assert_string_equal(v.rule, id);
	assert_string_equal(v.why + strlen(v.why) - 4, "123\"");
	assert_string_equal(v.change + strlen(v.change) - 9, "allows it");
	policy_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_deny_wins),
	    cmocka_unit_test(test_not_stakeholders),
	    cmocka_unit_test(test_mandatory),
	    cmocka_unit_test(test_unknown_class),
	    cmocka_unit_test(test_quota),
	    cmocka_unit_test(test_migration),
	    cmocka_unit_test(test_conflicts),
	    cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
