/* SPDX-License-Identifier: BSD-3-Clause */
/* Commits: wait for blobs, sync once, never write over what is anchored, take a root over. */
#include "vtpmmgr/broker/commit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STEP ((uint64_t)REGION_SIZE(QUOTA_MIN, SLOTS_STRICT))
#define SIZE (STORE_REGIONS_AT + 4 * STEP)

static bool fail_sync;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	if (!fail_sync)
		return __real_fdatasync(fd);
	errno = EIO;
	return -1;
}

/* The broker around the commit. */
struct fixture {
	int fd;
	struct loop *loop;
	struct store *store;
	struct registry registry;
	struct commit commit;
	const uint8_t *blob; /* that has arrived */
	enum err missing;    /* if it has not */
	int late;            /* workers that are to be ended for that */
	int durable;         /* answers so far */
	bool runs;           /* the loop, until there is one */
	enum err outcome;
	int anchored;
	struct root root; /* the next one */
	struct keys_commit c;
};

static struct fixture f;

static enum err find_blob(void *arg, const uint8_t uuid[UUID_SIZE], const struct state_mark *mark,
			  const uint8_t **bytes)
{
	(void)arg;
	(void)uuid;
	(void)mark;
	*bytes = f.blob;
	return f.blob ? ERR_OK : f.missing;
}

static void on_late(void *arg, const uint8_t uuid[UUID_SIZE])
{
	(void)arg;
	assert_memory_equal(uuid, f.c.blobs[0].uuid, UUID_SIZE);
	f.late++;
}

static void on_durable(void *arg, uint64_t attempt, enum err e)
{
	(void)arg;
	assert_int_equal(attempt, f.c.attempt);
	f.durable++;
	f.outcome = e;
	if (f.runs)
		loop_stop(f.loop);
}

static enum err no_record(void *arg, const struct leaf *leaf, const uint8_t **bytes)
{
	(void)arg;
	(void)leaf;
	(void)bytes;
	return ERR_NOT_FOUND;
}

static void on_anchored(void *arg, const struct keys_commit *c, const struct root *root)
{
	(void)arg;
	(void)c;
	f.anchored++;
	assert_int_equal(registry_apply(&f.registry, root, no_record, NULL), ERR_OK);
}

static const struct commit_ops ops = {find_blob, on_late, on_durable, on_anchored};

static void add_leaf(uint8_t id, uint64_t region)
{
	f.root.leaves[f.root.nleaves++] = (struct leaf){.uuid = {id},
							.state = LEAF_LIVE,
							.generation = 1,
							.region = region,
							.quota = QUOTA_MIN,
							.slots = SLOTS_STRICT,
							.record_len = 64};
}

static int setup(void **state)
{
	(void)state;
	f = (struct fixture){.fd = memfd_create("store", MFD_CLOEXEC), .missing = ERR_AGAIN};
	fail_sync = false;
	assert_int_equal(ftruncate(f.fd, (off_t)SIZE), 0);
	assert_int_equal(loop_new(&f.loop), ERR_OK);
	assert_int_equal(store_open(f.fd, &f.store), ERR_OK);
	assert_int_equal(commit_init(&f.commit, f.loop, f.store, &f.registry, &ops, NULL), ERR_OK);
	f.root.seq = 1;
	f.root.store[0] = 1;
	f.root.policy_len = 1;
	add_leaf(1, STORE_REGIONS_AT);
	add_leaf(2, STORE_REGIONS_AT + STEP);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	commit_fini(&f.commit);
	registry_clear(&f.registry);
	store_free(f.store);
	loop_free(f.loop);
	close(f.fd);
	return 0;
}

/* Sends f.c with f.root. */
static enum err begin(void)
{
	static uint8_t root[STORE_ROOT_SIZE], body[MSG_BODY_MAX];
	struct msg m = {.type = KEYS_COMMIT, .body = body};
	size_t len;

	assert_int_equal(root_encode(&f.root, root, sizeof(root), &len), ERR_OK);
	f.c.root = root;
	f.c.root_len = (uint32_t)len;
	f.c.attempt++;
	assert_int_equal(keys_commit_encode(&f.c, body, sizeof(body), &m.len), ERR_OK);
	return commit_begin(&f.commit, &m);
}

static enum err anchor(uint64_t attempt, enum err e)
{
	const struct keys_result r = {attempt, (uint16_t)e};
	uint8_t body[32];
	struct msg m = {.type = KEYS_ANCHORED, .body = body};

	assert_int_equal(keys_result_encode(&r, body, sizeof(body), &m.len), ERR_OK);
	return commit_anchored(&f.commit, &m);
}

/* The two vTPMs exist, in slot 0 of everything. */
static void make_anchored(void)
{
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_OK);
	assert_int_equal(anchor(f.c.attempt, ERR_OK), ERR_OK);
	f.c.root_slot = 1;
	f.durable = f.anchored = 0;
}

/* A new state of the first, in this slot. */
static void make_dirty(uint8_t slot, const char *state)
{
	struct leaf *leaf = &f.root.leaves[0];

	f.root.seq++;
	leaf->version++;
	leaf->state_slot = slot;
	leaf->blob_len = (uint32_t)strlen(state);
	f.c.nblobs = 1;
	f.c.blobs[0] = (struct keys_commit_blob){
	    .uuid = {1}, .slot = slot, .mark = {leaf->version, leaf->blob_len, {{0}}}};
}

static bool holds(uint64_t at, const char *s)
{
	char got[32] = "";

	return pread(f.fd, got, strlen(s), (off_t)at) == (ssize_t)strlen(s) &&
	       memcmp(got, s, strlen(s)) == 0;
}

static void test_writes_and_takes_over(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "state one");
	f.blob = (const uint8_t *)"state one";
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.durable, 1);
	assert_int_equal(f.outcome, ERR_OK);
	assert_true(holds(REGION_STATE_AT(STORE_REGIONS_AT, QUOTA_MIN, 1), "state one"));
	assert_true(holds(STORE_ROOT_AT(1), ROOT_MAGIC));
	assert_int_equal(f.registry.vtpms[0]->leaf.version, 0);
	assert_int_equal(anchor(f.c.attempt, ERR_OK), ERR_OK);
	assert_int_equal(f.anchored, 1);
	assert_int_equal(f.registry.vtpms[0]->leaf.version, 1);
}

static void test_waits_for_the_blob(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "late");
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.durable, 0);
	assert_false(holds(STORE_ROOT_AT(1), ROOT_MAGIC));
	f.blob = (const uint8_t *)"late";
	commit_blob_arrived(&f.commit);
	assert_int_equal(f.durable, 1);
	assert_int_equal(f.outcome, ERR_OK);
	commit_blob_arrived(&f.commit);
	assert_int_equal(f.durable, 1);
}

static void test_blob_that_will_not_come(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "lost");
	assert_int_equal(begin(), ERR_OK);
	f.missing = ERR_UNAVAILABLE;
	commit_blob_arrived(&f.commit);
	assert_int_equal(f.durable, 1);
	assert_int_equal(f.outcome, ERR_UNAVAILABLE);
	assert_int_equal(f.late, 1);
	assert_false(holds(STORE_ROOT_AT(1), ROOT_MAGIC));
}

static void test_does_not_wait_for_ever(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "never");
	f.runs = true;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(loop_run(f.loop), ERR_OK);
	assert_int_equal(f.durable, 1);
	assert_int_equal(f.outcome, ERR_TIMEOUT);
	assert_int_equal(f.late, 1);
}

static void test_failed_sync_is_said(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "state");
	f.blob = (const uint8_t *)"state";
	fail_sync = true;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_IO);
	assert_int_equal(anchor(f.c.attempt, ERR_OK), ERR_STATE);
	assert_int_equal(f.anchored, 0);
}

/* Rule 2: whoever asks. */
static void test_anchored_slots_are_never_written(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "state one");
	f.blob = (const uint8_t *)"state one";
	f.c.root_slot = 0;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_INTERNAL);
	f.c.root_slot = 1;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(anchor(f.c.attempt, ERR_OK), ERR_OK);
	/* Now slot 1 of the state is anchored, and slot 1 of the root. */
	f.c.root_slot = 0;
	make_dirty(1, "state two");
	f.blob = (const uint8_t *)"state two";
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_INTERNAL);
	assert_true(holds(REGION_STATE_AT(STORE_REGIONS_AT, QUOTA_MIN, 1), "state one"));
}

static void test_regions_stay_apart(void **state)
{
	(void)state;
	make_anchored();
	/* Not in the place of one that is destroyed in the same root: that one is still anchored.
	 */
	f.root.nleaves = 1;
	add_leaf(3, STORE_REGIONS_AT + STEP);
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_INTERNAL);
	/* Nor outside of the store. */
	f.root.leaves[1].region = SIZE;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_INTERNAL);
	f.root.leaves[1].region = STORE_REGIONS_AT + 2 * STEP;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_OK);
}

static void test_leaf_does_not_move(void **state)
{
	(void)state;
	make_anchored();
	f.root.leaves[1].region = STORE_REGIONS_AT + 2 * STEP;
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(f.outcome, ERR_INTERNAL);
}

static void test_given_up_attempt(void **state)
{
	(void)state;
	make_anchored();
	make_dirty(1, "state");
	f.blob = (const uint8_t *)"state";
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(anchor(f.c.attempt, ERR_TPM), ERR_OK);
	assert_int_equal(f.anchored, 0);
	assert_int_equal(anchor(f.c.attempt, ERR_OK), ERR_STATE);
	assert_int_equal(begin(), ERR_OK);
	assert_int_equal(anchor(f.c.attempt, ERR_OK), ERR_OK);
	assert_int_equal(f.anchored, 1);
}

static void test_rubbish(void **state)
{
	const struct msg m = {.type = KEYS_COMMIT, .body = (const uint8_t *)"rubbish", .len = 7};

	(void)state;
	assert_int_equal(commit_begin(&f.commit, &m), ERR_FORMAT);
	assert_int_equal(commit_anchored(&f.commit, &m), ERR_FORMAT);
	assert_int_equal(f.durable, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_writes_and_takes_over, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_waits_for_the_blob, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_blob_that_will_not_come, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_does_not_wait_for_ever, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_failed_sync_is_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_anchored_slots_are_never_written, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_regions_stay_apart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_leaf_does_not_move, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_given_up_attempt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rubbish, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
