/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jsondoc: strict JSON (RFC 8259) with the position of every value.
 *
 * json-c decodes the values; a scan of our own goes over the text first,
 * because json-c tells no positions, lets the last of two equal keys win
 * and accepts NaN. The scan is stricter than the RFC where a policy has no
 * use for the freedom: keys are printable ASCII without escapes, numbers are
 * whole. Depth, values and keys per object are bounded.
 */
#ifndef POLICY_JSONDOC_H
#define POLICY_JSONDOC_H

#include "lib/err.h"
#include "policy/policy.h"

#include <stdarg.h>
#include <stddef.h>

struct json_object;

#define JSONDOC_DEPTH_MAX  8
#define JSONDOC_VALUES_MAX 16384
#define JSONDOC_KEYS_MAX   256 /* in one object */

enum jsonkind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct jsonvalue {
	enum jsonkind kind;
	size_t at;               /* offset of its first byte in the text */
	const char *key;         /* of an object's member, NUL-terminated; otherwise NULL */
	size_t key_at;           /* offset of the key's opening quote */
	size_t key_len;          /* without quotes */
	struct json_object *c;   /* json-c's value; borrowed */
	struct jsonvalue *first; /* child of an array or object, in file order */
	struct jsonvalue *next;  /* sibling */
	unsigned count;          /* children */
};

struct jsondoc {
	const char *text; /* borrowed; must outlive the document */
	size_t len;
	struct json_object *tree;
	struct jsonvalue *values; /* values[0] is the root */
	size_t nvalues;
	size_t capacity;
};

/* ERR_FORMAT with *diag, ERR_NO_MEMORY. On success free with jsondoc_free(). */
enum err jsondoc_parse(const char *text, size_t len, struct jsondoc *out,
		       struct policy_diag *diag) MUST_USE;
void jsondoc_free(struct jsondoc *d);

/* The member of an object with this key, or NULL. */
const struct jsonvalue *jsondoc_member(const struct jsonvalue *object, const char *key);

/* "an object", "a string" ... */
const char *jsondoc_kind_name(enum jsonkind kind);

/* Fills in *diag with the line and column of offset and the formatted text; always ERR_FORMAT. */
enum err jsondoc_fault(const struct jsondoc *d, size_t offset, struct policy_diag *diag,
		       const char *format, ...) __attribute__((format(printf, 4, 5))) MUST_USE;
/* The same, for those that wrap it. */
void jsondoc_diagnose(const struct jsondoc *d, size_t offset, struct policy_diag *diag,
		      const char *format, va_list args) __attribute__((format(printf, 4, 0)));

#endif
