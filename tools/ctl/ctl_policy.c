/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_policy: checking, signing, loading and showing the policy. */
#include "policy/policy.h"

#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_file.h"
#include "tools/ctl/ctl_key.h"
#include "tools/ctl/ctl_output.h"
#include "tools/ctl/ctl_policy_file.h"

#include <stdlib.h>
#include <string.h>

static size_t count_stakeholders(const struct policy *p)
{
	const char *role;
	size_t n = 0;

	while (policy_stakeholder_at(p, n, &role))
		n++;
	return n;
}

/* The terms of the stakeholder's named vTPMs, by name. */
static struct json_object *named_json(const struct policy *p, const char *stakeholder)
{
	struct json_object *o = json_object_new_object();
	struct freshness f;
	const char *id, *name;

	for (size_t i = 0; (name = policy_named_at(p, i, &id, &f)); i++)
		if (strcmp(id, stakeholder) == 0)
			json_object_object_add(o, name, ctl_output_freshness_json(&f));
	return o;
}

static struct json_object *stakeholder_json(const struct policy *p, size_t i, const char *id,
					    const char *role)
{
	struct json_object *o = json_object_new_object();
	struct freshness f = {0};

	policy_freshness_at(p, i, &f);
	json_object_object_add(o, "id", json_object_new_string(id));
	json_object_object_add(o, "role", json_object_new_string(role));
	json_object_object_add(o, "freshness", ctl_output_freshness_json(&f));
	json_object_object_add(o, "vtpms", named_json(p, id));
	return o;
}

static struct json_object *policy_json(const struct policy *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	const char *role;
	const char *id;

	for (size_t i = 0; (id = policy_stakeholder_at(p, i, &role)); i++)
		json_object_array_add(list, stakeholder_json(p, i, id, role));
	json_object_object_add(o, "name", json_object_new_string(policy_name(p)));
	json_object_object_add(o, "stakeholders", list);
	json_object_object_add(o, "reserved_bytes",
			       json_object_new_uint64(policy_reserved_bytes(p)));
	json_object_object_add(o, "requires_signature",
			       json_object_new_boolean(policy_requires_signature(p)));
	return o;
}

/* One line for the stakeholder's vTPMs, and one for each that has terms of its own. */
static void print_stakeholder(const struct policy *p, size_t i, const char *id, const char *role)
{
	struct freshness f = {0};
	const char *whose, *name;

	policy_freshness_at(p, i, &f);
	printf("  %-20s %-20s %s\n", id, role, freshness_words(&f).s);
	for (size_t k = 0; (name = policy_named_at(p, k, &whose, &f)); k++)
		if (strcmp(whose, id) == 0)
			printf("    %-39s %s\n", name, freshness_words(&f).s);
}

static void print_policy(const struct policy *p, const char *path)
{
	char size[CTL_SIZE_TEXT];
	const char *role;
	const char *id;

	ctl_output_size(policy_reserved_bytes(p), size);
	printf("%s: policy \"%s\" is sound\n", path, policy_name(p));
	printf("%zu stakeholders:\n", count_stakeholders(p));
	for (size_t i = 0; (id = policy_stakeholder_at(p, i, &role)); i++)
		print_stakeholder(p, i, id, role);
	printf("All quotas together reserve %s of the store.\n", size);
	printf("Replacing it %s the platform authority's signature.\n",
	       policy_requires_signature(p) ? "needs" : "does not need");
}

static enum err check(struct ctl *c, const struct ctl_args *a)
{
	struct ctl_policy_file f;
	enum err e = ctl_policy_file_read(c, a->pos[0], &f);

	if (e)
		return e;
	if (c->json)
		e = ctl_output_json(c, policy_json(f.policy));
	else
		print_policy(f.policy, a->pos[0]);
	ctl_policy_file_free(&f);
	return e;
}

static enum err show(struct ctl *c, const struct ctl_args *a)
{
	struct ctl_policy_file f;
	struct json_object *o;
	enum err e = ctl_policy_file_fetch(c, &f);

	(void)a;
	if (e)
		return e;
	if (c->json) {
		o = policy_json(f.policy);
		json_object_object_add(o, "text", json_object_new_string_len(f.text, (int)f.len));
		e = ctl_output_json(c, o);
	} else {
		e = ctl_file_write(c, NULL, f.text, f.len);
	}
	ctl_policy_file_free(&f);
	return e;
}

/* policy sign */

enum { SIGN_KEY, SIGN_OUT };

static enum err sign_text(struct ctl *c, const struct ctl_key *key, const struct ctl_policy_file *f,
			  const char *path)
{
	struct crypt_part whole = {f->text, f->len};
	uint8_t der[CTL_KEY_DER_MAX];
	struct crypt_signature sig;
	struct digest digest;
	size_t len = 0;
	enum err e = crypt_sha256(&whole, 1, &digest);

	if (!e)
		e = ctl_key_sign(key, &digest, &sig);
	if (!e)
		e = crypt_verify(ctl_key_point(key), &digest, &sig);
	if (!e)
		e = ctl_key_der_encode(&sig, der, &len);
	if (e)
		return ctl_fail(c, e, "cannot sign: %s", err_text(e));
	return ctl_file_write(c, path, der, len);
}

static enum err sign(struct ctl *c, const struct ctl_args *a)
{
	struct ctl_policy_file f;
	struct ctl_key *key;
	enum err e = ctl_policy_file_read(c, a->pos[0], &f);

	if (e)
		return e;
	e = ctl_key_read_private(c, a->opt[SIGN_KEY], &key);
	if (!e) {
		e = sign_text(c, key, &f, a->opt[SIGN_OUT]);
		ctl_key_free(key);
	}
	ctl_policy_file_free(&f);
	return e;
}

/* policy load */

enum { LOAD_SIGNATURE };

static enum err read_signature(struct ctl *c, const char *path, struct crypt_signature *out)
{
	struct ctl_where where = {.file = path};
	char *der;
	size_t len;
	enum err e = ctl_file_read(c, path, CTL_FILE_MAX, &der, &len);

	if (e)
		return e;
	e = ctl_key_der_decode((const uint8_t *)der, len, out);
	free(der);
	if (e)
		return ctl_fail_at(c, e, &where,
				   "not a signature of 'vtpmctl policy sign' or 'openssl dgst'");
	return ERR_OK;
}

static enum err send_policy(struct ctl *c, const struct admin_policy_load *load)
{
	uint8_t *body = malloc(MSG_BODY_MAX);
	struct admin_reply reply;
	struct client_request rq = {.type = ADMIN_POLICY_LOAD,
				    .doing = "loading the policy",
				    .body = body,
				    .timeout_ms = CTL_SLOW_MS};
	enum err e;

	if (!body)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	e = admin_policy_load_encode(load, body, MSG_BODY_MAX, &rq.len);
	e = e ? ctl_fail(c, e, "cannot encode the request: %s", err_text(e))
	      : ctl_client_call(c, &rq, &reply);
	free(body);
	return e;
}

/* A hint for every vTPM that was promised more than the policy asks for now. */
static void print_promises(struct ctl *c)
{
	struct admin_vtpm *v;
	size_t n;

	/* The policy is loaded, and may be one under which the caller lists nothing any more. */
	if (ctl_client_list(c, &v, &n))
		return;
	for (size_t i = 0; i < n; i++)
		if (freshness_weaker(&v[i].promised, &v[i].asked))
			printf("%s/%s keeps the freshness that it was created with (%s): a policy "
			       "can only strengthen it\n",
			       v[i].stakeholder, v[i].name, freshness_words(&v[i].promised).s);
	free(v);
}

static void print_loaded(struct ctl *c, const struct policy *p)
{
	printf("policy \"%s\" is loaded\n", policy_name(p));
	print_promises(c);
}

static enum err load(struct ctl *c, const struct ctl_args *a)
{
	struct admin_policy_load m = {.is_signed = a->opt[LOAD_SIGNATURE] != NULL};
	struct ctl_policy_file f;
	enum err e = ctl_policy_file_read(c, a->pos[0], &f);

	if (e)
		return e;
	m.text = (const uint8_t *)f.text;
	m.len = (uint32_t)f.len;
	if (m.is_signed)
		e = read_signature(c, a->opt[LOAD_SIGNATURE], &m.sig);
	if (!e)
		e = send_policy(c, &m);
	if (!e && c->json)
		e = ctl_output_json(c, policy_json(f.policy));
	else if (!e)
		print_loaded(c, f.policy);
	ctl_policy_file_free(&f);
	return e;
}

const struct ctl_command ctl_policy_commands[] = {
    {.name = "policy check",
     .args = "FILE",
     .brief = "check a policy file",
     .help = "Reads the file as the manager would and says what is wrong, with line and column. "
	     "No manager is needed.",
     .min_pos = 1,
     .max_pos = 1,
     .fn = check},
    {.name = "policy show",
     .args = "",
     .brief = "print the policy that is loaded",
     .help = "Prints the text byte for byte, so that it can be compared and signed.",
     .fn = show},
    {.name = "policy sign",
     .args = "--key FILE FILE -o FILE",
     .brief = "sign a policy with the authority's key (off the device)",
     .help = "Checks the policy file and signs it. The signature is what 'openssl dgst -sha256 "
	     "-sign' makes (ECDSA over SHA-256, DER), so a key in an HSM can sign with OpenSSL "
	     "alone, and 'openssl dgst -sha256 -verify' checks it.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[SIGN_KEY] = {"key", 0, "FILE", "the authority's private key, PEM", true},
	      [SIGN_OUT] = {"output", 'o', "FILE", "the signature file to write", true}},
     .fn = sign},
    {.name = "policy load",
     .args = "FILE [--signature FILE]",
     .brief = "replace the policy that is loaded",
     .help = "The file is checked, then replaces the loaded policy at once and as a whole. "
	     "Running vTPMs keep running. A policy that does not know a stakeholder who still has "
	     "a vTPM is refused, and so is one without the platform authority's signature where "
	     "the present policy asks for it.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[LOAD_SIGNATURE] = {"signature", 0, "FILE", "from 'policy sign'", false}},
     .fn = load},
    {0},
};
