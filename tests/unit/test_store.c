/* SPDX-License-Identifier: BSD-3-Clause */
/* The image: what is written, synced, read back, and what happens when the device fails. */
#include "vtpmmgr/broker/store.h"

#include "lib/proto_root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE (4u * 1024 * 1024)
#define AT_A STORE_REGIONS_AT
#define AT_B (STORE_REGIONS_AT + 2 * STORE_BLOCK)

/* What the device does; the linker puts these in front of the real calls. */
static struct {
	int fail_write; /* the write of this number fails; 0: none */
	int fail_sync;
	int writes;
	int syncs;
} device;

ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	if (++device.writes == device.fail_write) {
		errno = EIO;
		return -1;
	}
	return __real_pwritev(fd, iov, n, at);
}

int __wrap_fdatasync(int fd)
{
	if (++device.syncs == device.fail_sync) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

struct fixture {
	int fd;
	struct store *store;
};

static int setup(void **state)
{
	static struct fixture f;

	f.fd = memfd_create("store", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f.fd, SIZE), 0);
	assert_int_equal(store_open(f.fd, &f.store), ERR_OK);
	memset(&device, 0, sizeof(device));
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

static struct store_write text(uint64_t at, const char *s)
{
	return (struct store_write){at, (const uint8_t *)s, strlen(s)};
}

static void assert_holds(int fd, uint64_t at, const char *s)
{
	char got[64] = "";

	assert_int_equal(pread(fd, got, strlen(s), (off_t)at), strlen(s));
	assert_memory_equal(got, s, strlen(s));
}

static void test_commit_writes_and_syncs_once(void **state)
{
	struct fixture *f = *state;
	struct store_write w[] = {text(AT_A, "alpha"), text(AT_B, "beta")};

	assert_int_equal(store_commit(f->store, w, 2), ERR_OK);
	assert_int_equal(device.syncs, 1);
	assert_int_equal(store_syncs(f->store), 1);
	assert_holds(f->fd, AT_A, "alpha");
	assert_holds(f->fd, AT_B, "beta");
}

static void test_rest_of_block_is_zero(void **state)
{
	static const char zeroes[16];
	struct fixture *f = *state;
	struct store_write w = text(AT_A, "a longer text than the next");
	char got[16];

	assert_int_equal(store_commit(f->store, &w, 1), ERR_OK);
	w = text(AT_A, "short");
	assert_int_equal(store_commit(f->store, &w, 1), ERR_OK);
	assert_int_equal(store_read(f->store, AT_A + 5, got, sizeof(got)), ERR_OK);
	assert_memory_equal(got, zeroes, sizeof(got));
}

static void test_bounds(void **state)
{
	static const uint8_t block[STORE_BLOCK + 1];
	struct fixture *f = *state;
	struct store_write last = {SIZE - STORE_BLOCK, block, STORE_BLOCK};
	struct store_write over = {SIZE - STORE_BLOCK, block, STORE_BLOCK + 1};
	struct store_write skewed = text(AT_A + 1, "x");
	struct store_write far = text(UINT64_MAX - STORE_BLOCK + 1, "x");
	uint8_t byte;

	assert_int_equal(store_commit(f->store, &last, 1), ERR_OK);
	assert_int_equal(store_commit(f->store, &over, 1), ERR_ARG);
	assert_int_equal(store_commit(f->store, &skewed, 1), ERR_ARG);
	assert_int_equal(store_commit(f->store, &far, 1), ERR_ARG);
	assert_int_equal(store_read(f->store, SIZE - 1, &byte, 1), ERR_OK);
	assert_int_equal(store_read(f->store, SIZE, &byte, 1), ERR_TOO_BIG);
	assert_int_equal(store_read(f->store, UINT64_MAX, &byte, 1), ERR_TOO_BIG);
}

static void test_staged_goes_along(void **state)
{
	struct fixture *f = *state;
	struct store_write early = text(AT_A, "staged"), w = text(AT_B, "commit");
	char got[6];

	assert_int_equal(store_stage(f->store, &early), ERR_OK);
	assert_true(store_staged(f->store));
	assert_int_equal(device.writes, 0);
	assert_int_equal(store_read(f->store, AT_A, got, sizeof(got)), ERR_OK);
	assert_memory_equal(got, "staged", 6);
	assert_int_equal(store_commit(f->store, &w, 1), ERR_OK);
	assert_false(store_staged(f->store));
	assert_int_equal(device.syncs, 1);
	assert_holds(f->fd, AT_A, "staged");
}

static void test_newest_staged_wins(void **state)
{
	struct fixture *f = *state;
	struct store_write one = text(AT_A, "one"), two = text(AT_A, "two");

	assert_int_equal(store_stage(f->store, &one), ERR_OK);
	assert_int_equal(store_stage(f->store, &two), ERR_OK);
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	assert_int_equal(device.writes, 1);
	assert_holds(f->fd, AT_A, "two");
}

/* Rule 6: the kernel may take the pages of a failed sync for clean. */
static void test_failed_sync_is_written_again(void **state)
{
	struct fixture *f = *state;
	struct store_write w[] = {text(AT_A, "first"), text(AT_B, "second")};
	struct store_write other = text(AT_B + 4 * STORE_BLOCK, "third");

	device.fail_sync = 1;
	assert_int_equal(store_commit(f->store, w, 2), ERR_IO);
	assert_true(store_failing(f->store));
	assert_int_equal(store_syncs(f->store), 0);
	device.writes = 0;
	assert_int_equal(store_commit(f->store, &other, 1), ERR_OK);
	assert_int_equal(device.writes, 3);
	assert_false(store_failing(f->store));
	device.writes = 0;
	assert_int_equal(store_commit(f->store, &other, 1), ERR_OK);
	assert_int_equal(device.writes, 1);
}

static void test_failed_write_is_written_again(void **state)
{
	struct fixture *f = *state;
	struct store_write w[] = {text(AT_A, "first"), text(AT_B, "second")};

	device.fail_write = 1;
	assert_int_equal(store_commit(f->store, w, 2), ERR_IO);
	assert_int_equal(device.syncs, 0);
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	assert_holds(f->fd, AT_A, "first");
	assert_holds(f->fd, AT_B, "second");
}

/* The attempt after a failed one writes the same slots: what it writes must be what stays. */
static void test_retry_overwrites_failed_attempt(void **state)
{
	struct fixture *f = *state;
	struct store_write old = text(AT_A, "old"), fresh = text(AT_A, "new");

	device.fail_sync = 1;
	assert_int_equal(store_commit(f->store, &old, 1), ERR_IO);
	assert_int_equal(store_commit(f->store, &fresh, 1), ERR_OK);
	assert_holds(f->fd, AT_A, "new");
	assert_int_equal(store_commit(f->store, NULL, 0), ERR_OK);
	assert_holds(f->fd, AT_A, "new");
}

static void test_short_image_reads_fail(void **state)
{
	struct fixture *f = *state;
	uint8_t byte;

	assert_int_equal(ftruncate(f->fd, STORE_REGIONS_AT), 0);
	assert_int_equal(store_read(f->store, AT_A, &byte, 1), ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_commit_writes_and_syncs_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rest_of_block_is_zero, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_staged_goes_along, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_newest_staged_wins, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_failed_sync_is_written_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_failed_write_is_written_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_retry_overwrites_failed_attempt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_short_image_reads_fail, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
