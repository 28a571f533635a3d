/* SPDX-License-Identifier: BSD-3-Clause */
/* How xl is run: programs that show what they are given stand in its place. */
#include "tools/agent/xl.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	struct loop *loop;
	struct xl *xl;
	unsigned done;
	enum err e;
	char output[4096];
};

static int set_up(void **state)
{
	static struct scene s;

	s = (struct scene){0};
	*state = &s;
	return loop_new(&s.loop);
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	xl_free(s->xl);
	loop_free(s->loop);
	return 0;
}

static void on_done(void *arg, enum err e, const char *output)
{
	struct scene *s = arg;

	s->done++;
	s->e = e;
	snprintf(s->output, sizeof(s->output), "%s", output);
	loop_stop(s->loop);
}

static struct xl_run *start(struct scene *s, const char *program, const struct xl_job *job)
{
	struct xl_job j = *job;
	struct xl_run *run;

	if (!s->xl)
		assert_int_equal(xl_new(s->loop, program, &s->xl), ERR_OK);
	j.done = on_done;
	j.arg = s;
	j.timeout_ms = j.timeout_ms ? j.timeout_ms : 20000;
	assert_int_equal(xl_start(s->xl, &j, &run), ERR_OK);
	return run;
}

static void run(struct scene *s, const char *program, const struct xl_job *job)
{
	start(s, program, job);
	assert_int_equal(s->done, 0);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_int_equal(s->done, 1);
}

static void test_arguments(void **state)
{
	struct scene *s = *state;

	run(s, "/usr/bin/printf",
	    &(struct xl_job){.args = {"<%s>", "a b", "$(id)", "; x", "*", "'"}});
	assert_int_equal(s->e, ERR_OK);
	assert_string_equal(s->output, "<a b><$(id)><; x><*><'>");
}

static void test_nothing_else(void **state)
{
	struct scene *s = *state;

	run(s, "/usr/bin/env", &(struct xl_job){.args = {"--null"}});
	assert_int_equal(s->e, ERR_OK);
	assert_string_equal(s->output, "");
}

static void test_descriptors(void **state)
{
	struct scene *s = *state;
	int fd = memfd_create("x", MFD_CLOEXEC);
	struct xl_job job = {.args = {"/dev/fd/4", "/dev/fd/3"}, .fds = {fd, fd, fd}, .nfds = 2};

	assert_int_equal(write(fd, "text\n", 5), 5);
	run(s, "/usr/bin/cat", &job);
	assert_int_equal(s->e, ERR_OK);
	assert_string_equal(s->output, "text\ntext\n");
	close(fd);
}

static void test_fails(void **state)
{
	struct scene *s = *state;
	char line[64];

	run(s, "/usr/bin/cat", &(struct xl_job){.args = {"/nowhere/a"}});
	assert_int_equal(s->e, ERR_IO);
	xl_last_line(s->output, line, sizeof(line));
	assert_non_null(strstr(line, "/nowhere/a: No such file"));
}

static void test_not_there(void **state)
{
	struct scene *s = *state;

	run(s, "/nowhere/xl", &(struct xl_job){.args = {"list"}});
	assert_int_equal(s->e, ERR_NOT_FOUND);
}

static void test_too_slow(void **state)
{
	struct scene *s = *state;

	run(s, "/usr/bin/sleep", &(struct xl_job){.args = {"600"}, .timeout_ms = 100});
	assert_int_equal(s->e, ERR_TIMEOUT);
}

static void test_unprintable(void **state)
{
	struct scene *s = *state;

	run(s, "/usr/bin/printf", &(struct xl_job){.args = {"a\\033[2Jb\\nc\\377"}});
	assert_string_equal(s->output, "a?[2Jb\nc?");
}

/* More than is kept is read all the same: the program must come to its end. */
static void test_much_output(void **state)
{
	struct scene *s = *state;

	run(s, "/usr/bin/seq", &(struct xl_job){.args = {"100000"}});
	assert_int_equal(s->e, ERR_OK);
	assert_memory_equal(s->output, "1\n2\n3\n", 6);
}

static void test_forgotten(void **state)
{
	struct scene *s = *state;

	xl_forget(start(s, "/usr/bin/printf", &(struct xl_job){.args = {"first"}}));
	start(s, NULL, &(struct xl_job){.args = {"second"}});
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_int_equal(s->done, 1);
	assert_string_equal(s->output, "second");
}

/* All of more than run at a time come to their turn. */
static void test_queue(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 3 * XL_PARALLEL; i++)
		start(s, "/usr/bin/printf", &(struct xl_job){.args = {"x"}});
	while (s->done < 3 * XL_PARALLEL)
		assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_int_equal(s->e, ERR_OK);
}

static void test_long_argument(void **state)
{
	struct scene *s = *state;
	char text[XL_ARG_MAX + 1];
	struct xl_job job = {.args = {text}, .timeout_ms = 1, .done = on_done, .arg = s};
	struct xl_run *r;

	memset(text, 'x', XL_ARG_MAX);
	text[XL_ARG_MAX] = '\0';
	assert_int_equal(xl_new(s->loop, "/usr/bin/printf", &s->xl), ERR_OK);
	assert_int_equal(xl_start(s->xl, &job, &r), ERR_TOO_BIG);
	job.args[0] = NULL;
	assert_int_equal(xl_start(s->xl, &job, &r), ERR_ARG);
}

static void test_last_line(void **state)
{
	char line[8];

	(void)state;
	xl_last_line("one\ntwo \n\n", line, sizeof(line));
	assert_string_equal(line, "two");
	xl_last_line("\n", line, sizeof(line));
	assert_string_equal(line, "");
	xl_last_line("a long line", line, sizeof(line));
	assert_string_equal(line, "a long ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_arguments),   TEST(test_nothing_else),  TEST(test_descriptors),
	    TEST(test_fails),       TEST(test_not_there),     TEST(test_too_slow),
	    TEST(test_unprintable), TEST(test_much_output),   TEST(test_forgotten),
	    TEST(test_queue),       TEST(test_long_argument), cmocka_unit_test(test_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
