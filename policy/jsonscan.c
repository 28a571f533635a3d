/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/jsonscan.h"

#include <stdbool.h>
#include <string.h>

struct scan {
	struct jsondoc *doc;
	struct policy_diag *diag;
	size_t at;
	unsigned depth;
};

#define END (-1) /* peek() past the last byte */

static int peek(const struct scan *s)
{
	return s->at < s->doc->len ? (unsigned char)s->doc->text[s->at] : END;
}

static enum err fault(const struct scan *s, size_t at, const char *text)
{
	return jsondoc_fault(s->doc, at, s->diag, "%s", text);
}

/* Something else stands here than what the grammar wants. */
static enum err expected(const struct scan *s, const char *what)
{
	int c = peek(s);

	if (c == END)
		return jsondoc_fault(s->doc, s->at, s->diag, "the file ends where %s is expected",
				     what);
	if (c > 0x20 && c < 0x7f)
		return jsondoc_fault(s->doc, s->at, s->diag, "found '%c' where %s is expected", c,
				     what);
	return jsondoc_fault(s->doc, s->at, s->diag, "found byte 0x%02x where %s is expected",
			     (unsigned)c, what);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void skip_space(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
		s->at++;
}

static bool accept(struct scan *s, char c)
{
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

static enum err scan_escape(struct scan *s)
{
	if (accept(s, 'u')) {
		for (int i = 0; i < 4; i++, s->at++)
			if (!is_hex(peek(s)))
				return expected(s, "a hexadecimal digit");
		return ERR_OK;
	}
	if (peek(s) <= 0 || !strchr("\"\\/bfnrt", peek(s)))
		return expected(s, "an escape sequence");
	s->at++;
	return ERR_OK;
}

static enum err scan_string(struct scan *s)
{
	enum err e = ERR_OK;

	s->at++;
	while (!e && !accept(s, '"')) {
		if (peek(s) < 0x20)
			return expected(s, "the rest of a string");
		if (accept(s, '\\'))
			e = scan_escape(s);
		else
			s->at++;
	}
	return e;
}

/* Plain ASCII, so that equal keys are equal bytes, and can be shown to a person. */
static enum err scan_key(struct scan *s, struct jsonvalue *v)
{
	v->key_at = s->at;
	if (!accept(s, '"'))
		return expected(s, "a key in double quotes");
	while (peek(s) != '"') {
		if (peek(s) < 0x20 || peek(s) > 0x7e || peek(s) == '\\')
			return expected(s, "the rest of a key (printable ASCII, no escapes)");
		s->at++;
	}
	v->key_len = s->at - v->key_at - 1;
	s->at++;
	return ERR_OK;
}

static enum err scan_number(struct scan *s)
{
	size_t start;

	accept(s, '-');
	start = s->at;
	while (is_digit(peek(s)))
		s->at++;
	if (s->at == start)
		return expected(s, "a digit");
	if (s->doc->text[start] == '0' && s->at - start > 1)
		return fault(s, start, "a number does not begin with 0");
	if (peek(s) == '.' || peek(s) == 'e' || peek(s) == 'E')
		return fault(s, s->at, "numbers are whole: no fraction, no exponent");
	return ERR_OK;
}

static enum err scan_word(struct scan *s, struct jsonvalue *v)
{
	static const struct {
		const char *word;
		enum jsonkind kind;
	} words[] = {
	    {"null", JSON_NULL},
	    {"true", JSON_BOOLEAN},
	    {"false", JSON_BOOLEAN},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (s->doc->len - s->at < len || memcmp(s->doc->text + s->at, words[i].word, len))
			continue;
		s->at += len;
		v->kind = words[i].kind;
		return ERR_OK;
	}
	return expected(s, "a value");
}

static struct jsonvalue *new_value(struct scan *s)
{
	struct jsondoc *d = s->doc;

	return d->nvalues < d->capacity ? &d->values[d->nvalues++] : NULL;
}

static enum err scan_value(struct scan *s, struct jsonvalue *v);

/* The child after last (NULL: the first one); NULL if there are too many values. */
static struct jsonvalue *add_child(struct scan *s, struct jsonvalue *parent, struct jsonvalue *last)
{
	struct jsonvalue *v = new_value(s);

	if (!v)
		return NULL;
	if (last)
		last->next = v;
	else
		parent->first = v;
	parent->count++;
	return v;
}

static enum err too_many(const struct scan *s)
{
	return fault(s, s->at, "too many values");
}

static enum err scan_items(struct scan *s, struct jsonvalue *array)
{
	struct jsonvalue *last = NULL;
	enum err e;

	skip_space(s);
	if (accept(s, ']'))
		return ERR_OK;
	do {
		skip_space(s);
		last = add_child(s, array, last);
		e = last ? scan_value(s, last) : too_many(s);
		if (e)
			return e;
		skip_space(s);
	} while (accept(s, ','));
	return accept(s, ']') ? ERR_OK : expected(s, "',' or ']'");
}

static bool same_key(const struct scan *s, const struct jsonvalue *a, const struct jsonvalue *b)
{
	const char *text = s->doc->text;

	return a->key_len == b->key_len &&
	       memcmp(text + a->key_at, text + b->key_at, a->key_len + 1) == 0;
}

static enum err check_key(const struct scan *s, const struct jsonvalue *object,
			  const struct jsonvalue *member)
{
	if (object->count > JSONDOC_KEYS_MAX)
		return fault(s, member->key_at, "too many keys in one object");
	for (const struct jsonvalue *v = object->first; v != member; v = v->next)
		if (same_key(s, v, member))
			return jsondoc_fault(s->doc, member->key_at, s->diag,
					     "key \"%.*s\" stands here twice", (int)member->key_len,
					     s->doc->text + member->key_at + 1);
	return ERR_OK;
}

static enum err scan_member(struct scan *s, const struct jsonvalue *object,
			    struct jsonvalue *member)
{
	enum err e = scan_key(s, member);

	if (!e)
		e = check_key(s, object, member);
	if (e)
		return e;
	skip_space(s);
	if (!accept(s, ':'))
		return expected(s, "':'");
	skip_space(s);
	return scan_value(s, member);
}

static enum err scan_members(struct scan *s, struct jsonvalue *object)
{
	struct jsonvalue *last = NULL;
	enum err e;

	skip_space(s);
	if (accept(s, '}'))
		return ERR_OK;
	do {
		skip_space(s);
		last = add_child(s, object, last);
		e = last ? scan_member(s, object, last) : too_many(s);
		if (e)
			return e;
		skip_space(s);
	} while (accept(s, ','));
	return accept(s, '}') ? ERR_OK : expected(s, "',' or '}'");
}

static enum err scan_container(struct scan *s, struct jsonvalue *v)
{
	enum err e;

	if (s->depth == JSONDOC_DEPTH_MAX)
		return fault(s, s->at, "nested too deeply");
	s->depth++;
	s->at++;
	e = v->kind == JSON_OBJECT ? scan_members(s, v) : scan_items(s, v);
	s->depth--;
	return e;
}

static enum err scan_value(struct scan *s, struct jsonvalue *v)
{
	v->at = s->at;
	switch (peek(s)) {
	case '{':
		v->kind = JSON_OBJECT;
		return scan_container(s, v);
	case '[':
		v->kind = JSON_ARRAY;
		return scan_container(s, v);
	case '"':
		v->kind = JSON_STRING;
		return scan_string(s);
	default:
		if (peek(s) != '-' && !is_digit(peek(s)))
			return scan_word(s, v);
		v->kind = JSON_NUMBER;
		return scan_number(s);
	}
}

enum err jsonscan(struct jsondoc *d, struct policy_diag *diag)
{
	struct scan s = {.doc = d, .diag = diag};
	enum err e;

	d->nvalues = 1; /* the root */
	skip_space(&s);
	e = scan_value(&s, &d->values[0]);
	if (e)
		return e;
	skip_space(&s);
	return peek(&s) == END ? ERR_OK : expected(&s, "the end of the file");
}
