/* SPDX-License-Identifier: BSD-3-Clause */
/* The registry: names, regions, and a new root taken over. */
#include "vtpmmgr/broker/registry.h"

#include "lib/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE (STORE_REGIONS_AT + 4 * (uint64_t)REGION_SIZE(QUOTA_MIN, SLOTS_STRICT))

/* Records that a root's leaves name, by the first byte of the uuid. */
static struct {
	uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;
} records[256];
static int reads;

static struct leaf make_leaf(uint8_t id, const char *stakeholder, const char *name, uint64_t region)
{
	struct leaf leaf = {.uuid = {id, 1},
			    .state = LEAF_LIVE,
			    .generation = 1,
			    .region = region,
			    .quota = QUOTA_MIN,
			    .slots = SLOTS_STRICT};
	struct record r = {.uuid = {id, 1}, .vtpm_class = VTPM_DISCRETIONARY};
	struct crypt_part part = {records[id].bytes, 0};

	snprintf(r.name, sizeof(r.name), "%s", name);
	snprintf(r.stakeholder, sizeof(r.stakeholder), "%s", stakeholder);
	r.secret.public_len = r.secret.private_len = 1;
	assert_int_equal(
	    record_encode(&r, records[id].bytes, sizeof(records[id].bytes), &records[id].len),
	    ERR_OK);
	part.len = records[id].len;
	leaf.record_len = (uint32_t)part.len;
	assert_int_equal(crypt_sha256(&part, 1, &leaf.record), ERR_OK);
	return leaf;
}

static enum err read_record(void *arg, const struct leaf *leaf, const uint8_t **bytes)
{
	(void)arg;
	reads++;
	*bytes = records[leaf->uuid[0]].bytes;
	return ERR_OK;
}

static struct root *new_root(void)
{
	static struct root root;

	memset(&root, 0, sizeof(root));
	reads = 0;
	return &root;
}

static void apply(struct registry *r, const struct root *root)
{
	assert_int_equal(registry_apply(r, root, read_record, NULL), ERR_OK);
}

static void test_names_are_the_stakeholders(void **state)
{
	struct root *root = new_root();
	struct registry r = {.n = 0};

	(void)state;
	root->leaves[0] = make_leaf(1, "bank", "wallet", STORE_REGIONS_AT);
	root->leaves[1] =
	    make_leaf(2, "user", "wallet", STORE_REGIONS_AT + REGION_SIZE(QUOTA_MIN, SLOTS_STRICT));
	root->nleaves = 2;
	apply(&r, root);
	assert_int_equal(registry_find_name(&r, "bank", "wallet")->leaf.uuid[0], 1);
	assert_int_equal(registry_find_name(&r, "user", "wallet")->leaf.uuid[0], 2);
	assert_null(registry_find_name(&r, "maker", "wallet"));
	assert_null(registry_find_name(&r, "bank", "wall"));
	assert_non_null(registry_find(&r, root->leaves[1].uuid));
	registry_clear(&r);
}

static void test_which_names(void **state)
{
	char longest[NAME_MAX_LEN + 2];

	(void)state;
	assert_true(registry_name_ok("a"));
	assert_true(registry_name_ok("Wallet_2.old-one"));
	assert_false(registry_name_ok(""));
	assert_false(registry_name_ok("-v"));
	assert_false(registry_name_ok(".."));
	assert_false(registry_name_ok("bank/wallet"));
	assert_false(registry_name_ok("a b"));
	assert_false(registry_name_ok("9d5b2a4e-0c1f-4f7e-8d3a-000000000001"));
	memset(longest, 'x', sizeof(longest));
	longest[NAME_MAX_LEN + 1] = '\0';
	assert_false(registry_name_ok(longest));
	longest[NAME_MAX_LEN] = '\0';
	assert_true(registry_name_ok(longest));
}

static void test_root_replaces_root(void **state)
{
	struct root *root = new_root();
	struct registry r = {.n = 0};
	struct vtpm *second;

	(void)state;
	for (uint8_t i = 0; i < 3; i++)
		root->leaves[i] = make_leaf(i, "bank", "x", STORE_REGIONS_AT + i * 4096u);
	root->nleaves = 3;
	apply(&r, root);
	assert_int_equal(reads, 3);
	second = registry_find(&r, root->leaves[1].uuid);
	second->restarts = 7;
	/* The first is destroyed, as the key keeper does it: the last takes its place. */
	root->leaves[0] = root->leaves[2];
	root->leaves[1].version = 5;
	root->nleaves = 2;
	apply(&r, root);
	assert_int_equal(reads, 3);
	assert_int_equal(r.n, 2);
	assert_ptr_equal(registry_find(&r, root->leaves[1].uuid), second);
	assert_int_equal(second->leaf.version, 5);
	assert_int_equal(second->restarts, 7);
	assert_int_equal(r.vtpms[0]->leaf.uuid[0], 2);
	assert_ptr_equal(r.vtpms[1], second);
	registry_clear(&r);
}

static void test_creation_stays_through_a_root(void **state)
{
	struct root *root = new_root();
	struct registry r = {.n = 0};
	struct leaf pending = make_leaf(9, "bank", "new", STORE_REGIONS_AT);
	struct vtpm *v;

	(void)state;
	assert_int_equal(registry_add(&r, &pending, &v), ERR_OK);
	root->leaves[0] = make_leaf(1, "bank", "x", STORE_REGIONS_AT + 1024 * 1024);
	root->nleaves = 1;
	apply(&r, root);
	assert_int_equal(r.n, 2);
	assert_false(registry_find(&r, pending.uuid)->anchored);
	root->leaves[1] = pending;
	root->nleaves = 2;
	apply(&r, root);
	assert_ptr_equal(registry_find(&r, pending.uuid), v);
	assert_true(v->anchored && v->record_ok);
	registry_clear(&r);
}

static void test_false_record_is_no_record(void **state)
{
	struct root *root = new_root();
	struct registry r = {.n = 0};

	(void)state;
	root->leaves[0] = make_leaf(1, "bank", "wallet", STORE_REGIONS_AT);
	root->nleaves = 1;
	records[1].bytes[40] ^= 1;
	apply(&r, root);
	assert_false(r.vtpms[0]->record_ok);
	assert_string_equal(r.vtpms[0]->record.name, "");
	assert_null(registry_find_name(&r, "bank", "wallet"));
	registry_clear(&r);
}

static void place(struct registry *r, uint8_t id, uint64_t region)
{
	struct leaf leaf = make_leaf(id, "bank", "x", region);
	struct vtpm *v;

	assert_int_equal(registry_add(r, &leaf, &v), ERR_OK);
}

static void test_first_fit(void **state)
{
	const uint64_t step = REGION_SIZE(QUOTA_MIN, SLOTS_STRICT);
	struct registry r = {.n = 0};
	struct leaf at = {.quota = QUOTA_MIN, .slots = SLOTS_STRICT};

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		assert_int_equal(registry_allocate(&r, SIZE, &at), ERR_OK);
		assert_int_equal(at.region, STORE_REGIONS_AT + i * step);
		place(&r, i, at.region);
	}
	assert_int_equal(registry_free(&r, SIZE), 0);
	assert_int_equal(registry_allocate(&r, SIZE, &at), ERR_FULL);
	registry_remove(&r, r.vtpms[1]);
	at.quota = QUOTA_MIN + STORE_BLOCK;
	assert_int_equal(registry_allocate(&r, SIZE, &at), ERR_FULL);
	at = (struct leaf){.quota = QUOTA_MIN, .slots = SLOTS_SESSION};
	assert_int_equal(registry_allocate(&r, SIZE, &at), ERR_FULL);
	at.slots = SLOTS_STRICT;
	assert_int_equal(registry_allocate(&r, SIZE, &at), ERR_OK);
	assert_int_equal(at.region, STORE_REGIONS_AT + step);
	registry_clear(&r);
}

static void test_root_must_fit(void **state)
{
	const uint64_t step = REGION_SIZE(QUOTA_MIN, SLOTS_STRICT);
	struct root *root = new_root();

	(void)state;
	root->nleaves = 2;
	root->leaves[0] = make_leaf(0, "bank", "x", STORE_REGIONS_AT + step);
	root->leaves[1] = make_leaf(1, "bank", "y", STORE_REGIONS_AT);
	assert_true(registry_root_fits(root, STORE_REGIONS_AT + 2 * step));
	assert_false(registry_root_fits(root, STORE_REGIONS_AT + 2 * step - 1));
	root->leaves[1].region = STORE_REGIONS_AT - STORE_BLOCK;
	assert_false(registry_root_fits(root, SIZE));
	root->leaves[1].region = UINT64_MAX - STORE_BLOCK + 1;
	assert_false(registry_root_fits(root, SIZE));
}

static void test_sums(void **state)
{
	struct root *root = new_root();
	struct registry r = {.n = 0};
	const char *running[LEAVES_MAX];
	unsigned count;
	uint64_t bytes;

	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		root->leaves[i] =
		    make_leaf(i, i < 3 ? "bank" : "user", "x", STORE_REGIONS_AT + i * 1024u * 1024);
	root->nleaves = 4;
	apply(&r, root);
	registry_owned(&r, "bank", &count, &bytes);
	assert_int_equal(count, 3);
	assert_int_equal(bytes, 3 * QUOTA_MIN);
	r.vtpms[0]->life = LIFE_RUNNING;
	r.vtpms[1]->life = LIFE_FAILED;
	assert_int_equal(registry_running(&r, "user", running), 1);
	assert_string_equal(running[0], "bank");
	assert_int_equal(registry_running(&r, "bank", running), 0);
	registry_clear(&r);
}

static void test_uuid_text(void **state)
{
	uint8_t uuid[UUID_SIZE], back[UUID_SIZE];

	(void)state;
	assert_int_equal(uuid_random(uuid), ERR_OK);
	assert_int_equal(uuid[6] >> 4, 4);
	assert_int_equal(uuid_parse(uuid_format(uuid).s, back), ERR_OK);
	assert_true(uuid_equal(uuid, back));
	assert_int_equal(uuid_parse("", back), ERR_FORMAT);
	assert_int_equal(uuid_parse("9d5b2a4e-0c1f-4f7e-8d3a-00000000000g", back), ERR_FORMAT);
	assert_int_equal(uuid_parse("9d5b2a4e00c1f-4f7e-8d3a-000000000001", back), ERR_FORMAT);
	assert_int_equal(uuid_parse("9D5B2A4E-0C1F-4F7E-8D3A-000000000001", back), ERR_OK);
	assert_int_equal(back[0], 0x9d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_are_the_stakeholders),
	    cmocka_unit_test(test_which_names),
	    cmocka_unit_test(test_root_replaces_root),
	    cmocka_unit_test(test_creation_stays_through_a_root),
	    cmocka_unit_test(test_false_record_is_no_record),
	    cmocka_unit_test(test_first_fit),
	    cmocka_unit_test(test_root_must_fit),
	    cmocka_unit_test(test_sums),
	    cmocka_unit_test(test_uuid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
