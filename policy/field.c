/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/field.h"

#include "policy/p256.h"

#include <json-c/json.h>
#include <string.h>

#define DESCRIPTION_MAX 255

enum err field_fault(struct reader *r, const struct jsonvalue *v, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	jsondoc_diagnose(r->doc, v->at, r->diag, format, args);
	va_end(args);
	return ERR_FORMAT;
}

enum err field_key_fault(struct reader *r, const struct jsonvalue *v, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	jsondoc_diagnose(r->doc, v->key_at, r->diag, format, args);
	va_end(args);
	return ERR_FORMAT;
}

struct field_shown field_show(const char *text)
{
	struct field_shown s = {""};
	size_t i = 0;

	for (; text[i] && i < FIELD_SHOWN_MAX; i++)
		s.text[i] = text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?';
	if (text[i])
		memcpy(s.text + i, "...", 3);
	return s;
}

static enum err require_kind(struct reader *r, const struct jsonvalue *v, enum jsonkind kind)
{
	if (v->kind == kind)
		return ERR_OK;
	return field_fault(r, v, "expected %s, found %s", jsondoc_kind_name(kind),
			   jsondoc_kind_name(v->kind));
}

static bool is_field(const struct field *fields, size_t nfields, const char *key)
{
	for (size_t i = 0; i < nfields; i++)
		if (strcmp(fields[i].key, key) == 0)
			return true;
	return false;
}

static enum err check_keys(struct reader *r, const struct jsonvalue *object,
			   const struct field *fields, size_t nfields)
{
	for (const struct jsonvalue *v = object->first; v; v = v->next)
		if (!is_field(fields, nfields, v->key))
			return field_key_fault(r, v, "unknown key \"%s\"", field_show(v->key).text);
	return ERR_OK;
}

enum err field_object(struct reader *r, const struct jsonvalue *v, const struct field *fields,
		      size_t nfields, void *into)
{
	enum err e = require_kind(r, v, JSON_OBJECT);

	if (!e)
		e = check_keys(r, v, fields, nfields);
	for (size_t i = 0; !e && i < nfields; i++) {
		const struct jsonvalue *member = jsondoc_member(v, fields[i].key);

		if (member)
			e = fields[i].read(r, member, (char *)into + fields[i].offset);
		else if (fields[i].required)
			e = field_fault(r, v, "key \"%s\" is missing", fields[i].key);
	}
	return e;
}

static enum err check_count(struct reader *r, const struct jsonvalue *v,
			    const struct field_bounds *bounds)
{
	if (v->count < bounds->min)
		return field_fault(r, v, "too few %s: at least %u", bounds->what, bounds->min);
	if (v->count > bounds->max)
		return field_fault(r, v, "too many %s: at most %u", bounds->what, bounds->max);
	return ERR_OK;
}

static enum err each(struct reader *r, const struct jsonvalue *v, const struct field_bounds *bounds,
		     field_fn fn, void *into)
{
	enum err e = check_count(r, v, bounds);

	for (const struct jsonvalue *child = v->first; !e && child; child = child->next)
		e = fn(r, child, into);
	return e;
}

enum err field_members(struct reader *r, const struct jsonvalue *v,
		       const struct field_bounds *bounds, field_fn fn, void *into)
{
	enum err e = require_kind(r, v, JSON_OBJECT);

	return e ? e : each(r, v, bounds, fn, into);
}

enum err field_items(struct reader *r, const struct jsonvalue *v, const struct field_bounds *bounds,
		     field_fn fn, void *into)
{
	enum err e = require_kind(r, v, JSON_ARRAY);

	return e ? e : each(r, v, bounds, fn, into);
}

static enum err check_distinct(struct reader *r, const struct jsonvalue *list)
{
	const char *name, *earlier;
	enum err e;

	for (const struct jsonvalue *v = list->first; v; v = v->next) {
		e = field_string(r, v, &name);
		for (const struct jsonvalue *u = list->first; !e && u != v; u = u->next) {
			e = field_string(r, u, &earlier);
			if (!e && strcmp(name, earlier) == 0)
				e = field_fault(r, v, "\"%s\" stands here twice",
						field_show(name).text);
		}
		if (e)
			return e;
	}
	return ERR_OK;
}

enum err field_names(struct reader *r, const struct jsonvalue *v, const struct field_bounds *bounds,
		     field_fn fn, void *into)
{
	enum err e = require_kind(r, v, JSON_ARRAY);

	if (!e)
		e = check_count(r, v, bounds);
	if (!e)
		e = check_distinct(r, v);
	return e ? e : each(r, v, bounds, fn, into);
}

static bool has_nul(const struct jsonvalue *v)
{
	return strlen(json_object_get_string(v->c)) != (size_t)json_object_get_string_len(v->c);
}

enum err field_string(struct reader *r, const struct jsonvalue *v, const char **out)
{
	enum err e = require_kind(r, v, JSON_STRING);

	if (!e && has_nul(v))
		e = field_fault(r, v, "a string does not contain NUL");
	if (!e)
		*out = json_object_get_string(v->c);
	return e;
}

enum err field_number(struct reader *r, const struct jsonvalue *v, uint64_t min, uint64_t max,
		      uint64_t *out)
{
	enum err e = require_kind(r, v, JSON_NUMBER);
	uint64_t number;

	if (e)
		return e;
	/* json-c gives 0 for what is negative and the largest value for what is larger. */
	number = json_object_get_uint64(v->c);
	if (r->doc->text[v->at] == '-' || number < min || number > max)
		return field_fault(r, v, "out of range: %llu to %llu", (unsigned long long)min,
				   (unsigned long long)max);
	*out = number;
	return ERR_OK;
}

static bool is_id(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return *s >= 'a' && *s <= 'z' && len <= POLICY_ID_MAX && s[len] == '\0';
}

#define ID_RULE "an id is 1 to 63 of a-z, 0-9 and '-' and begins with a letter"

enum err field_id(struct reader *r, const struct jsonvalue *v, void *into)
{
	const char *text;
	enum err e = field_string(r, v, &text);

	if (e)
		return e;
	if (!is_id(text))
		return field_fault(r, v, ID_RULE);
	memcpy(into, text, strlen(text) + 1);
	return ERR_OK;
}

enum err field_key_id(struct reader *r, const struct jsonvalue *v, void *into)
{
	if (!is_id(v->key))
		return field_key_fault(r, v, ID_RULE);
	memcpy(into, v->key, v->key_len + 1);
	return ERR_OK;
}

enum err field_description(struct reader *r, const struct jsonvalue *v, void *into)
{
	const char *text;
	enum err e = field_string(r, v, &text);

	(void)into;
	if (!e && strlen(text) > DESCRIPTION_MAX)
		e = field_fault(r, v, "a description has at most %u bytes", DESCRIPTION_MAX);
	return e;
}

enum err field_point(struct reader *r, const struct jsonvalue *v, void *into)
{
	const char *text;
	enum err e = field_string(r, v, &text);

	if (e)
		return e;
	if (p256_parse(text, into))
		return field_fault(r, v, "not a P-256 public key: 04, x and y in 130 hex digits");
	return ERR_OK;
}
