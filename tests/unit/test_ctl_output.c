/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shown: tables, words and JSON; and what status says about each gap. */
#include "tools/ctl/ctl_output.h"

#include "tools/ctl/ctl_coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
// cmocka.h needs some of the above
#include <cmocka.h>

/* What print leaves in memory; the caller frees it. */
static char *captured(void (*print)(FILE *f))
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	print(f);
	fclose(f);
	return text;
}

static void print_sample_table(FILE *f)
{
	const char *cells[] = {"NAME", "STATE", "bank", "running", NULL, ""};

	ctl_output_table(f, cells, 2, 3);
}

static void print_sample_text(FILE *f)
{
	ctl_output_wrapped(f, 2,
			   "A line that is longer than the seventy-eight columns of a page is "
			   "broken between two words.");
}

static void tables_are_aligned(void **state)
{
	char *text = captured(print_sample_table);

	(void)state;
	assert_string_equal(text, "NAME  STATE\nbank  running\n-     -\n");
	free(text);
}

static void row(const void *items, size_t i, void *text, const char **cells)
{
	snprintf(text, 8, "%d", ((const int *)items)[i]);
	cells[0] = text;
	cells[1] = i ? "later" : NULL;
}

/* Without items a table is its head. */
static void items(void **state)
{
	static const char *const head[] = {"N", "WHEN"};
	static const struct ctl_table table = {head, 2, 8, row};
	static const int numbers[] = {7, 1234};
	char text[64] = "";
	int out = dup(STDOUT_FILENO);
	struct ctl c = {0};
	FILE *f = tmpfile();

	(void)state;
	fflush(stdout);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	assert_int_equal(ctl_output_items(&c, &table, numbers, 2), ERR_OK);
	assert_int_equal(ctl_output_items(&c, &table, NULL, 0), ERR_OK);
	fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	rewind(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_string_equal(text, "N     WHEN\n7     -\n1234  later\nN  WHEN\n");
}

static void text_is_wrapped(void **state)
{
	char *text = captured(print_sample_text);

	(void)state;
	assert_string_equal(text,
			    "  A line that is longer than the seventy-eight columns of a page "
			    "is broken\n  between two words.\n");
	free(text);
}

static void values_in_words(void **state)
{
	const struct guest nobody = {0};
	const struct guest user = {GUEST_UNIX, {0, 0, 3, 0xe9, 0, 0, 0, 100}};
	uint8_t uuid[UUID_SIZE];
	char span[CTL_SPAN_TEXT], who[CTL_WHO_TEXT], size[CTL_SIZE_TEXT], when[CTL_TIME_TEXT],
	    text[CTL_UUID_TEXT];

	(void)state;
	for (size_t i = 0; i < UUID_SIZE; i++)
		uuid[i] = (uint8_t)(0xf0 + i);
	ctl_output_uuid(uuid, text);
	assert_string_equal(text, "f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff");
	ctl_output_guest(&user, who);
	assert_string_equal(who, "uid 1001 gid 100");
	ctl_output_guest(&nobody, who);
	assert_string_equal(who, "nobody");
	ctl_output_size(512, size);
	assert_string_equal(size, "512 B");
	ctl_output_size(48 * 1024, size);
	assert_string_equal(size, "48.0 KiB");
	ctl_output_size(UINT64_MAX, size);
	assert_string_equal(size, "16777216.0 TiB");
	ctl_output_span(1, span);
	assert_string_equal(span, "1 min");
	ctl_output_span(3600, span);
	assert_string_equal(span, "1 h 0 min");
	ctl_output_span(BUDGET_WINDOW_S, span);
	assert_string_equal(span, "24 h 0 min");
	ctl_output_time(0, when);
	assert_string_equal(when, "1970-01-01T00:00:00Z");
	ctl_output_time(UINT64_MAX, when);
	assert_string_equal(ctl_output_class(VTPM_MANDATORY), "mandatory");
	assert_string_equal(ctl_output_class(77), "unknown");
	assert_string_equal(ctl_output_state(0), "unknown");
}

static void a_vtpm_as_json(void **state)
{
	struct admin_vtpm v = {.name = "a\"b",
			       .vtpm_class = VTPM_MANDATORY,
			       .state = VTPM_RUNNING,
			       .version = UINT64_MAX,
			       .promised = {FRESHNESS_STRICT, BUDGET_DEGRADE, 200},
			       .in_force = {FRESHNESS_STRICT, BUDGET_DEGRADE, 200},
			       .asked = {FRESHNESS_SESSION, BUDGET_STALL, 0},
			       .wear_known = true,
			       .wear = {.used = 7, .budget = 200, .left = 60},
			       .path = "/run/x/tpm"};
	struct json_object *o = ctl_output_vtpm_json(&v);
	const char *text = json_object_to_json_string(o);
	struct json_object *back = json_tokener_parse(text);

	(void)state;
	assert_string_equal(json_object_get_string(json_object_object_get(back, "name")), "a\"b");
	assert_string_equal(json_object_get_string(json_object_object_get(back, "state")),
			    "running");
	assert_non_null(strstr(text, "18446744073709551615"));
	assert_non_null(strstr(text, "\"next_start\": { \"class\": \"strict\", "
				     "\"commits_per_day\": 200, \"at_end\": \"degrade\" }"));
	assert_non_null(strstr(text, "\"asked\": { \"class\": \"session\" }, "
				     "\"asked_is_weaker\": true"));
	assert_non_null(strstr(text, "\"wear\": { \"used\": 7, \"budget\": 200, "
				     "\"seconds_left\": 60, \"class\": \"strict\", "
				     "\"stalled\": false }"));
	json_object_put(back);
	json_object_put(o);
}

static const struct admin_status healthy = {
    .keys_up = true,
    .keys = {.provisioned = true,
	     .open = true,
	     .hierarchy = HIERARCHY_PLATFORM,
	     .measured = true,
	     .pinned = true},
};

/* The gaps' names, each followed by a space. */
static void gaps(const struct admin_status *s, char *out, size_t cap)
{
	struct ctl_coverage v;

	*out = '\0';
	for (size_t i = 0; i < ctl_coverage_count(); i++) {
		if (!ctl_coverage_at(s, i, &v) || v.covered)
			continue;
		assert_non_null(v.text);
		assert_non_null(v.action);
		strncat(out, v.item, cap - strlen(out) - 1);
		strncat(out, " ", cap - strlen(out) - 1);
	}
}

static void status_names_each_gap(void **state)
{
	struct admin_status s = {0};
	char text[256];

	(void)state;
	gaps(&healthy, text, sizeof(text));
	assert_string_equal(text, "");
	gaps(&s, text, sizeof(text));
	assert_string_equal(text, "key-keeper ");
	s.keys_up = true;
	gaps(&s, text, sizeof(text));
	assert_string_equal(text, "provisioned measured pinned ");
	s = healthy;
	s.keys.hierarchy = HIERARCHY_OWNER;
	gaps(&s, text, sizeof(text));
	assert_string_equal(text, "hierarchy clear ");
	s.keys.clear_disabled = true;
	s.keys.stalled = true;
	s.store_failing = true;
	gaps(&s, text, sizeof(text));
	assert_string_equal(text, "anchored store hierarchy ");
	s = healthy;
	s.isolation = ISOLATION_ENFORCING;
	gaps(&s, text, sizeof(text));
	assert_string_equal(text, "");
	s.isolation = ISOLATION_DUMMY;
	gaps(&s, text, sizeof(text));
	assert_string_equal(text, "isolation ");
}

static void status_tells_why_it_is_closed(void **state)
{
	struct admin_status s = healthy;
	struct ctl_coverage v;

	(void)state;
	s.keys.open = false;
	for (int f = FOUND_NOTHING; f < FOUND_COUNT; f++) {
		s.keys.found = (uint8_t)f;
		assert_true(ctl_coverage_at(&s, 2, &v));
		assert_string_equal(v.item, "open");
		assert_false(v.covered);
		assert_non_null(v.action);
		if (f != FOUND_NOTHING)
			assert_string_equal(v.text, finding_text(f));
	}
	s.keys.found = FOUND_ROLLBACK;
	assert_true(ctl_coverage_at(&s, 2, &v));
	assert_non_null(strstr(v.action, "recover --request"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tables_are_aligned),
	    cmocka_unit_test(items),
	    cmocka_unit_test(text_is_wrapped),
	    cmocka_unit_test(values_in_words),
	    cmocka_unit_test(a_vtpm_as_json),
	    cmocka_unit_test(status_names_each_gap),
	    cmocka_unit_test(status_tells_why_it_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
