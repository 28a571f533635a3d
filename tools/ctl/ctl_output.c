/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_output.h"

#include "lib/field.h"
#include "lib/rbuf.h"
#include "lib/uuid.h"
#include "tools/ctl/ctl_file.h"
#include "tools/ctl/ctl_json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WRAP_COLUMN 78

enum err ctl_output_json(struct ctl *c, struct json_object *o)
{
	char *text = ctl_json_text(o);
	enum err e;

	json_object_put(o);
	if (!text)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	e = ctl_file_write(c, NULL, text, strlen(text));
	free(text);
	return e;
}

static void add_where(struct json_object *o, const struct ctl_where *w)
{
	if (w->file)
		json_object_object_add(o, "file", ctl_json_new_text(w->file));
	if (w->line) {
		json_object_object_add(o, "line", json_object_new_int64(w->line));
		json_object_object_add(o, "column", json_object_new_int64(w->column));
	}
}

static void error_json(const struct ctl *c, enum err e)
{
	struct json_object *outer = json_object_new_object();
	struct json_object *o = json_object_new_object();
	char *text;

	json_object_object_add(o, "code", json_object_new_string(err_name(e)));
	if (c->rule[0])
		json_object_object_add(o, "rule", json_object_new_string(c->rule));
	add_where(o, &c->where);
	json_object_object_add(o, "message", ctl_json_new_text(c->message));
	json_object_object_add(outer, "error", o);
	text = ctl_json_text(outer);
	if (text)
		fputs(text, stdout);
	free(text);
	json_object_put(outer);
}

void ctl_output_error(const struct ctl *c, enum err e)
{
	if (c->json) {
		error_json(c, e);
		return;
	}
	fputs("vtpmctl: ", stderr);
	if (c->where.file)
		fprintf(stderr, "%s:", c->where.file);
	if (c->where.line)
		fprintf(stderr, "%u:%u:", c->where.line, c->where.column);
	fprintf(stderr, "%s%s", c->where.file ? " " : "", c->message);
	if (c->rule[0])
		fprintf(stderr, " (rule \"%s\")", c->rule);
	fputc('\n', stderr);
	if (e == ERR_ARG && c->command)
		fprintf(stderr, "usage: vtpmctl %s%s%s\nSee 'vtpmctl help %s'.\n", c->command->name,
			c->command->args[0] ? " " : "", c->command->args, c->command->name);
}

static const char *cell(const char *const *cells, size_t i)
{
	return cells[i] && cells[i][0] ? cells[i] : "-";
}

static int column_width(const char *const *cells, size_t column, size_t columns, size_t rows)
{
	size_t width = 0;

	for (size_t r = 0; r < rows; r++) {
		size_t n = strlen(cell(cells, r * columns + column));

		width = n > width ? n : width;
	}
	return (int)width;
}

void ctl_output_table(FILE *f, const char *const *cells, size_t columns, size_t rows)
{
	int width[CTL_TABLE_COLUMNS];

	for (size_t k = 0; k + 1 < columns; k++)
		width[k] = column_width(cells, k, columns, rows);
	for (size_t r = 0; r < rows; r++) {
		for (size_t k = 0; k + 1 < columns; k++)
			fprintf(f, "%-*s  ", width[k], cell(cells, r * columns + k));
		fprintf(f, "%s\n", cell(cells, r * columns + columns - 1));
	}
}

enum err ctl_output_items(struct ctl *c, const struct ctl_table *t, const void *items, size_t n)
{
	const char **cells = calloc((n + 1) * t->columns, sizeof(*cells));
	char *text = calloc(n + 1, t->text_size);
	enum err e = ERR_OK;

	if (cells && text) {
		memcpy(cells, t->head, t->columns * sizeof(*cells));
		for (size_t i = 0; i < n; i++)
			t->row(items, i, text + i * t->text_size, cells + (i + 1) * t->columns);
		ctl_output_table(stdout, cells, t->columns, n + 1);
	} else {
		e = ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	}
	free(cells);
	free(text);
	return e;
}

void ctl_output_wrapped(FILE *f, unsigned indent, const char *text)
{
	size_t at = 0; /* characters on this line */

	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > 0 && at + 1 + n > WRAP_COLUMN) {
			fputc('\n', f);
			at = 0;
		}
		at += (size_t)fprintf(f, "%*s%.*s", at ? 1 : (int)indent, "", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', f);
}

void ctl_output_gap(unsigned indent, const char *item, const char *text, const char *action)
{
	char what[512];

	printf("%s\n", item);
	ctl_output_wrapped(stdout, indent, text);
	snprintf(what, sizeof(what), "What to do: %s.", action);
	ctl_output_wrapped(stdout, indent, what);
}

void ctl_output_uuid(const uint8_t uuid[UUID_SIZE], char out[CTL_UUID_TEXT])
{
	memcpy(out, uuid_format(uuid).s, CTL_UUID_TEXT);
}

void ctl_output_time(uint64_t seconds, char out[CTL_TIME_TEXT])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, CTL_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, CTL_TIME_TEXT, "unknown");
}

void ctl_output_size(uint64_t bytes, char out[CTL_SIZE_TEXT])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		u++;
	}
	snprintf(out, CTL_SIZE_TEXT, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

void ctl_output_span(uint32_t seconds, char out[CTL_SPAN_TEXT])
{
	uint32_t minutes = seconds / 60 + (seconds % 60 > 0);

	if (minutes < 60)
		snprintf(out, CTL_SPAN_TEXT, "%u min", minutes);
	else
		snprintf(out, CTL_SPAN_TEXT, "%u h %u min", minutes / 60, minutes % 60);
}

void ctl_output_guest(const struct guest *g, char out[CTL_WHO_TEXT])
{
	struct rbuf r;

	rbuf_init(&r, g->id, sizeof(g->id));
	if (g->kind == GUEST_UNIX) {
		uint32_t uid = rbuf_u32(&r);

		snprintf(out, CTL_WHO_TEXT, "uid %u gid %u", uid, rbuf_u32(&r));
	} else if (g->kind == GUEST_XEN) {
		snprintf(out, CTL_WHO_TEXT, "domain ");
		ctl_output_uuid(g->id, out + strlen(out));
	} else {
		snprintf(out, CTL_WHO_TEXT, "nobody");
	}
}

static const char *const classes[] = {
    [VTPM_DISCRETIONARY] = "discretionary", [VTPM_MANDATORY] = "mandatory"};
static const char *const states[] = {
    [VTPM_STOPPED] = "stopped",     [VTPM_STARTING] = "starting", [VTPM_RUNNING] = "running",
    [VTPM_STOPPING] = "stopping",   [VTPM_FAILED] = "failed",     [VTPM_SUSPENDING] = "suspending",
    [VTPM_SUSPENDED] = "suspended",
};
static const char *const hierarchies[] = {
    [HIERARCHY_PLATFORM] = "platform", [HIERARCHY_OWNER] = "owner"};

static const char *word(const char *const *words, size_t n, unsigned i)
{
	return i < n && words[i] ? words[i] : "unknown";
}

const char *ctl_output_class(unsigned vtpm_class)
{
	return word(classes, sizeof(classes) / sizeof(classes[0]), vtpm_class);
}

const char *ctl_output_state(unsigned vtpm_state)
{
	return word(states, sizeof(states) / sizeof(states[0]), vtpm_state);
}

const char *ctl_output_hierarchy(unsigned hierarchy)
{
	return word(hierarchies, sizeof(hierarchies) / sizeof(hierarchies[0]), hierarchy);
}

struct json_object *ctl_output_pcrs_json(uint32_t mask)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < PCRS_MAX; i++)
		if (mask & UINT32_C(1) << i)
			json_object_array_add(list, json_object_new_int(i));
	return list;
}

struct json_object *ctl_output_digest_json(const struct digest *d)
{
	return ctl_json_new_hex(d->b, sizeof(d->b));
}

struct json_object *ctl_output_time_json(uint64_t seconds)
{
	char text[CTL_TIME_TEXT];

	ctl_output_time(seconds, text);
	return json_object_new_string(text);
}

static struct json_object *guest_json(const struct guest *g)
{
	struct json_object *o = json_object_new_object();
	char uuid[CTL_UUID_TEXT];
	struct rbuf r;

	rbuf_init(&r, g->id, sizeof(g->id));
	if (g->kind == GUEST_UNIX) {
		json_object_object_add(o, "uid", json_object_new_int64(rbuf_u32(&r)));
		json_object_object_add(o, "gid", json_object_new_int64(rbuf_u32(&r)));
	} else if (g->kind == GUEST_XEN) {
		ctl_output_uuid(g->id, uuid);
		json_object_object_add(o, "domain", json_object_new_string(uuid));
	}
	return o;
}

struct json_object *ctl_output_freshness_json(const struct freshness *f)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "class", json_object_new_string(freshness_class_name(f->fresh)));
	if (f->commits_per_day == 0)
		return o;
	json_object_object_add(o, "commits_per_day", json_object_new_int64(f->commits_per_day));
	json_object_object_add(o, "at_end", json_object_new_string(freshness_end_name(f->at_end)));
	return o;
}

static struct json_object *wear_json(const struct keys_wear *w)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "used", json_object_new_int64(w->used));
	json_object_object_add(o, "budget", json_object_new_int64(w->budget));
	json_object_object_add(o, "seconds_left", json_object_new_int64(w->left));
	json_object_object_add(o, "class", json_object_new_string(freshness_class_name(w->fresh)));
	json_object_object_add(o, "stalled", json_object_new_boolean(w->stalled));
	return o;
}

/* What holds now, from the next start on, and whether the policy asks for less than that. */
static struct json_object *terms_json(const struct admin_vtpm *v)
{
	struct freshness next = freshness_effective(&v->promised, &v->asked);
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "in_force", ctl_output_freshness_json(&v->in_force));
	json_object_object_add(o, "next_start", ctl_output_freshness_json(&next));
	json_object_object_add(o, "promised", ctl_output_freshness_json(&v->promised));
	json_object_object_add(o, "asked", ctl_output_freshness_json(&v->asked));
	json_object_object_add(o, "asked_is_weaker",
			       json_object_new_boolean(freshness_weaker(&v->promised, &v->asked)));
	return o;
}

struct json_object *ctl_output_vtpm_json(const struct admin_vtpm *v)
{
	struct json_object *o = json_object_new_object();
	char uuid[CTL_UUID_TEXT];

	ctl_output_uuid(v->uuid, uuid);
	json_object_object_add(o, "uuid", json_object_new_string(uuid));
	json_object_object_add(o, "name", json_object_new_string(v->name));
	json_object_object_add(o, "stakeholder", json_object_new_string(v->stakeholder));
	json_object_object_add(o, "class", json_object_new_string(ctl_output_class(v->vtpm_class)));
	json_object_object_add(o, "state", json_object_new_string(ctl_output_state(v->state)));
	json_object_object_add(o, "last_error",
			       json_object_new_string(err_name(err_from_wire(v->last_err))));
	json_object_object_add(o, "generation", json_object_new_int64(v->generation));
	json_object_object_add(o, "version", json_object_new_uint64(v->version));
	json_object_object_add(o, "quota", json_object_new_int64(v->quota));
	json_object_object_add(o, "used", json_object_new_int64(v->used));
	json_object_object_add(o, "restarts", json_object_new_int64(v->restarts));
	json_object_object_add(o, "created", ctl_output_time_json(v->created));
	json_object_object_add(o, "own_authority", json_object_new_boolean(v->own_authority));
	json_object_object_add(o, "recovered", json_object_new_boolean(v->recovered));
	json_object_object_add(o, "freshness", terms_json(v));
	if (v->wear_known)
		json_object_object_add(o, "wear", wear_json(&v->wear));
	json_object_object_add(o, "guest", guest_json(&v->guest));
	if (!field_is_zero(v->domain, UUID_SIZE))
		json_object_object_add(o, "domain",
				       json_object_new_string(uuid_format(v->domain).s));
	json_object_object_add(o, "path",
			       json_object_new_string(v->state == VTPM_RUNNING ? v->path : ""));
	return o;
}
