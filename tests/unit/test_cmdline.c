/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ARGUMENTS_MAX 8

struct wanted {
	const char *colour;
	bool loud, verbose;
};

static bool set_loud(void *options, const char *text)
{
	struct wanted *w = options;

	w->loud = !text || strcmp(text, "yes") == 0;
	return w->loud;
}

static const struct cmdline_option table[] = {
    {"colour", "NAME", offsetof(struct wanted, colour), NULL, "of the bicycle shed"},
    {"loud", NULL, 0, set_loud, "say so"},
    {"how-loud", "yes|no", 0, set_loud, "or not"},
};
static const struct cmdline cmdline = {"shed", "Paints.\n", table, 3};

static enum cmdline_next parse(struct wanted *w, const char *const *arguments)
{
	char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t) "shed"};
	int argc = 1;

	for (; arguments[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
	*w = (struct wanted){.colour = "grey"};
	return cmdline_parse(&cmdline, argc, argv, w, &w->verbose);
}

#define PARSE(w, ...) parse(w, (const char *const[]){__VA_ARGS__, NULL})

static void options_fill_the_struct(void **state)
{
	struct wanted w;

	(void)state;
	assert_int_equal(parse(&w, (const char *const[]){NULL}), CMDLINE_RUN);
	assert_string_equal(w.colour, "grey");
	assert_false(w.loud || w.verbose);
	assert_int_equal(PARSE(&w, "--colour", "red", "--loud", "-v"), CMDLINE_RUN);
	assert_string_equal(w.colour, "red");
	assert_true(w.loud && w.verbose);
	assert_int_equal(PARSE(&w, "--colour=blue", "--how-loud=yes"), CMDLINE_RUN);
	assert_string_equal(w.colour, "blue");
	assert_true(w.loud);
}

static void help_and_version_are_all_that_is_done(void **state)
{
	struct wanted w;

	(void)state;
	assert_int_equal(PARSE(&w, "--help", "--no-such"), CMDLINE_DONE);
	assert_int_equal(PARSE(&w, "-h"), CMDLINE_DONE);
	assert_int_equal(PARSE(&w, "--version"), CMDLINE_DONE);
	assert_int_equal(PARSE(&w, "-V"), CMDLINE_DONE);
}

static void what_is_wrong_is_refused(void **state)
{
	struct wanted w;

	(void)state;
	assert_int_equal(PARSE(&w, "--no-such"), CMDLINE_USAGE);
	assert_int_equal(PARSE(&w, "-x"), CMDLINE_USAGE);
	assert_int_equal(PARSE(&w, "--colour"), CMDLINE_USAGE);
	assert_int_equal(PARSE(&w, "--loud=yes"), CMDLINE_USAGE);
	assert_int_equal(PARSE(&w, "--how-loud", "no"), CMDLINE_USAGE);
	assert_int_equal(PARSE(&w, "brush"), CMDLINE_USAGE);
	assert_int_equal(PARSE(&w, "--loud", "--", "brush"), CMDLINE_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_fill_the_struct),
	    cmocka_unit_test(help_and_version_are_all_that_is_done),
	    cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
