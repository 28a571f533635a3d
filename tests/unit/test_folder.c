/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* One at a time, in a folder of the test's own. */
static char top[] = "/tmp/test_folder.XXXXXX";
static char path[64];
static char other[64];

static int set_up(void **state)
{
	(void)state;
	umask(022);
	if (!mkdtemp(top))
		return -1;
	snprintf(path, sizeof(path), "%s/run", top);
	snprintf(other, sizeof(other), "%s/other", top);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(other) | rmdir(path) | rmdir(top);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_mode & 0777;
}

static void test_made(void **state)
{
	(void)state;
	assert_int_equal(folder_claim(path, 0711), ERR_OK);
	assert_int_equal(mode_of(path), 0711);
}

static void test_there(void **state)
{
	(void)state;
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(folder_claim(path, 0711), ERR_OK);
	assert_int_equal(mode_of(path), 0755);
}

static void test_others_write(void **state)
{
	static const mode_t modes[] = {0775, 0757, 01777};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(folder_claim(path, 0711), ERR_DENIED);
	}
	assert_int_equal(chmod(path, 0711), 0);
}

static void test_link(void **state)
{
	int lock = -1;

	(void)state;
	assert_int_equal(symlink(path, other), 0);
	assert_int_equal(folder_claim(other, 0711), ERR_DENIED);
	assert_int_not_equal(folder_lock(other, &lock), ERR_OK);
	assert_int_equal(lock, -1);
}

static void test_no_place(void **state)
{
	char deep[80];

	(void)state;
	snprintf(deep, sizeof(deep), "%s/none/run", top);
	assert_int_equal(folder_claim(deep, 0711), ERR_NOT_FOUND);
}

static void test_locked(void **state)
{
	int first = -1, second = -1;

	(void)state;
	assert_int_equal(folder_lock(path, &first), ERR_OK);
	assert_int_equal(folder_lock(path, &second), ERR_EXISTS);
	assert_int_equal(second, -1);
	close(first);
	assert_int_equal(folder_lock(path, &second), ERR_OK);
	close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_made),         cmocka_unit_test(test_there),
	    cmocka_unit_test(test_others_write), cmocka_unit_test(test_link),
	    cmocka_unit_test(test_no_place),     cmocka_unit_test(test_locked),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
