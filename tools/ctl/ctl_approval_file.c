/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_approval_file.h"

#include "lib/pcrs.h"
#include "tools/ctl/ctl_output.h"
#include "tools/ctl/ctl_pcr_file.h"

#include <string.h>

static const struct ctl_json_key file_keys[] = {
    {"format", json_type_int, true},        {"pcrs", json_type_array, true},
    {"pcr_digest", json_type_string, true}, {"version", json_type_int, true},
    {"hierarchy", json_type_string, true},  {"authority", json_type_object, true},
    {"signature", json_type_object, true},  {"values", json_type_object, false},
};
static const struct ctl_json_key point_keys[] = {
    {"x", json_type_string, true},
    {"y", json_type_string, true},
};
static const struct ctl_json_key signature_keys[] = {
    {"r", json_type_string, true},
    {"s", json_type_string, true},
};

enum err ctl_hierarchy_parse(const char *word, enum hierarchy *out)
{
	static const enum hierarchy all[] = {HIERARCHY_PLATFORM, HIERARCHY_OWNER};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(word, ctl_output_hierarchy(all[i])) == 0) {
			*out = all[i];
			return ERR_OK;
		}
	}
	return ERR_ARG;
}

/* Ascending, so that one selection has one spelling. */
static enum err parse_pcrs(struct json_object *list, uint32_t *mask, struct ctl_diag *diag)
{
	size_t n = json_object_array_length(list);
	int64_t last = -1;
	uint32_t m = 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		int64_t pcr = json_object_get_int64(o);

		if (!json_object_is_type(o, json_type_int) || pcr <= last || pcr >= PCRS_MAX)
			return ctl_json_bad(diag, "\"pcrs\" must be ascending numbers from 0 to %d",
					    PCRS_MAX - 1);
		m |= UINT32_C(1) << pcr;
		last = pcr;
	}
	if (n == 0)
		return ctl_json_bad(diag, "\"pcrs\" is empty: an approval needs at least one PCR");
	*mask = m;
	return ERR_OK;
}

enum err ctl_approval_signature_parse(struct json_object *file, struct crypt_signature *out,
				      struct ctl_diag *diag)
{
	struct json_object *o = json_object_object_get(file, "signature");
	enum err e = ctl_json_keys(o, "\"signature\"", signature_keys, 2, diag);

	if (!e)
		e = ctl_json_hex(o, "r", out->r, sizeof(out->r), diag);
	if (!e)
		e = ctl_json_hex(o, "s", out->s, sizeof(out->s), diag);
	return e;
}

enum err ctl_approval_point_parse(struct json_object *file, struct crypt_point *out,
				  struct ctl_diag *diag)
{
	struct json_object *o = json_object_object_get(file, "authority");
	enum err e = ctl_json_keys(o, "\"authority\"", point_keys, 2, diag);

	if (!e)
		e = ctl_json_hex(o, "x", out->x, sizeof(out->x), diag);
	if (!e)
		e = ctl_json_hex(o, "y", out->y, sizeof(out->y), diag);
	return e;
}

static enum err parse_hierarchy(struct json_object *o, enum hierarchy *out, struct ctl_diag *diag)
{
	if (ctl_hierarchy_parse(json_object_get_string(o), out))
		return ctl_json_bad(diag, "\"hierarchy\" must be \"platform\" or \"owner\"");
	return ERR_OK;
}

/* They say what is in the digest that is signed, or they are not there. */
static enum err parse_values(struct json_object *o, struct ctl_approval_file *f,
			     struct ctl_diag *diag)
{
	struct digest digest = {0};
	struct json_object *values;
	enum err e;

	if (!json_object_object_get_ex(o, "values", &values))
		return ERR_OK;
	e = ctl_pcr_values_parse(values, &f->values, diag);
	if (!e)
		e = ctl_pcr_file_digest(&f->values, &digest);
	if (e)
		return e;
	if (f->values.mask != f->approval.pcrs || !digest_equal(&digest, &f->approval.pcr_digest)) {
		ctl_json_bad(diag, "\"values\" are not what was signed");
		return ERR_SIGNATURE;
	}
	pcrs_mark(&f->approval, f->values.values);
	return ERR_OK;
}

static enum err parse_file(struct json_object *o, struct ctl_approval_file *f,
			   struct ctl_diag *diag)
{
	struct approval *a = &f->approval;
	enum err e = ctl_json_keys(o, "the approval", file_keys,
				   sizeof(file_keys) / sizeof(file_keys[0]), diag);

	if (!e)
		e = ctl_json_format_is_1(o, diag);
	if (!e)
		e = parse_pcrs(json_object_object_get(o, "pcrs"), &a->pcrs, diag);
	if (!e)
		e = ctl_json_hex(o, "pcr_digest", a->pcr_digest.b, DIGEST_SIZE, diag);
	if (!e)
		e = ctl_json_number(o, "version", CTL_JSON_NUMBER_MAX, &a->version, diag);
	if (!e)
		e = parse_hierarchy(json_object_object_get(o, "hierarchy"), &f->hierarchy, diag);
	if (!e)
		e = ctl_approval_point_parse(o, &f->authority, diag);
	if (!e)
		e = ctl_approval_signature_parse(o, &a->sig, diag);
	if (!e)
		e = parse_values(o, f, diag);
	return e;
}

enum err ctl_approval_file_parse(const char *text, size_t len, struct ctl_approval_file *out,
				 struct ctl_diag *diag)
{
	struct ctl_approval_file f = {0};
	struct json_object *o;
	enum err e = ctl_json_parse(text, len, &o, diag);

	if (e)
		return e;
	e = parse_file(o, &f, diag);
	json_object_put(o);
	if (!e)
		*out = f;
	return e;
}

static struct json_object *new_pair(const char *k1, const uint8_t v1[32], const char *k2,
				    const uint8_t v2[32])
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, k1, ctl_json_new_hex(v1, 32));
	json_object_object_add(o, k2, ctl_json_new_hex(v2, 32));
	return o;
}

void ctl_approval_point_add(struct json_object *file, const struct crypt_point *p)
{
	json_object_object_add(file, "authority", new_pair("x", p->x, "y", p->y));
}

void ctl_approval_signature_add(struct json_object *file, const struct crypt_signature *sig)
{
	json_object_object_add(file, "signature", new_pair("r", sig->r, "s", sig->s));
}

char *ctl_approval_file_format(const struct ctl_approval_file *f)
{
	const struct approval *a = &f->approval;
	struct json_object *o = json_object_new_object();
	char *text;

	json_object_object_add(o, "format", json_object_new_int(1));
	json_object_object_add(o, "pcrs", ctl_output_pcrs_json(a->pcrs));
	json_object_object_add(o, "pcr_digest", ctl_output_digest_json(&a->pcr_digest));
	json_object_object_add(o, "version", json_object_new_uint64(a->version));
	json_object_object_add(o, "hierarchy",
			       json_object_new_string(ctl_output_hierarchy(f->hierarchy)));
	ctl_approval_point_add(o, &f->authority);
	ctl_approval_signature_add(o, &a->sig);
	if (f->values.mask)
		json_object_object_add(o, "values", ctl_pcr_values_json(&f->values));
	text = ctl_json_text(o);
	json_object_put(o);
	return text;
}
