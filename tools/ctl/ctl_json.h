/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_json: reading small JSON files strictly. Syntax errors, unknown,
 * duplicate and missing keys and values out of range are all ERR_FORMAT, with
 * a diagnosis.
 */
#ifndef TOOLS_CTL_JSON_H
#define TOOLS_CTL_JSON_H

#include "lib/err.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers in these files stay exact in every JSON implementation. */
#define CTL_JSON_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

struct ctl_diag {
	unsigned line; /* from 1; 0: the text says where */
	unsigned column;
	char text[256];
};

struct ctl_json_key {
	const char *name;
	enum json_type type;
	bool required;
};

/* Fills in diag without a position and returns ERR_FORMAT. */
enum err ctl_json_bad(struct ctl_diag *diag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One JSON object, nothing after it, no key twice. The caller puts it. */
enum err ctl_json_parse(const char *text, size_t len, struct json_object **out,
			struct ctl_diag *diag) MUST_USE;

/* Whether o has these keys, of these types, and no others. name is o's own, for the diagnosis. */
enum err ctl_json_keys(struct json_object *o, const char *name, const struct ctl_json_key *keys,
		       size_t nkeys, struct ctl_diag *diag) MUST_USE;

/* "format": 1. Anything else is a newer file: ERR_UNSUPPORTED. */
enum err ctl_json_format_is_1(struct json_object *o, struct ctl_diag *diag) MUST_USE;

/* A whole number 0..max of a key that is there. */
enum err ctl_json_number(struct json_object *o, const char *key, uint64_t max, uint64_t *out,
			 struct ctl_diag *diag) MUST_USE;

/* Exactly len bytes in hexadecimal, of a key that is there. */
enum err ctl_json_hex(struct json_object *o, const char *key, uint8_t *out, size_t len,
		      struct ctl_diag *diag) MUST_USE;

/* A new string object of bytes in hexadecimal. */
struct json_object *ctl_json_new_hex(const uint8_t *bytes, size_t len);

/* A new string object of any bytes: what is not UTF-8 becomes "?". */
struct json_object *ctl_json_new_text(const char *text);

/* The object as indented text with a newline at the end; malloc'd, NULL without memory. */
char *ctl_json_text(struct json_object *o);

#endif
