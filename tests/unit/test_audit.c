/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit trail: chain, ring, and what a reader finds after a crash or an attack. */
#include "vtpmmgr/broker/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (STORE_REGIONS_AT + REGION_SIZE(QUOTA_MIN, SLOTS_STRICT))

static const struct digest zero;

struct fixture {
	int fd;
	struct store *store;
	struct audit audit;
};

static void reopen(struct fixture *f)
{
	store_free(f->store);
	assert_int_equal(store_open(f->fd, &f->store), ERR_OK);
	f->audit = (struct audit){.syslog = -1};
}

static int setup(void **state)
{
	static struct fixture f;

	f.fd = memfd_create("store", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f.fd, (off_t)SIZE), 0);
	f.store = NULL;
	reopen(&f);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	close(f->fd);
	return 0;
}

static void add(struct audit *a, unsigned n)
{
	struct admin_audit r = {.time = n, .uid = n};

	snprintf(r.action, sizeof(r.action), "start");
	snprintf(r.object, sizeof(r.object), "vtpm-%u", n);
	assert_int_equal(audit_add(a, &r), ERR_OK);
}

static void add_many(struct audit *a, unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		add(a, i);
}

static void flip(const struct fixture *f, uint64_t seq)
{
	off_t at = (off_t)(STORE_AUDIT_AT + seq % AUDIT_RING * AUDIT_RECORD_SIZE + 20);
	uint8_t byte;

	assert_int_equal(pread(f->fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(f->fd, &byte, 1, at), 1);
}

static void test_add_and_read(void **state)
{
	struct fixture *f = *state;
	struct admin_audit r;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, 20);
	/* Some are only staged yet: that must not show. */
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(audit_read(&f->audit, i, &r), ERR_OK);
		assert_int_equal(r.seq, i);
		assert_int_equal(r.uid, i);
	}
	assert_int_equal(audit_read(&f->audit, 0, &r), ERR_NOT_FOUND);
	assert_int_equal(audit_read(&f->audit, 21, &r), ERR_NOT_FOUND);
}

static void test_goes_on_after_restart(void **state)
{
	struct fixture *f = *state;
	struct digest head;
	struct admin_audit r;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, 10);
	head = f->audit.head;
	add_many(&f->audit, 11, 30);
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	reopen(f);
	/* The anchored head is record 10; those after it continue the chain. */
	assert_int_equal(audit_open(&f->audit, f->store, 10, &head), ERR_OK);
	assert_int_equal(f->audit.seq, 30);
	add(&f->audit, 31);
	assert_int_equal(audit_read(&f->audit, 31, &r), ERR_OK);
	assert_int_equal(audit_read(&f->audit, 30, &r), ERR_OK);
}

/* Read again once the device can be read: not taken for an empty trail, whose place is free. */
static void test_unreadable_is_not_open(void **state)
{
	static uint8_t ring[STORE_AUDIT_SIZE];
	struct fixture *f = *state;
	struct digest head;
	struct admin_audit r;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, 10);
	head = f->audit.head;
	add_many(&f->audit, 11, 30);
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	reopen(f);
	assert_int_equal(pread(f->fd, ring, sizeof(ring), STORE_AUDIT_AT), sizeof(ring));
	assert_int_equal(ftruncate(f->fd, STORE_AUDIT_AT), 0);
	assert_int_equal(audit_open(&f->audit, f->store, 10, &head), ERR_IO);
	assert_null(f->audit.store);
	add(&f->audit, 31);
	assert_int_equal(ftruncate(f->fd, (off_t)SIZE), 0);
	assert_int_equal(pwrite(f->fd, ring, sizeof(ring), STORE_AUDIT_AT), sizeof(ring));
	assert_int_equal(audit_open(&f->audit, f->store, 10, &head), ERR_OK);
	assert_int_equal(f->audit.seq, 31);
	assert_int_equal(audit_read(&f->audit, 30, &r), ERR_OK);
	assert_int_equal(audit_read(&f->audit, 31, &r), ERR_OK);
}

static void test_altered_tail_is_cut(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, 20);
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	flip(f, 15);
	reopen(f);
	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	assert_int_equal(f->audit.seq, 14);
}

static void test_altered_head_is_found(void **state)
{
	struct fixture *f = *state;
	struct digest head;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, 20);
	head = f->audit.head;
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	flip(f, 20);
	reopen(f);
	assert_int_equal(audit_open(&f->audit, f->store, 20, &head), ERR_TAMPERED);
	/* The trail goes on where the anchor says it was. */
	add(&f->audit, 21);
	assert_int_equal(f->audit.seq, 21);
}

static void test_altered_past_is_found(void **state)
{
	struct fixture *f = *state;
	struct digest head;
	struct admin_audit r;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, 20);
	head = f->audit.head;
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	flip(f, 5);
	reopen(f);
	assert_int_equal(audit_open(&f->audit, f->store, 20, &head), ERR_OK);
	assert_int_equal(audit_read(&f->audit, 4, &r), ERR_OK);
	assert_int_equal(audit_read(&f->audit, 5, &r), ERR_TAMPERED);
}

static void test_ring_wraps(void **state)
{
	struct fixture *f = *state;
	struct digest head;
	struct admin_audit r;
	uint64_t oldest;

	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	add_many(&f->audit, 1, AUDIT_RING + 100);
	oldest = audit_oldest(&f->audit);
	assert_true(oldest > 100 && oldest < 120);
	assert_int_equal(audit_read(&f->audit, oldest, &r), ERR_OK);
	assert_int_equal(r.uid, oldest);
	assert_int_equal(audit_read(&f->audit, oldest - 1, &r), ERR_NOT_FOUND);
	head = f->audit.head;
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	reopen(f);
	assert_int_equal(audit_open(&f->audit, f->store, AUDIT_RING + 100, &head), ERR_OK);
	for (uint64_t i = audit_oldest(&f->audit); i <= f->audit.seq; i++)
		assert_int_equal(audit_read(&f->audit, i, &r), ERR_OK);
}

static void test_early_records_are_kept(void **state)
{
	struct fixture *f = *state;
	struct admin_audit r;

	add_many(&f->audit, 1, 3);
	assert_int_equal(f->audit.seq, 0);
	assert_int_equal(audit_read(&f->audit, 1, &r), ERR_NOT_FOUND);
	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	assert_int_equal(f->audit.seq, 3);
	assert_int_equal(audit_read(&f->audit, 2, &r), ERR_OK);
	assert_string_equal(r.object, "vtpm-2");
}

static void test_early_records_are_bounded(void **state)
{
	struct fixture *f = *state;

	add_many(&f->audit, 1, AUDIT_EARLY + 10);
	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	assert_int_equal(f->audit.seq, AUDIT_EARLY);
}

/* The longest record that there can be. */
static void test_longest_record_fits(void **state)
{
	struct fixture *f = *state;
	struct admin_audit r = {.time = UINT64_MAX, .uid = UINT32_MAX, .err = ERR_INTERNAL};

	memset(r.action, 'a', sizeof(r.action) - 1);
	memset(r.stakeholder, 's', sizeof(r.stakeholder) - 1);
	memset(r.object, 'o', sizeof(r.object) - 1);
	memset(r.rule, 'r', sizeof(r.rule) - 1);
	assert_int_equal(audit_open(&f->audit, f->store, 0, &zero), ERR_OK);
	assert_int_equal(audit_add(&f->audit, &r), ERR_OK);
	assert_int_equal(audit_read(&f->audit, 1, &r), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_add_and_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_goes_on_after_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unreadable_is_not_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_altered_tail_is_cut, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_altered_head_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_altered_past_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ring_wraps, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_early_records_are_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_early_records_are_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_longest_record_fits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
