/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_pcr_file.h"

#include "tools/ctl/ctl_approval_file.h"
#include "tools/ctl/ctl_output.h"

#include <stdio.h>
#include <string.h>

static const struct ctl_json_key file_keys[] = {
    {"format", json_type_int, true},
    {"bank", json_type_string, true},
    {"hierarchy", json_type_string, false},
    {"values", json_type_object, true},
};

static void pcr_key(unsigned pcr, char out[4])
{
	snprintf(out, 4, "%u", pcr % PCRS_MAX);
}

/* The keys are looked up, not scanned: "07" or "+7" is no PCR. */
enum err ctl_pcr_values_parse(struct json_object *values, struct keys_pcrs *out,
			      struct ctl_diag *diag)
{
	int found = 0;
	enum err e;
	char key[4];

	for (unsigned i = 0; i < PCRS_MAX; i++) {
		pcr_key(i, key);
		if (!json_object_object_get_ex(values, key, NULL))
			continue;
		e = ctl_json_hex(values, key, out->values[i].b, DIGEST_SIZE, diag);
		if (e)
			return e;
		out->mask |= UINT32_C(1) << i;
		found++;
	}
	if (found != json_object_object_length(values))
		return ctl_json_bad(diag, "a key of \"values\" is not a PCR number from 0 to %d",
				    PCRS_MAX - 1);
	if (found == 0)
		return ctl_json_bad(diag, "\"values\" is empty: name at least one PCR");
	return ERR_OK;
}

static enum err parse_hierarchy(struct json_object *o, struct ctl_pcr_file *f,
				struct ctl_diag *diag)
{
	struct json_object *word;
	enum hierarchy h;

	if (!json_object_object_get_ex(o, "hierarchy", &word))
		return ERR_OK;
	if (ctl_hierarchy_parse(json_object_get_string(word), &h))
		return ctl_json_bad(diag, "\"hierarchy\" must be \"platform\" or \"owner\"");
	f->hierarchy = (uint8_t)h;
	return ERR_OK;
}

static enum err parse_file(struct json_object *o, struct ctl_pcr_file *f, struct ctl_diag *diag)
{
	enum err e = ctl_json_keys(o, "the PCR file", file_keys,
				   sizeof(file_keys) / sizeof(file_keys[0]), diag);

	if (!e)
		e = ctl_json_format_is_1(o, diag);
	if (!e && strcmp(json_object_get_string(json_object_object_get(o, "bank")), "sha256") != 0)
		e = ctl_json_bad(diag, "\"bank\" must be \"sha256\"");
	if (!e)
		e = parse_hierarchy(o, f, diag);
	if (!e)
		e = ctl_pcr_values_parse(json_object_object_get(o, "values"), &f->pcrs, diag);
	return e;
}

enum err ctl_pcr_file_parse(const char *text, size_t len, struct ctl_pcr_file *out,
			    struct ctl_diag *diag)
{
	struct ctl_pcr_file f = {0};
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

struct json_object *ctl_pcr_values_json(const struct keys_pcrs *p)
{
	struct json_object *values = json_object_new_object();
	char key[4];

	for (unsigned i = 0; i < PCRS_MAX; i++) {
		pcr_key(i, key);
		if (p->mask & UINT32_C(1) << i)
			json_object_object_add(values, key, ctl_output_digest_json(&p->values[i]));
	}
	return values;
}

char *ctl_pcr_file_format(const struct ctl_pcr_file *f)
{
	struct json_object *o = json_object_new_object();
	char *text;

	json_object_object_add(o, "format", json_object_new_int(1));
	json_object_object_add(o, "bank", json_object_new_string("sha256"));
	if (f->hierarchy)
		json_object_object_add(o, "hierarchy",
				       json_object_new_string(ctl_output_hierarchy(f->hierarchy)));
	json_object_object_add(o, "values", ctl_pcr_values_json(&f->pcrs));
	text = ctl_json_text(o);
	json_object_put(o);
	return text;
}

enum err ctl_pcr_file_digest(const struct keys_pcrs *p, struct digest *out)
{
	struct crypt_part parts[PCRS_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < PCRS_MAX; i++)
		if (p->mask & UINT32_C(1) << i)
			parts[n++] = (struct crypt_part){p->values[i].b, DIGEST_SIZE};
	return crypt_sha256(parts, n, out);
}
