/* SPDX-License-Identifier: BSD-3-Clause */
/* Session states: wait for their epoch, share a sync, and never lie where an anchored one does. */
#include "vtpmmgr/broker/session.h"

#include "lib/proto_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STEP  ((uint64_t)REGION_SIZE(QUOTA_MIN, SLOTS_SESSION))
#define SIZE  (STORE_REGIONS_AT + 3 * STEP)
#define EPOCH 7
#define BASE  20 /* version of the anchored state, in slot 1 */

static bool fail_sync;
static unsigned syncs;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	syncs++;
	if (!fail_sync)
		return __real_fdatasync(fd);
	errno = EIO;
	return -1;
}

/* The broker around it. */
struct fixture {
	int fd;
	struct loop *loop;
	struct store *store;
	struct registry registry;
	struct session session;
	bool busy;
	unsigned stored, refused, stalls;
	uint64_t version; /* the last one that was stored */
	enum err why;     /* of the last refusal */
};

static struct fixture f;

static bool on_busy(void *arg, const uint8_t uuid[UUID_SIZE])
{
	(void)arg, (void)uuid;
	return f.busy;
}

static void on_stored(void *arg, const uint8_t uuid[UUID_SIZE], uint64_t version)
{
	(void)arg, (void)uuid;
	f.stored++;
	f.version = version;
}

static void on_refused(void *arg, const uint8_t uuid[UUID_SIZE], enum err why)
{
	(void)arg, (void)uuid;
	f.refused++;
	f.why = why;
}

static void on_stalled(void *arg, bool stalled)
{
	(void)arg;
	f.stalls += stalled;
	if (!stalled)
		loop_stop(f.loop);
}

static const struct session_ops ops = {on_busy, on_stored, on_refused, on_stalled};

static void add_vtpm(uint8_t id, uint64_t region, uint8_t slots)
{
	const struct leaf leaf = {.uuid = {id},
				  .state = LEAF_LIVE,
				  .generation = 1,
				  .region = region,
				  .quota = QUOTA_MIN,
				  .slots = slots,
				  .state_slot = 1,
				  .version = BASE,
				  .epoch = slots == SLOTS_SESSION ? EPOCH : 0};
	struct vtpm *v;

	assert_int_equal(registry_add(&f.registry, &leaf, &v), ERR_OK);
	v->anchored = true;
}

static int setup(void **state)
{
	(void)state;
	f = (struct fixture){.fd = memfd_create("store", MFD_CLOEXEC)};
	fail_sync = false;
	assert_int_equal(ftruncate(f.fd, (off_t)SIZE), 0);
	assert_int_equal(loop_new(&f.loop), ERR_OK);
	assert_int_equal(store_open(f.fd, &f.store), ERR_OK);
	session_init(&f.session, f.loop, f.store, &f.registry, &ops, NULL);
	add_vtpm(1, STORE_REGIONS_AT, SLOTS_SESSION);
	add_vtpm(2, STORE_REGIONS_AT + STEP, SLOTS_SESSION);
	add_vtpm(3, STORE_REGIONS_AT + 2 * STEP, SLOTS_STRICT);
	syncs = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_fini(&f.session);
	registry_clear(&f.registry);
	store_free(f.store);
	loop_free(f.loop);
	close(f.fd);
	return 0;
}

static struct leaf *leaf_of(unsigned id)
{
	return &f.registry.vtpms[id - 1]->leaf;
}

static void end_loop(void *arg)
{
	loop_stop(arg);
}

/* Turns of the loop until everything that is due now is done. */
static void turn(void)
{
	struct loop_timer *t;

	assert_int_equal(loop_after(f.loop, 1, end_loop, f.loop, &t), ERR_OK);
	assert_int_equal(loop_run(f.loop), ERR_OK);
}

/* A session state whose sealed bytes are all its version; as in the message, whatever m says. */
static enum err put_framed(uint8_t id, const struct session_state *s, const struct blob_put *m)
{
	static uint8_t bytes[QUOTA_MAX], sealed[QUOTA_MAX];
	const uint8_t uuid[UUID_SIZE] = {id};
	struct session_state full = *s;
	struct blob_put put = *m;
	size_t len;

	memset(sealed, (int)s->version, sizeof(sealed));
	full.sealed = sealed;
	assert_int_equal(session_state_encode(&full, bytes, sizeof(bytes), &len), ERR_OK);
	put.len = (uint32_t)len;
	put.bytes = bytes;
	return session_put(&f.session, uuid, &put);
}

static void put(uint8_t id, uint64_t version, uint64_t epoch)
{
	const struct session_state s = {.epoch = epoch, .version = version, .len = 100};
	const struct blob_put m = {.version = version, .epoch = epoch};

	assert_int_equal(put_framed(id, &s, &m), ERR_OK);
}

/* The version that lies in a slot of the image; 0: no session state. */
static uint64_t in_slot(unsigned id, unsigned slot)
{
	static uint8_t bytes[QUOTA_MIN];
	const struct leaf *l = leaf_of(id);
	struct session_state s;
	size_t len;

	assert_int_equal(
	    pread(f.fd, bytes, sizeof(bytes), (off_t)REGION_STATE_AT(l->region, l->quota, slot)),
	    sizeof(bytes));
	if (record_slot_len(bytes, sizeof(bytes), SESSION_MAGIC, &len) != ERR_OK ||
	    session_state_decode(bytes, len, &s) != ERR_OK)
		return 0;
	return s.version;
}

static void test_the_other_slots_take_turns(void **state)
{
	(void)state;
	for (uint64_t version = BASE + 1; version < BASE + 5; version++) {
		put(1, version, EPOCH);
		turn();
		assert_int_equal(f.version, version);
	}
	assert_int_equal(f.stored, 4);
	assert_int_equal(in_slot(1, 0) + in_slot(1, 2), BASE + 3 + BASE + 4);
	assert_int_equal(in_slot(1, 1), 0);
}

static void test_what_waits_shares_a_sync(void **state)
{
	(void)state;
	put(1, BASE + 1, EPOCH);
	put(2, BASE + 1, EPOCH);
	turn();
	assert_int_equal(f.stored, 2);
	assert_int_equal(syncs, 1);
}

static void test_waits_for_its_epoch(void **state)
{
	(void)state;
	put(1, BASE + 1, EPOCH + 1);
	turn();
	assert_int_equal(f.stored + f.refused, 0);
	leaf_of(1)->epoch++;
	session_kick(&f.session);
	turn();
	assert_int_equal(f.version, BASE + 1);
}

static void test_waits_for_the_group_commit(void **state)
{
	(void)state;
	f.busy = true;
	put(1, BASE + 1, EPOCH);
	turn();
	assert_int_equal(f.stored + f.refused, 0);
	f.busy = false;
	session_kick(&f.session);
	turn();
	assert_int_equal(f.stored, 1);
}

static void refuses(uint8_t id, const struct session_state *s)
{
	const struct blob_put m = {.version = s->version, .epoch = s->epoch};
	unsigned before = f.refused;

	assert_int_equal(put_framed(id, s, &m), ERR_OK);
	turn();
	assert_int_equal(f.refused, before + 1);
	assert_int_equal(f.why, ERR_DENIED);
}

static void test_refused(void **state)
{
	(void)state;
	refuses(1, &(struct session_state){EPOCH - 1, BASE + 1, 100, NULL});
	refuses(1, &(struct session_state){EPOCH, BASE, 100, NULL});
	refuses(1, &(struct session_state){EPOCH, BASE + 1, QUOTA_MIN, NULL});
	leaf_of(3)->epoch = EPOCH;
	refuses(3, &(struct session_state){EPOCH, BASE + 1, 100, NULL});
	assert_int_equal(f.stored, 0);
	assert_int_equal(syncs, 0);
}

static void test_says_itself_what_it_is(void **state)
{
	const uint8_t uuid[UUID_SIZE] = {1};
	const struct session_state s = {.epoch = EPOCH, .version = BASE + 1, .len = 100};
	const struct blob_put rubbish = {BASE + 1, EPOCH, 7, (const uint8_t *)"rubbish"};

	(void)state;
	assert_int_equal(session_put(&f.session, uuid, &rubbish), ERR_FORMAT);
	assert_int_equal(put_framed(1, &s, &(struct blob_put){.version = BASE + 2, .epoch = EPOCH}),
			 ERR_FORMAT);
	assert_int_equal(
	    put_framed(1, &s, &(struct blob_put){.version = BASE + 1, .epoch = EPOCH + 1}),
	    ERR_FORMAT);
}

static void test_failing_store(void **state)
{
	(void)state;
	fail_sync = true;
	put(1, BASE + 1, EPOCH);
	turn();
	assert_int_equal(f.stored, 0);
	assert_int_equal(f.stalls, 1);
	put(2, BASE + 1, EPOCH);
	turn();
	assert_int_equal(f.stored, 0);
	fail_sync = false;
	assert_int_equal(loop_run(f.loop), ERR_OK); /* until it is tried again */
	assert_int_equal(f.stored, 2);
	assert_false(f.session.stalled);
}

/* Whoever comes after it may be reading; what had been written before may stay. */
static void test_of_the_dead_nothing_is_written(void **state)
{
	const uint8_t uuid[UUID_SIZE] = {1};

	(void)state;
	put(1, BASE + 1, EPOCH);
	session_forget(&f.session, uuid);
	turn();
	assert_int_equal(f.stored, 0);
	assert_int_equal(syncs, 0);
}

static uint64_t reads(enum blob_which which)
{
	static uint8_t bytes[QUOTA_MAX];
	struct session_state s;
	size_t len;

	assert_int_equal(session_read(&f.session, leaf_of(1), which, bytes, &len), ERR_OK);
	if (len == 0)
		return 0;
	assert_int_equal(session_state_decode(bytes, len, &s), ERR_OK);
	return s.version;
}

static void test_reads_the_other_two(void **state)
{
	(void)state;
	assert_int_equal(reads(BLOB_OTHER) + reads(BLOB_THIRD), 0);
	put(1, BASE + 1, EPOCH);
	turn();
	put(1, BASE + 2, EPOCH);
	turn();
	assert_int_equal(reads(BLOB_OTHER), in_slot(1, 2));
	assert_int_equal(reads(BLOB_THIRD), in_slot(1, 0));
	assert_int_equal(reads(BLOB_OTHER) + reads(BLOB_THIRD), BASE + 1 + BASE + 2);
}

/*
 * What has been written and not synced is read, but may be gone after a power cut:
 * nobody may go on from it and overwrite the one before.
 */
static void test_reads_only_what_stays(void **state)
{
	const uint8_t uuid[UUID_SIZE] = {1};
	static uint8_t bytes[QUOTA_MAX];
	size_t len;

	(void)state;
	fail_sync = true;
	put(1, BASE + 1, EPOCH);
	turn();
	session_forget(&f.session, uuid);
	assert_int_equal(session_read(&f.session, leaf_of(1), BLOB_OTHER, bytes, &len), ERR_AGAIN);
	fail_sync = false;
	syncs = 0;
	assert_int_equal(reads(BLOB_OTHER) + reads(BLOB_THIRD), BASE + 1);
	assert_int_equal(syncs, 1);
}

static void test_unreadable_is_not_empty(void **state)
{
	static uint8_t bytes[QUOTA_MAX];
	size_t len;

	(void)state;
	assert_int_equal(ftruncate(f.fd, (off_t)STORE_REGIONS_AT), 0);
	assert_int_equal(session_read(&f.session, leaf_of(1), BLOB_OTHER, bytes, &len), ERR_IO);
	assert_int_equal(session_read(&f.session, leaf_of(3), BLOB_OTHER, bytes, &len), ERR_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_the_other_slots_take_turns),
	    TEST(test_what_waits_shares_a_sync),
	    TEST(test_waits_for_its_epoch),
	    TEST(test_waits_for_the_group_commit),
	    TEST(test_refused),
	    TEST(test_says_itself_what_it_is),
	    TEST(test_failing_store),
	    TEST(test_of_the_dead_nothing_is_written),
	    TEST(test_reads_the_other_two),
	    TEST(test_reads_only_what_stays),
	    TEST(test_unreadable_is_not_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
