/* SPDX-License-Identifier: BSD-3-Clause */
/* The test starts itself as the child, which says what it was told. */
#include "lib/child.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CHILD  "a-child"
#define REPORT 3

static enum err parse(int argc, const char *const words[CHILD_ARGS], struct child_args *out)
{
	char *argv[CHILD_ARGS + 1] = {NULL};

	for (int i = 0; i < CHILD_ARGS; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	return child_args_parse(argc, argv, out);
}

static void what_was_given_is_what_is_read(void **state)
{
	static const char *const words[] = {"worker", "60708", "60708", "2", "/run/vtpmmgr"};
	struct child_args a;

	(void)state;
	assert_int_equal(parse(CHILD_ARGS, words, &a), ERR_OK);
	assert_int_equal(a.uid, 60708);
	assert_int_equal(a.gid, 60708);
	assert_int_equal(a.level, LOG_LEVEL_INFO);
	assert_string_equal(a.run_dir, "/run/vtpmmgr");
}

static void nothing_else_is_taken(void **state)
{
	static const char *const wrong[][CHILD_ARGS] = {
	    {"worker", "0", "1", "2", "/"},          {"worker", "root", "1", "2", "/"},
	    {"worker", "4294967295", "1", "2", "/"}, {"worker", "1", "-1", "2", "/"},
	    {"worker", "1", "1", "99", "/"},         {"worker", "1", "1", "", "/"},
	};
	static const char *const right[] = {"worker", "1", "1", "2", "/"};
	struct child_args a;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(CHILD_ARGS, wrong[i], &a), ERR_ARG);
	assert_int_equal(parse(CHILD_ARGS - 1, right, &a), ERR_ARG);
	assert_int_equal(parse(CHILD_ARGS, right, &a), ERR_OK);
}

/* The child's side: its arguments, each in brackets. */
static int report(int argc, char *argv[])
{
	for (int i = 0; i < argc; i++)
		dprintf(REPORT, "[%s]", argv[i]);
	return 0;
}

static void started(const struct child_program *p, const char *arguments)
{
	int ends[2], pidfd, status;
	struct spawn_fd fd;
	char text[128] = "";
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fd = (struct spawn_fd){ends[1], REPORT};
	assert_int_equal(child_spawn(p, &fd, 1, &pid, &pidfd), ERR_OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, arguments);
	close(ends[0]);
	close(ends[1]);
	close(pidfd);
}

static void a_child_is_told_so(void **state)
{
	static const char *const more[] = {"one", "two", NULL};
	static const char *const many[] = {"1", "2", "3", "4", "5", "6", NULL};
	struct child_program p = {.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
				  .name = CHILD,
				  .uid = 60708,
				  .level = LOG_LEVEL_INFO,
				  .run_dir = "/run"};
	int pidfd;
	pid_t pid;

	(void)state;
	assert_true(p.fd >= 0);
	started(&p, "[" CHILD "][60708][60708][2][/run]");
	p.more = more;
	started(&p, "[" CHILD "][60708][60708][2][/run][one][two]");
	p.more = many;
	assert_int_equal(child_spawn(&p, NULL, 0, &pid, &pidfd), ERR_ARG);
	close(p.fd);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_given_is_what_is_read),
	    cmocka_unit_test(nothing_else_is_taken),
	    cmocka_unit_test(a_child_is_told_so),
	};

	if (argc > 0 && strcmp(argv[0], CHILD) == 0)
		return report(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
