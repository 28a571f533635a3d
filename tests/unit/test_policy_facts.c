/* SPDX-License-Identifier: BSD-3-Clause */
/* What an accepted policy file says beside its rules. */
#include "tests/unit/policy_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_facts(void **state)
{
	struct policy *p = policy_file_parse(policy_file_good);
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
	struct policy *p = policy_file_parse(policy_file_good);
	uint32_t bytes;

	(void)state;
	assert_int_equal(policy_default_quota(p, "maker", &bytes), ERR_OK);
	assert_int_equal(bytes, 65536);
	assert_int_equal(policy_default_quota(p, "bank", &bytes), ERR_OK);
	assert_int_equal(bytes, 65536); /* a third of 200704, down to a whole block */
	assert_int_equal(policy_default_quota(p, "nobody", &bytes), ERR_NOT_FOUND);
	assert_int_equal(policy_reserved_bytes(p),
			 5 * 2 * RECORD_SLOT_SIZE + 2 * (65536 + 65536) + 3 * 200704);
	policy_free(p);
}

/* The name's terms, else the stakeholder's, else the file's: each as a whole. */
static void test_freshness(void **state)
{
	static const struct {
		const char *stakeholder, *name, *words;
	} cases[] = {
	    {"maker", "app", "strict, 200 commits a day, then stall"},
	    {"bank", "any", "session"},
	    {"bank", "ledger.1", "session"},
	    {"bank", "Ledger.1", "strict"},
	    {"bank", "app", "strict, 9 commits a day, then degrade"},
	};
	struct policy *p = policy_file_parse(policy_file_good);
	struct freshness f;
	const char *id;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(policy_freshness(p, cases[i].stakeholder, cases[i].name, &f),
				 ERR_OK);
		assert_string_equal(freshness_words(&f).s, cases[i].words);
	}
	assert_int_equal(policy_freshness(p, "nobody", "app", &f), ERR_NOT_FOUND);
	assert_true(policy_freshness_at(p, 2, &f));
	assert_string_equal(freshness_words(&f).s, "session");
	assert_false(policy_freshness_at(p, 3, &f));
	assert_string_equal(policy_named_at(p, 1, &id, &f), "app");
	assert_string_equal(id, "bank");
	assert_int_equal(f.commits_per_day, 9);
	assert_null(policy_named_at(p, 2, &id, &f));
	policy_free(p);
}

/* What the good file with one piece replaced reserves in its store. */
static uint64_t reserved_with(const char *piece, const char *with)
{
	const struct broken b = {piece, with, NULL};
	char *text = policy_file_break(&b);
	struct policy *p = policy_file_parse(text);
	uint64_t bytes = policy_reserved_bytes(p);

	policy_free(p);
	free(text);
	return bytes;
}

/* Third slots for all vTPMs that may want one: all of a stakeholder's, or those named. */
static void test_third_slots(void **state)
{
	const uint64_t two = 5 * 2 * RECORD_SLOT_SIZE + 2 * (65536 + 65536 + 200704);

	(void)state;
	assert_int_equal(reserved_with("'session'", "'strict'"), two + QUOTA_MAX);
	assert_int_equal(reserved_with("'freshness': {'class': 'session'},", ""), two + QUOTA_MAX);
	assert_int_equal(
	    reserved_with("'strict', 'commits_per_day': 200, 'at_end': 'stall'", "'session'"),
	    two + 65536 + 65536 + 200704);
	assert_int_equal(reserved_with("'stall'", "'degrade'"), two + 65536 + 65536 + 200704);
}

static void test_authorities(void **state)
{
	struct policy *p = policy_file_parse(policy_file_good);
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
	struct policy *p = policy_file_parse(policy_file_good);
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
	struct policy *p = policy_file_parse(policy_file_good);

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_facts),       cmocka_unit_test(test_quotas),
	    cmocka_unit_test(test_freshness),   cmocka_unit_test(test_third_slots),
	    cmocka_unit_test(test_authorities), cmocka_unit_test(test_peers),
	    cmocka_unit_test(test_principals),  cmocka_unit_test(test_actions_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
