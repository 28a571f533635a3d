/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/jsondoc.h"

#include "policy/jsonscan.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *jsondoc_kind_name(enum jsonkind kind)
{
	static const char *const names[] = {
	    [JSON_NULL] = "null",       [JSON_BOOLEAN] = "a boolean", [JSON_NUMBER] = "a number",
	    [JSON_STRING] = "a string", [JSON_ARRAY] = "a list",      [JSON_OBJECT] = "an object",
	};

	return names[kind];
}

void jsondoc_diagnose(const struct jsondoc *d, size_t offset, struct policy_diag *diag,
		      const char *format, va_list args)
{
	diag->line = 1;
	diag->column = 1;
	for (size_t i = 0; i < offset; i++) {
		diag->column++;
		if (d->text[i] == '\n') {
			diag->line++;
			diag->column = 1;
		}
	}
	vsnprintf(diag->text, sizeof(diag->text), format, args);
}

enum err jsondoc_fault(const struct jsondoc *d, size_t offset, struct policy_diag *diag,
		       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	jsondoc_diagnose(d, offset, diag, format, args);
	va_end(args);
	return ERR_FORMAT;
}

const struct jsonvalue *jsondoc_member(const struct jsonvalue *object, const char *key)
{
	for (const struct jsonvalue *v = object->first; v; v = v->next)
		if (strcmp(v->key, key) == 0)
			return v;
	return NULL;
}

static enum err decode(struct jsondoc *d, struct policy_diag *diag)
{
	struct json_tokener *tok = json_tokener_new_ex(JSONDOC_DEPTH_MAX + 1);
	enum err e = ERR_OK;

	if (!tok)
		return ERR_NO_MEMORY;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
					JSON_TOKENER_VALIDATE_UTF8);
	d->tree = json_tokener_parse_ex(tok, d->text, (int)d->len);
	if (!d->tree)
		e = jsondoc_fault(d, json_tokener_get_parse_end(tok), diag, "%s",
				  json_tokener_error_desc(json_tokener_get_error(tok)));
	json_tokener_free(tok);
	return e;
}

static void attach(struct jsonvalue *v, struct json_object *c);

/* json-c keeps the order of members, and the scan has refused equal keys: both walk alike. */
static void attach_members(struct jsonvalue *object, struct json_object *c)
{
	struct jsonvalue *member = object->first;
	struct json_object_iterator it = json_object_iter_begin(c);
	struct json_object_iterator end = json_object_iter_end(c);

	for (; member && !json_object_iter_equal(&it, &end); member = member->next) {
		member->key = json_object_iter_peek_name(&it);
		attach(member, json_object_iter_peek_value(&it));
		json_object_iter_next(&it);
	}
}

static void attach_items(struct jsonvalue *array, struct json_object *c)
{
	size_t i = 0;

	for (struct jsonvalue *item = array->first; item; item = item->next)
		attach(item, json_object_array_get_idx(c, i++));
}

/* Gives every scanned value its decoded one. Recursion is bounded by JSONDOC_DEPTH_MAX. */
static void attach(struct jsonvalue *v, struct json_object *c)
{
	v->c = c;
	if (v->kind == JSON_OBJECT)
		attach_members(v, c);
	else if (v->kind == JSON_ARRAY)
		attach_items(v, c);
}

static enum err allocate(struct jsondoc *d)
{
	/* Every value but the last is followed by a separator. */
	d->capacity = d->len / 2 + 1;
	if (d->capacity > JSONDOC_VALUES_MAX)
		d->capacity = JSONDOC_VALUES_MAX;
	d->values = calloc(d->capacity, sizeof(*d->values));
	return d->values ? ERR_OK : ERR_NO_MEMORY;
}

enum err jsondoc_parse(const char *text, size_t len, struct jsondoc *out, struct policy_diag *diag)
{
	struct jsondoc d = {.text = text, .len = len};
	enum err e;

	if (len > POLICY_TEXT_MAX)
		return jsondoc_fault(&d, 0, diag, "the file is longer than %u bytes",
				     POLICY_TEXT_MAX);
	e = allocate(&d);
	if (!e)
		e = jsonscan(&d, diag);
	if (!e && d.values[0].kind != JSON_OBJECT)
		e = jsondoc_fault(&d, d.values[0].at, diag, "expected an object, found %s",
				  jsondoc_kind_name(d.values[0].kind));
	if (!e)
		e = decode(&d, diag);
	if (e) {
		jsondoc_free(&d);
		return e;
	}
	attach(&d.values[0], d.tree);
	*out = d;
	return ERR_OK;
}

void jsondoc_free(struct jsondoc *d)
{
	json_object_put(d->tree);
	free(d->values);
	*d = (struct jsondoc){0};
}
