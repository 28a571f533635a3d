/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_json.h"

#include "lib/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8

enum err ctl_json_bad(struct ctl_diag *diag, const char *format, ...)
{
	va_list ap;

	*diag = (struct ctl_diag){0};
	va_start(ap, format);
	vsnprintf(diag->text, sizeof(diag->text), format, ap);
	va_end(ap);
	return ERR_FORMAT;
}

static enum err syntax_error(const char *text, size_t at, const char *why, struct ctl_diag *diag)
{
	*diag = (struct ctl_diag){.line = 1, .column = 1};
	for (size_t i = 0; i < at; i++) {
		diag->column++;
		if (text[i] == '\n') {
			diag->line++;
			diag->column = 1;
		}
	}
	snprintf(diag->text, sizeof(diag->text), "not valid JSON: %s", why);
	return ERR_FORMAT;
}

/* Members of o and of everything inside it. */
static size_t count_members(struct json_object *o)
{
	size_t n = 0;

	if (json_object_is_type(o, json_type_array))
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += count_members(json_object_array_get_idx(o, i));
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value)
		{
			(void)key;
			n += 1 + count_members(value);
		}
	}
	return n;
}

/* Members as written: in valid JSON without escapes, the colons outside strings. */
static size_t count_colons(const char *text, size_t len)
{
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == ':')
			n++;
	}
	return n;
}

static bool only_space(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]))
			return false;
	return true;
}

static enum err parse_with(struct json_tokener *tok, const char *text, size_t len,
			   struct json_object **out, struct ctl_diag *diag)
{
	struct json_object *o = json_tokener_parse_ex(tok, text, (int)len);
	enum json_tokener_error why = json_tokener_get_error(tok);
	size_t end = json_tokener_get_parse_end(tok);
	enum err e = ERR_OK;

	if (why == json_tokener_continue)
		e = syntax_error(text, len, "it ends too early", diag);
	else if (why != json_tokener_success)
		e = syntax_error(text, end, json_tokener_error_desc(why), diag);
	else if (!only_space(text + end, len - end))
		e = syntax_error(text, end, "something follows the closing brace", diag);
	else if (!json_object_is_type(o, json_type_object))
		e = ctl_json_bad(diag, "must be a JSON object");
	else if (count_members(o) != count_colons(text, len))
		/* json-c keeps the last of two equal keys without a word. */
		e = ctl_json_bad(diag, "a key occurs twice in one object");
	if (e)
		json_object_put(o);
	else
		*out = o;
	return e;
}

enum err ctl_json_parse(const char *text, size_t len, struct json_object **out,
			struct ctl_diag *diag)
{
	struct json_tokener *tok;
	enum err e;

	/* Nothing here needs an escape, and json-c ends a key at an escaped NUL. */
	if (memchr(text, '\0', len) || memchr(text, '\\', len))
		return ctl_json_bad(diag, "NUL bytes and backslashes are not allowed");
	tok = json_tokener_new_ex(DEPTH_MAX);
	if (!tok)
		return ERR_NO_MEMORY;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
					JSON_TOKENER_VALIDATE_UTF8);
	e = parse_with(tok, text, len, out, diag);
	json_tokener_free(tok);
	return e;
}

static bool known_key(const char *key, const struct ctl_json_key *keys, size_t nkeys)
{
	for (size_t i = 0; i < nkeys; i++)
		if (strcmp(keys[i].name, key) == 0)
			return true;
	return false;
}

enum err ctl_json_keys(struct json_object *o, const char *name, const struct ctl_json_key *keys,
		       size_t nkeys, struct ctl_diag *diag)
{
	struct json_object *value;

	json_object_object_foreach(o, key, unused)
	{
		(void)unused;
		if (!known_key(key, keys, nkeys))
			return ctl_json_bad(diag, "unknown key \"%.64s\" in %s", key, name);
	}
	for (size_t i = 0; i < nkeys; i++) {
		if (!json_object_object_get_ex(o, keys[i].name, &value)) {
			if (keys[i].required)
				return ctl_json_bad(diag, "%s has no key \"%s\"", name,
						    keys[i].name);
		} else if (!json_object_is_type(value, keys[i].type)) {
			return ctl_json_bad(diag, "\"%s\" in %s must be of type %s", keys[i].name,
					    name, json_type_to_name(keys[i].type));
		}
	}
	return ERR_OK;
}

enum err ctl_json_number(struct json_object *o, const char *key, uint64_t max, uint64_t *out,
			 struct ctl_diag *diag)
{
	struct json_object *value = json_object_object_get(o, key);
	int64_t v = json_object_get_int64(value);

	if (v < 0 || (uint64_t)v > max)
		return ctl_json_bad(diag, "\"%s\" must be a number from 0 to %llu", key,
				    (unsigned long long)max);
	*out = (uint64_t)v;
	return ERR_OK;
}

enum err ctl_json_format_is_1(struct json_object *o, struct ctl_diag *diag)
{
	uint64_t format = 0;
	enum err e = ctl_json_number(o, "format", CTL_JSON_NUMBER_MAX, &format, diag);

	if (e || format == 1)
		return e;
	(void)ctl_json_bad(diag, "\"format\" is %llu; this program reads format 1",
			   (unsigned long long)format);
	return ERR_UNSUPPORTED;
}

enum err ctl_json_hex(struct json_object *o, const char *key, uint8_t *out, size_t len,
		      struct ctl_diag *diag)
{
	struct json_object *value = json_object_object_get(o, key);
	const char *s = json_object_get_string(value);
	bool ok = json_object_is_type(value, json_type_string) &&
		  (size_t)json_object_get_string_len(value) == 2 * len;

	if (!ok || hex_decode(s, out, len))
		return ctl_json_bad(diag, "\"%s\" must be %zu bytes in hexadecimal", key, len);
	return ERR_OK;
}

struct json_object *ctl_json_new_hex(const uint8_t *bytes, size_t len)
{
	char *text = malloc(2 * len + 1);
	struct json_object *o;

	if (!text)
		return NULL;
	hex_encode(bytes, len, text);
	o = json_object_new_string_len(text, (int)(2 * len));
	free(text);
	return o;
}

/* Bytes of the UTF-8 character at s (RFC 3629), 0 if there is none. s ends with a NUL. */
static size_t utf8_length(const char *s)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {
	    {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
		uint32_t v = (uint8_t)s[0] & (uint8_t)~forms[n].mask;
		size_t k = 1;

		if (((uint8_t)s[0] & forms[n].mask) != forms[n].lead)
			continue;
		for (; k <= n && ((uint8_t)s[k] & 0xc0) == 0x80; k++)
			v = v << 6 | ((uint8_t)s[k] & 0x3f);
		if (k <= n || v < forms[n].least || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
			return 0;
		return k;
	}
	return 0;
}

struct json_object *ctl_json_new_text(const char *text)
{
	char *copy = strdup(text);
	struct json_object *o;

	if (!copy)
		return NULL;
	for (size_t i = 0; copy[i];) {
		size_t n = utf8_length(copy + i);

		if (n == 0)
			copy[i] = '?';
		i += n ? n : 1;
	}
	o = json_object_new_string(copy);
	free(copy);
	return o;
}

char *ctl_json_text(struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(
	    o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
	char *line;

	return text && asprintf(&line, "%s\n", text) >= 0 ? line : NULL;
}
