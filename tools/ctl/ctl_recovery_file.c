/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_recovery_file.h"

#include "tools/ctl/ctl_approval_file.h"
#include "tools/ctl/ctl_output.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct ctl_json_key request_keys[] = {
    {"format", json_type_int, true},   {"found", json_type_string, true},
    {"store", json_type_string, true}, {"anchor", json_type_string, true},
    {"roots", json_type_array, true},
};
static const struct ctl_json_key root_keys[] = {
    {"bytes", json_type_string, true},
    {"was_current", json_type_boolean, true},
    {"policy_ok", json_type_boolean, true},
    {"vtpms", json_type_array, true},
};
static const struct ctl_json_key vtpm_keys[] = {
    {"name", json_type_string, true},
    {"stakeholder", json_type_string, true},
    {"record_ok", json_type_boolean, true},
    {"state_ok", json_type_boolean, true},
};
static const struct ctl_json_key approval_keys[] = {
    {"format", json_type_int, true},       {"store", json_type_string, true},
    {"anchor", json_type_string, true},    {"root", json_type_string, true},
    {"authority", json_type_object, true}, {"signature", json_type_object, true},
};

/* ---- a root --------------------------------------------------------------------------------- */

/* What is shown of a root comes from the bytes that are signed, and must fit what is said of it. */
static enum err take_root(const uint8_t store[UUID_SIZE], struct ctl_recovery_root *r)
{
	const struct crypt_part part = {r->bytes, r->facts.len};
	enum err e;

	r->facts.bytes = r->bytes;
	e = root_decode(r->bytes, r->facts.len, &r->root);
	if (!e &&
	    (memcmp(r->root.store, store, UUID_SIZE) != 0 || r->facts.nvtpms != r->root.nleaves))
		e = ERR_FORMAT;
	return e ? e : crypt_sha256(&part, 1, &r->digest);
}

enum err ctl_recovery_request_of(const struct admin_inspected *in, struct ctl_recovery_request *out)
{
	enum err e = ERR_OK;

	memset(out, 0, sizeof(*out));
	out->found = (enum finding)in->finding;
	memcpy(out->store, in->store, UUID_SIZE);
	out->anchor = in->anchor;
	for (size_t i = 0; !e && i < 2; i++) {
		struct ctl_recovery_root *r = &out->roots[out->nroots];

		if (in->roots[i].len == 0)
			continue;
		r->facts = in->roots[i];
		memcpy(r->bytes, in->roots[i].bytes, in->roots[i].len);
		e = take_root(out->store, r);
		out->nroots++;
	}
	return !e && out->nroots == 0 ? ERR_FORMAT : e;
}

/* ---- reading a request ---------------------------------------------------------------------- */

static bool get_bool(struct json_object *o, const char *key)
{
	return json_object_get_boolean(json_object_object_get(o, key));
}

static enum err get_name(struct json_object *o, const char *key, char out[NAME_MAX_LEN + 1],
			 struct ctl_diag *diag)
{
	const char *s = json_object_get_string(json_object_object_get(o, key));
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return ctl_json_bad(diag, "\"%s\" must be printable ASCII", key);
	if (n > NAME_MAX_LEN)
		return ctl_json_bad(diag, "\"%s\" has more than %d characters", key, NAME_MAX_LEN);
	memcpy(out, s, n + 1);
	return ERR_OK;
}

static enum err parse_vtpm(struct json_object *o, struct admin_root_vtpm *out,
			   struct ctl_diag *diag)
{
	enum err e;

	if (!json_object_is_type(o, json_type_object))
		return ctl_json_bad(diag, "\"vtpms\" must be objects");
	e = ctl_json_keys(o, "a vTPM", vtpm_keys, COUNT(vtpm_keys), diag);
	if (!e)
		e = get_name(o, "name", out->name, diag);
	if (!e)
		e = get_name(o, "stakeholder", out->stakeholder, diag);
	if (e)
		return e;
	out->record_ok = get_bool(o, "record_ok");
	out->state_ok = get_bool(o, "state_ok");
	return ERR_OK;
}

static enum err parse_vtpms(struct json_object *list, struct admin_root *out, struct ctl_diag *diag)
{
	size_t n = json_object_array_length(list);
	enum err e = ERR_OK;

	if (n > LEAVES_MAX)
		return ctl_json_bad(diag, "\"vtpms\" has more than %d entries", LEAVES_MAX);
	out->nvtpms = (uint16_t)n;
	for (size_t i = 0; !e && i < n; i++)
		e = parse_vtpm(json_object_array_get_idx(list, i), &out->vtpms[i], diag);
	return e;
}

static enum err parse_bytes(struct json_object *o, struct ctl_recovery_root *out,
			    struct ctl_diag *diag)
{
	size_t len = (size_t)json_object_get_string_len(json_object_object_get(o, "bytes")) / 2;

	if (len == 0 || len > STORE_ROOT_SIZE)
		return ctl_json_bad(diag, "\"bytes\" is no root record");
	out->facts.len = (uint32_t)len;
	return ctl_json_hex(o, "bytes", out->bytes, len, diag);
}

static enum err parse_root(struct json_object *o, const uint8_t store[UUID_SIZE],
			   struct ctl_recovery_root *out, struct ctl_diag *diag)
{
	enum err e;

	if (!json_object_is_type(o, json_type_object))
		return ctl_json_bad(diag, "\"roots\" must be objects");
	e = ctl_json_keys(o, "a root", root_keys, COUNT(root_keys), diag);
	if (!e)
		e = parse_bytes(o, out, diag);
	if (!e)
		e = parse_vtpms(json_object_object_get(o, "vtpms"), &out->facts, diag);
	if (e)
		return e;
	out->facts.was_current = get_bool(o, "was_current");
	out->facts.policy_ok = get_bool(o, "policy_ok");
	if (take_root(store, out))
		return ctl_json_bad(diag, "\"bytes\" is no root record of this store and its "
					  "vTPMs");
	return ERR_OK;
}

static enum err parse_roots(struct json_object *list, struct ctl_recovery_request *out,
			    struct ctl_diag *diag)
{
	size_t n = json_object_array_length(list);
	enum err e = ERR_OK;

	if (n < 1 || n > 2)
		return ctl_json_bad(diag, "\"roots\" must have one or two entries");
	out->nroots = n;
	for (size_t i = 0; !e && i < n; i++)
		e = parse_root(json_object_array_get_idx(list, i), out->store, &out->roots[i],
			       diag);
	return e;
}

static enum err parse_found(struct json_object *o, enum finding *out, struct ctl_diag *diag)
{
	const char *word = json_object_get_string(json_object_object_get(o, "found"));

	for (int f = FOUND_NOTHING + 1; f < FOUND_COUNT; f++) {
		if (strcmp(word, finding_name(f)) == 0) {
			*out = f;
			return ERR_OK;
		}
	}
	return ctl_json_bad(diag, "\"found\" is nothing that this program knows");
}

static enum err parse_request(struct json_object *o, struct ctl_recovery_request *out,
			      struct ctl_diag *diag)
{
	enum err e = ctl_json_keys(o, "the request", request_keys, COUNT(request_keys), diag);

	memset(out, 0, sizeof(*out));
	if (!e)
		e = ctl_json_format_is_1(o, diag);
	if (!e)
		e = parse_found(o, &out->found, diag);
	if (!e)
		e = ctl_json_hex(o, "store", out->store, UUID_SIZE, diag);
	if (!e)
		e = ctl_json_hex(o, "anchor", out->anchor.b, DIGEST_SIZE, diag);
	return e ? e : parse_roots(json_object_object_get(o, "roots"), out, diag);
}

enum err ctl_recovery_request_parse(const char *text, size_t len, struct ctl_recovery_request *out,
				    struct ctl_diag *diag)
{
	struct json_object *o;
	enum err e = ctl_json_parse(text, len, &o, diag);

	if (e)
		return e;
	e = parse_request(o, out, diag);
	json_object_put(o);
	return e;
}

/* ---- writing a request ---------------------------------------------------------------------- */

static struct json_object *new_vtpm(const struct admin_root_vtpm *v)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "name", json_object_new_string(v->name));
	json_object_object_add(o, "stakeholder", json_object_new_string(v->stakeholder));
	json_object_object_add(o, "record_ok", json_object_new_boolean(v->record_ok));
	json_object_object_add(o, "state_ok", json_object_new_boolean(v->state_ok));
	return o;
}

static struct json_object *new_root(const struct ctl_recovery_root *r)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_object_object_add(o, "bytes", ctl_json_new_hex(r->bytes, r->facts.len));
	json_object_object_add(o, "was_current", json_object_new_boolean(r->facts.was_current));
	json_object_object_add(o, "policy_ok", json_object_new_boolean(r->facts.policy_ok));
	for (size_t i = 0; i < r->facts.nvtpms; i++)
		json_object_array_add(list, new_vtpm(&r->facts.vtpms[i]));
	json_object_object_add(o, "vtpms", list);
	return o;
}

static char *text_of(struct json_object *o)
{
	char *text = ctl_json_text(o);

	json_object_put(o);
	return text;
}

char *ctl_recovery_request_format(const struct ctl_recovery_request *q)
{
	struct json_object *o = json_object_new_object();
	struct json_object *roots = json_object_new_array();

	json_object_object_add(o, "format", json_object_new_int(1));
	json_object_object_add(o, "found", json_object_new_string(finding_name(q->found)));
	json_object_object_add(o, "store", ctl_json_new_hex(q->store, UUID_SIZE));
	json_object_object_add(o, "anchor", ctl_output_digest_json(&q->anchor));
	for (size_t i = 0; i < q->nroots; i++)
		json_object_array_add(roots, new_root(&q->roots[i]));
	json_object_object_add(o, "roots", roots);
	return text_of(o);
}

/* ---- the approval --------------------------------------------------------------------------- */

static enum err parse_approval(struct json_object *o, struct ctl_recovery_approval *a,
			       struct ctl_diag *diag)
{
	enum err e = ctl_json_keys(o, "the approval", approval_keys, COUNT(approval_keys), diag);

	if (!e)
		e = ctl_json_format_is_1(o, diag);
	if (!e)
		e = ctl_json_hex(o, "store", a->recovery.store, UUID_SIZE, diag);
	if (!e)
		e = ctl_json_hex(o, "anchor", a->recovery.anchor.b, DIGEST_SIZE, diag);
	if (!e)
		e = ctl_json_hex(o, "root", a->recovery.root.b, DIGEST_SIZE, diag);
	if (!e)
		e = ctl_approval_point_parse(o, &a->authority, diag);
	return e ? e : ctl_approval_signature_parse(o, &a->sig, diag);
}

enum err ctl_recovery_approval_parse(const char *text, size_t len,
				     struct ctl_recovery_approval *out, struct ctl_diag *diag)
{
	struct json_object *o;
	enum err e = ctl_json_parse(text, len, &o, diag);

	if (e)
		return e;
	memset(out, 0, sizeof(*out));
	e = parse_approval(o, out, diag);
	json_object_put(o);
	return e;
}

char *ctl_recovery_approval_format(const struct ctl_recovery_approval *a)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "format", json_object_new_int(1));
	json_object_object_add(o, "store", ctl_json_new_hex(a->recovery.store, UUID_SIZE));
	json_object_object_add(o, "anchor", ctl_output_digest_json(&a->recovery.anchor));
	json_object_object_add(o, "root", ctl_output_digest_json(&a->recovery.root));
	ctl_approval_point_add(o, &a->authority);
	ctl_approval_signature_add(o, &a->sig);
	return text_of(o);
}
