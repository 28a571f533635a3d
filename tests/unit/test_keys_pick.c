/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_pick.h"

#include "vtpmmgr/keys/keys_derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t store[UUID_SIZE] = {1}, other_store[UUID_SIZE] = {2};

/* Two copies of each, as a broker shows them. */
struct disk {
	uint8_t header[2][STORE_HEADER_SIZE];
	uint8_t root[2][STORE_ROOT_SIZE];
	struct keys_open q;
};

static struct disk *disk_new(void)
{
	struct disk *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	for (int i = 0; i < 2; i++) {
		d->q.header[i] = d->header[i];
		d->q.root[i] = d->root[i];
	}
	return d;
}

static void put_header(struct disk *d, int i, uint64_t seq)
{
	struct boot_header h = {.seq = seq,
				.hierarchy = HIERARCHY_PLATFORM,
				.root_key = {.public_len = 1, .private_len = 1},
				.platform.napprovals = 1};
	size_t len;

	h.platform.approvals[0].pcrs = 1;
	memcpy(h.store, store, UUID_SIZE);
	assert_int_equal(boot_header_encode(&h, d->header[i], STORE_HEADER_SIZE, &len), ERR_OK);
	d->q.header_len[i] = (uint32_t)len;
}

static void headers(void **state)
{
	struct disk *d = disk_new();
	struct boot_header h;

	(void)state;
	assert_int_equal(keys_pick_header(&d->q, &h), ERR_UNPROVISIONED);
	for (int newer = 0; newer < 2; newer++) {
		put_header(d, newer, 8);
		put_header(d, 1 - newer, 7);
		assert_int_equal(keys_pick_header(&d->q, &h), ERR_OK);
		assert_int_equal(h.seq, 8);
		d->header[newer][60] ^= 1;
		assert_int_equal(keys_pick_header(&d->q, &h), ERR_OK);
		assert_int_equal(h.seq, 7);
	}
	d->header[0][60] ^= 1;
	d->q.header_len[1] = 0;
	assert_int_equal(keys_pick_header(&d->q, &h), ERR_TAMPERED);
	free(d);
}

static struct digest put_root(struct disk *d, int i, const struct secret *mac, const uint8_t *id,
			      uint8_t prev)
{
	static struct root r;
	struct digest after = {{0}};
	struct secret *m = NULL;
	size_t len;

	memcpy(r.store, id, UUID_SIZE);
	memset(r.prev.b, prev, DIGEST_SIZE);
	assert_int_equal(root_encode(&r, d->root[i], STORE_ROOT_SIZE, &len), ERR_OK);
	d->q.root_len[i] = (uint32_t)len;
	assert_int_equal(keys_derive_extend(mac, d->root[i], len, &m), ERR_OK);
	assert_int_equal(keys_derive_extended(&r.prev, m, &after), ERR_OK);
	secret_free(m);
	return after;
}

static void roots(void **state)
{
	struct disk *d = disk_new();
	struct digest a[2], none = {{9}};
	struct secret *mac = NULL;
	uint8_t slot;

	(void)state;
	assert_int_equal(secret_random(32, &mac), ERR_OK);
	assert_int_equal(keys_pick_root(&d->q, mac, &none, store, &slot), ERR_TAMPERED);
	a[0] = put_root(d, 0, mac, store, 1);
	a[1] = put_root(d, 1, mac, store, 2);
	for (uint8_t i = 0; i < 2; i++) {
		assert_int_equal(keys_pick_root(&d->q, mac, &a[i], store, &slot), ERR_OK);
		assert_int_equal(slot, i);
	}
	assert_int_equal(keys_pick_root(&d->q, mac, &none, store, &slot), ERR_ROLLBACK);
	d->root[1][100] ^= 1;
	assert_int_equal(keys_pick_root(&d->q, mac, &a[1], store, &slot), ERR_ROLLBACK);
	assert_int_equal(keys_pick_root(&d->q, mac, &a[1], other_store, &slot), ERR_FOREIGN);
	d->q.root_len[0] = 20;
	assert_int_equal(keys_pick_root(&d->q, mac, &a[0], store, &slot), ERR_ROLLBACK);
	secret_free(mac);
	free(d);
}

/* The same root under another RK is nobody's. */
static void roots_of_another_key(void **state)
{
	struct secret *mac = NULL, *other = NULL;
	struct disk *d = disk_new();
	struct digest a;
	uint8_t slot;

	(void)state;
	assert_int_equal(secret_random(32, &mac), ERR_OK);
	assert_int_equal(secret_random(32, &other), ERR_OK);
	a = put_root(d, 0, mac, store, 1);
	assert_int_equal(keys_pick_root(&d->q, other, &a, store, &slot), ERR_ROLLBACK);
	secret_free(mac);
	secret_free(other);
	free(d);
}

/* The root whose value after it is the other one's prev was current once; that one may be anything.
 */
static void what_was_current(void **state)
{
	struct disk *d = disk_new();
	struct secret *mac = NULL, *other = NULL;
	struct digest after;
	bool was;

	(void)state;
	assert_int_equal(secret_random(32, &mac), ERR_OK);
	assert_int_equal(secret_random(32, &other), ERR_OK);
	after = put_root(d, 0, mac, store, 1);
	put_root(d, 1, mac, store, 2);
	assert_int_equal(keys_pick_was_current(&d->q, mac, 0, &was), ERR_OK);
	assert_false(was);
	memcpy(d->root[1] + 40, after.b, DIGEST_SIZE);
	assert_int_equal(keys_pick_was_current(&d->q, mac, 0, &was), ERR_OK);
	assert_true(was);
	assert_int_equal(keys_pick_was_current(&d->q, mac, 1, &was), ERR_OK);
	assert_false(was);
	assert_int_equal(keys_pick_was_current(&d->q, other, 0, &was), ERR_OK);
	assert_false(was);
	d->root[0][100] ^= 1;
	assert_int_equal(keys_pick_was_current(&d->q, mac, 0, &was), ERR_OK);
	assert_false(was);
	d->q.root_len[1] = 0;
	assert_int_equal(keys_pick_was_current(&d->q, mac, 0, &was), ERR_OK);
	assert_false(was);
	secret_free(mac);
	secret_free(other);
	free(d);
}

static void approvals(void **state)
{
	struct authority au = {0};

	(void)state;
	for (uint32_t i = 1; i <= APPROVALS_MAX; i++)
		authority_add(&au, &(struct approval){.pcrs = i});
	assert_int_equal(au.napprovals, APPROVALS_MAX);
	/* One that is there already pushes nobody out: it becomes the newest. */
	authority_add(&au, &(struct approval){.pcrs = 3, .sig.r = {7}});
	assert_int_equal(au.napprovals, APPROVALS_MAX);
	assert_int_equal(au.approvals[0].pcrs, 1);
	assert_int_equal(au.approvals[2].pcrs, 4);
	assert_int_equal(au.approvals[APPROVALS_MAX - 1].pcrs, 3);
	assert_int_equal(au.approvals[APPROVALS_MAX - 1].sig.r[0], 7);
	authority_add(&au, &(struct approval){.pcrs = 99});
	assert_int_equal(au.napprovals, APPROVALS_MAX);
	assert_int_equal(au.approvals[0].pcrs, 2);
	assert_int_equal(au.approvals[APPROVALS_MAX - 1].pcrs, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers),
	    cmocka_unit_test(roots),
	    cmocka_unit_test(roots_of_another_key),
	    cmocka_unit_test(what_was_current),
	    cmocka_unit_test(approvals),
	};

	if (secret_init(16 * 1024) != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
