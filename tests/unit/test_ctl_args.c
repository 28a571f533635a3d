/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: what is taken, what is refused, and what exit code an error becomes. */
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// cmocka.h needs the three above
#include <cmocka.h>

static const struct ctl_command sample = {
    .name = "sample",
    .args = "NAME [--level N] [-y]",
    .min_pos = 1,
    .max_pos = 2,
    .opts = {{"level", 'l', "N", "", true}, {"yes", 'y', NULL, "", false}},
};

#define WORDS_MAX 8

static enum err parse(struct ctl *c, struct ctl_args *out, const char *const *words)
{
	static char text[WORDS_MAX][64];
	struct ctl_globals g = {0};
	char *argv[WORDS_MAX];
	int argc = 0;

	for (; words[argc]; argc++) {
		strncpy(text[argc], words[argc], sizeof(text[argc]) - 1);
		argv[argc] = text[argc];
	}
	*c = (struct ctl){0};
	return ctl_args_parse(c, &sample, argc, argv, &g, out);
}

static void takes_every_spelling(void **state)
{
	static const char *const lines[][WORDS_MAX] = {
	    {"bank", "--level", "3", "-y"}, {"--level=3", "--yes", "bank"},
	    {"-l", "3", "-y", "bank"},      {"-l3", "bank", "-y"},
	    {"-l3", "-y", "--", "bank"},
	};
	struct ctl_args a;
	struct ctl c;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(&c, &a, lines[i]), ERR_OK);
		assert_int_equal(a.npos, 1);
		assert_string_equal(a.pos[0], "bank");
		assert_string_equal(a.opt[0], "3");
		assert_string_equal(a.opt[1], "");
	}
}

static void refuses_what_is_not_declared(void **state)
{
	static const char *const lines[][WORDS_MAX] = {
	    {"bank"},
	    {"--level", "3"},
	    {"bank", "--level"},
	    {"bank", "-l"},
	    {"bank", "-l3", "--nope"},
	    {"bank", "-l3", "--leve", "3"},
	    {"bank", "-l3", "--levels"},
	    {"bank", "-l3", "--yes=1"},
	    {"bank", "-l3", "-yx"},
	    {"bank", "-l3", "-l4"},
	    {"bank", "-l3", "-y", "-y"},
	    {"a", "b", "c", "-l3"},
	    {"bank", "-l3", "--socket"},
	};
	struct ctl_args a;
	struct ctl c;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(&c, &a, lines[i]), ERR_ARG);
		assert_string_not_equal(c.message, "");
	}
}

static void numbers_are_decimal_and_bounded(void **state)
{
	static const char *const bad[] = {
	    "", "-1", "+1", " 1", "1 ", "0x1", "1e3", "101", "99999999999999999999999", "a"};
	struct ctl c = {0};
	uint64_t v = 7;

	(void)state;
	assert_int_equal(ctl_args_number(&c, "N", "100", 100, &v), ERR_OK);
	assert_int_equal(v, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ctl_args_number(&c, "N", bad[i], 100, &v), ERR_ARG);
	assert_int_equal(v, 100);
}

static void quotas_are_whole_blocks(void **state)
{
	static const char *const bad[] = {"",     "K",     "0",    "8K",  "129K",
					  "132K", "17K",   "32KK", "32M", "4294967296",
					  "-32K", "16385", "32 K"};
	struct ctl c = {0};
	uint32_t v;

	(void)state;
	assert_int_equal(ctl_args_quota(&c, "32K", &v), ERR_OK);
	assert_int_equal(v, 32768);
	assert_int_equal(ctl_args_quota(&c, "131072", &v), ERR_OK);
	assert_int_equal(v, 131072);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ctl_args_quota(&c, bad[i], &v), ERR_ARG);
}

static void pcr_lists(void **state)
{
	static const char *const bad[] = {"",     "24",  "0-24", "7-0", "0,", ",0",
					  "0--1", "0 1", "a",    "-1",  "0-", "0x1"};
	struct ctl c = {0};
	uint32_t mask;

	(void)state;
	assert_int_equal(ctl_args_pcrs(&c, "0-7,15", &mask), ERR_OK);
	assert_int_equal(mask, 0x80ff);
	assert_int_equal(ctl_args_pcrs(&c, "23", &mask), ERR_OK);
	assert_int_equal(mask, 1u << 23);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ctl_args_pcrs(&c, bad[i], &mask), ERR_ARG);
}

static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(ctl_exit_code(ERR_OK), 0);
	assert_int_equal(ctl_exit_code(ERR_IO), 1);
	assert_int_equal(ctl_exit_code(ERR_FULL), 1);
	assert_int_equal(ctl_exit_code(ERR_ARG), 2);
	assert_int_equal(ctl_exit_code(ERR_DENIED), 3);
	assert_int_equal(ctl_exit_code(ERR_NOT_FOUND), 4);
	assert_int_equal(ctl_exit_code(ERR_UNAVAILABLE), 5);
	assert_int_equal(ctl_exit_code(ERR_EOF), 5);
	assert_int_equal(ctl_exit_code(ERR_STATE), 6);
	assert_int_equal(ctl_exit_code(ERR_EXISTS), 6);
	assert_int_equal(ctl_exit_code(ERR_ROLLBACK), 7);
	assert_int_equal(ctl_exit_code(ERR_SIGNATURE), 7);
	for (int e = ERR_OK + 1; e < ERR_COUNT + 2; e++)
		assert_int_not_equal(ctl_exit_code((enum err)e), 0);
}

static void every_command_is_complete(void **state)
{
	const struct ctl_command *cmd;
	const char *const two[] = {"platform", "init"};
	const char *const one[] = {"status", "x"};
	int words;

	(void)state;
	for (size_t i = 0; (cmd = ctl_help_command_at(i)); i++) {
		assert_non_null(cmd->fn);
		assert_non_null(cmd->brief);
		assert_non_null(cmd->help);
		assert_true(cmd->max_pos <= CTL_POS_MAX && cmd->min_pos <= cmd->max_pos);
		for (size_t k = 0; k < CTL_OPTS_MAX && cmd->opts[k].name; k++)
			assert_non_null(strstr(
			    cmd->args, cmd->opts[k].letter ? (char[]){'-', cmd->opts[k].letter, 0}
							   : cmd->opts[k].name));
	}
	assert_string_equal(ctl_help_find(2, two, &words)->name, "platform init");
	assert_int_equal(words, 2);
	assert_null(ctl_help_find(1, two, &words));
	assert_string_equal(ctl_help_find(2, one, &words)->name, "status");
	assert_int_equal(words, 1);
	assert_string_equal(ctl_help_similar("lsit"), "list");
	assert_null(ctl_help_similar("frobnicate-everything"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_every_spelling),
	    cmocka_unit_test(refuses_what_is_not_declared),
	    cmocka_unit_test(numbers_are_decimal_and_bounded),
	    cmocka_unit_test(quotas_are_whole_blocks),
	    cmocka_unit_test(pcr_lists),
	    cmocka_unit_test(exit_codes),
	    cmocka_unit_test(every_command_is_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
