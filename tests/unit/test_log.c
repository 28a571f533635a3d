/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char said[4096];

/* Runs with standard error going to a pipe, and keeps what came out in said. */
static void capture(void (*speak)(void))
{
	int ends[2];
	int before = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	speak();
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[1]);
	n = read(ends[0], said, sizeof(said) - 1);
	assert_true(n >= 0);
	said[n] = '\0';
	close(ends[0]);
}

static void every_level(void)
{
	log_error("e %d", 1);
	log_warning("w");
	log_info("i");
	log_debug("d");
}

static void test_levels(void **state)
{
	(void)state;
	log_init("prog", LOG_LEVEL_WARNING);
	capture(every_level);
	assert_string_equal(said, "prog: error: e 1\nprog: warning: w\n");
	log_init("prog", LOG_LEVEL_DEBUG);
	capture(every_level);
	assert_non_null(strstr(said, "prog: info: i\nprog: debug: d\n"));
}

static void forge(void)
{
	log_error("%s", "name\nprog: error: forged\x1b[31m");
}

static void test_one_line(void **state)
{
	(void)state;
	capture(forge);
	assert_string_equal(said, "prog: error: name?prog: error: forged?[31m\n");
}

static void ramble(void)
{
	char longer[3000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_error("%s", longer);
}

static void test_bounded(void **state)
{
	(void)state;
	capture(ramble);
	assert_true(strlen(said) <= 1024);
	assert_int_equal(said[strlen(said) - 1], '\n');
	assert_int_equal(said[strlen(said) - 2], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_one_line),
	    cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
