/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * field: reads JSON values into the model by tables of allowed keys. What a
 * table does not name is an error, at its line and column.
 */
#ifndef POLICY_FIELD_H
#define POLICY_FIELD_H

#include "policy/jsondoc.h"
#include "policy/model.h"

/* One reading of one file. */
struct reader {
	const struct jsondoc *doc;
	struct policy *policy; /* being built */
	struct policy_diag *diag;
};

/* Reads v into what the table's user says `into` is. */
typedef enum err (*field_fn)(struct reader *r, const struct jsonvalue *v, void *into);

struct field {
	const char *key;
	bool required;
	field_fn read;
	size_t offset; /* of what it reads into, within the object's struct */
};

/* How many of a thing there may be, and its name for messages. */
struct field_bounds {
	const char *what;
	unsigned min;
	unsigned max;
};

/* ERR_FORMAT, about v (its key, for field_key_fault). */
enum err field_fault(struct reader *r, const struct jsonvalue *v, const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_USE;
enum err field_key_fault(struct reader *r, const struct jsonvalue *v, const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_USE;

/* An object with the table's keys; read in the table's order, whatever the file's. */
enum err field_object(struct reader *r, const struct jsonvalue *v, const struct field *fields,
		      size_t nfields, void *into) MUST_USE;

/* Every member of an object whose keys are ids. */
enum err field_members(struct reader *r, const struct jsonvalue *v,
		       const struct field_bounds *bounds, field_fn fn, void *into) MUST_USE;

/* Every item of a list. */
enum err field_items(struct reader *r, const struct jsonvalue *v, const struct field_bounds *bounds,
		     field_fn fn, void *into) MUST_USE;

/* Every item of a list of strings in which none stands twice. */
enum err field_names(struct reader *r, const struct jsonvalue *v, const struct field_bounds *bounds,
		     field_fn fn, void *into) MUST_USE;

/* A string without NUL; *out lives as long as the document. */
enum err field_string(struct reader *r, const struct jsonvalue *v, const char **out) MUST_USE;

/* A whole number within min..max. */
enum err field_number(struct reader *r, const struct jsonvalue *v, uint64_t min, uint64_t max,
		      uint64_t *out) MUST_USE;

/*
 * Copies an id: 1 to 63 of a-z, 0-9 and '-', beginning with a letter.
 * `into` is char[POLICY_ID_MAX + 1].
 */
enum err field_id(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;
/* The same for the key of a member. */
enum err field_key_id(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;

/* A string that only people read; checked and dropped. */
enum err field_description(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;

/* An uncompressed P-256 point in hex (SEC 1, 2.3.3). `into` is struct crypt_point. */
enum err field_point(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;

/* What of the file may be shown to a person: printable ASCII, cut to a bearable length. */
#define FIELD_SHOWN_MAX 64
struct field_shown {
	char text[FIELD_SHOWN_MAX + 4];
};
struct field_shown field_show(const char *text);

#endif
