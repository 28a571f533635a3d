/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/policy.h"

#include "policy/field.h"
#include "policy/policy_freshness.h"
#include "policy/policy_rules.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT_KNOWN 1
#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))

/* Where a table of fields puts a member. */
#define IN_POLICY(member)      offsetof(struct policy, member)
#define IN_PEER(member)        offsetof(struct peer, member)
#define IN_STAKEHOLDER(member) offsetof(struct stakeholder, member)

static enum err read_version(struct reader *r, const struct jsonvalue *v, void *into)
{
	uint64_t version;
	enum err e = field_number(r, v, 0, UINT32_MAX, &version);

	(void)into;
	if (!e && version != FORMAT_KNOWN)
		e = field_fault(r, v, "version %u is the only one known here", FORMAT_KNOWN);
	return e;
}

static enum err read_signature(struct reader *r, const struct jsonvalue *v, void *into)
{
	bool *required = into;
	const char *text;
	enum err e = field_string(r, v, &text);

	if (e)
		return e;
	*required = strcmp(text, "required") == 0;
	if (!*required && strcmp(text, "optional") != 0)
		return field_fault(r, v, "expected \"required\" or \"optional\"");
	return ERR_OK;
}

static enum err read_serial(struct reader *r, const struct jsonvalue *v, void *into)
{
	return field_number(r, v, 0, UINT32_MAX, into);
}

static enum err read_vtpms(struct reader *r, const struct jsonvalue *v, void *into)
{
	struct quota *q = into;
	uint64_t vtpms = 0;
	enum err e = field_number(r, v, 0, LEAVES_MAX, &vtpms);

	q->vtpms = (uint32_t)vtpms;
	return e;
}

static enum err read_nv_bytes(struct reader *r, const struct jsonvalue *v, void *into)
{
	struct quota *q = into;
	enum err e = field_number(r, v, (uint64_t)q->vtpms * QUOTA_MIN,
				  (uint64_t)q->vtpms * QUOTA_MAX, &q->nv_bytes);

	if (!e && q->nv_bytes % STORE_BLOCK != 0)
		e = field_fault(r, v, "not a multiple of %u", STORE_BLOCK);
	return e;
}

static enum err read_quota(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"vtpms", true, read_vtpms, 0},
	    {"nv_bytes", true, read_nv_bytes, 0},
	};

	return field_object(r, v, fields, COUNT(fields), into);
}

static enum err check_peer(struct reader *r, const struct jsonvalue *v, const struct peer *peer)
{
	const char *other = policy_peer_of(r->policy, &peer->authority);

	if (strcmp(peer->id, "any") == 0)
		return field_key_fault(r, v, "\"any\" is a selector, not an id");
	if (other)
		return field_fault(r, v, "peer \"%s\" has the same authority", other);
	return ERR_OK;
}

static enum err read_peer(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"description", false, field_description, 0},
	    {"authority", true, field_point, IN_PEER(authority)},
	};
	struct policy *p = into;
	struct peer *peer = &p->peers[p->npeers];
	enum err e = field_key_id(r, v, peer->id);

	if (!e)
		e = field_object(r, v, fields, COUNT(fields), peer);
	if (!e)
		e = check_peer(r, v, peer);
	if (!e)
		p->npeers++;
	return e;
}

static enum err read_peers(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"peers", 0, MODEL_PEERS};

	return field_members(r, v, &bounds, read_peer, into);
}

static enum err read_role(struct reader *r, const struct jsonvalue *v, void *into)
{
	enum role *role = into;
	const char *name;
	enum err e = field_string(r, v, &name);
	unsigned found;

	if (e)
		return e;
	found = model_role(name);
	if (found == MODEL_NONE)
		return field_fault(r, v, "unknown role \"%s\"", field_show(name).text);
	*role = (enum role)found;
	return ERR_OK;
}

static enum err read_kernel_id(struct reader *r, const struct jsonvalue *v, void *into)
{
	uint32_t *id = into;
	uint64_t number;
	/* The largest value means "no id" to the kernel. */
	enum err e = field_number(r, v, 0, UINT32_MAX - 1, &number);

	if (!e)
		*id = (uint32_t)number;
	return e;
}

static const char *const principal_names[PRINCIPAL_KINDS] = {
    [PRINCIPAL_UID] = "uid",
    [PRINCIPAL_GID] = "gid",
};

static enum err check_principal(struct reader *r, const struct jsonvalue *v,
				const struct principal *new)
{
	const struct policy *p = r->policy;

	for (unsigned i = 0; i < p->nprincipals; i++) {
		const struct principal *old = &p->principals[i];

		if (old->kind == new->kind && old->id == new->id)
			return field_fault(r, v, "%s %u speaks for \"%s\" already",
					   principal_names[new->kind], new->id,
					   p->stakeholders[old->stakeholder].id);
	}
	return ERR_OK;
}

static enum err add_principal(struct reader *r, const struct jsonvalue *v,
			      const struct principal *new)
{
	struct policy *p = r->policy;
	enum err e = check_principal(r, v, new);

	if (e)
		return e;
	if (p->nprincipals == MODEL_PRINCIPALS)
		return field_fault(r, v, "too many principals: at most %u", MODEL_PRINCIPALS);
	p->principals[p->nprincipals++] = *new;
	return ERR_OK;
}

static enum err read_principal(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    [PRINCIPAL_UID] = {"uid", false, read_kernel_id, PRINCIPAL_UID * sizeof(uint32_t)},
	    [PRINCIPAL_GID] = {"gid", false, read_kernel_id, PRINCIPAL_GID * sizeof(uint32_t)},
	};
	const struct stakeholder *s = into;
	uint32_t ids[PRINCIPAL_KINDS] = {0};
	struct principal new = {.stakeholder = (unsigned)(s - r->policy->stakeholders)};
	enum err e = field_object(r, v, fields, COUNT(fields), ids);

	if (e)
		return e;
	if (v->count != 1)
		return field_fault(r, v, "a principal is either a \"uid\" or a \"gid\"");
	new.kind = jsondoc_member(v, "uid") ? PRINCIPAL_UID : PRINCIPAL_GID;
	new.id = ids[new.kind];
	return add_principal(r, v, &new);
}

static enum err read_principals(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"principals", 0, MODEL_PRINCIPALS};

	return field_items(r, v, &bounds, read_principal, into);
}

static enum err read_sealing(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"authority", true, field_point, IN_STAKEHOLDER(authority)},
	};
	struct stakeholder *s = into;

	s->own_authority = true;
	return field_object(r, v, fields, COUNT(fields), s);
}

static enum err read_stakeholder_id(struct reader *r, const struct jsonvalue *v, char *id)
{
	static const char *const selectors[] = {"any", "self", "platform"};
	enum err e = field_key_id(r, v, id);

	for (size_t i = 0; !e && i < COUNT(selectors); i++)
		if (strcmp(selectors[i], id) == 0)
			e = field_key_fault(r, v, "\"%s\" is a selector, not an id", id);
	return e;
}

/* The store has room for so many, whoever they belong to. */
static enum err check_total(struct reader *r, const struct jsonvalue *v)
{
	const struct policy *p = r->policy;
	unsigned total = 0;

	for (unsigned i = 0; i < p->nstakeholders; i++)
		total += p->stakeholders[i].quota.vtpms;
	if (total > LEAVES_MAX)
		return field_key_fault(r, v, "the quotas up to here allow %u vTPMs; %u is the most",
				       total, LEAVES_MAX);
	return ERR_OK;
}

static enum err read_stakeholder(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"role", true, read_role, IN_STAKEHOLDER(role)},
	    {"description", false, field_description, 0},
	    {"principals", false, read_principals, 0},
	    {"quota", false, read_quota, IN_STAKEHOLDER(quota)},
	    {"freshness", false, policy_read_freshness, IN_STAKEHOLDER(freshness)},
	    {"vtpms", false, policy_read_named, 0},
	    {"sealing", false, read_sealing, 0},
	};
	struct policy *p = into;
	struct stakeholder *s = &p->stakeholders[p->nstakeholders++];
	enum err e = read_stakeholder_id(r, v, s->id);

	s->quota = p->quota;
	s->freshness = p->freshness;
	if (!e)
		e = field_object(r, v, fields, COUNT(fields), s);
	return e ? e : check_total(r, v);
}

static enum err read_stakeholders(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"stakeholders", 1, POLICY_STAKEHOLDERS};

	return field_members(r, v, &bounds, read_stakeholder, into);
}

/* In this order, because selectors refer to stakeholders and peers, and those inherit quota and
 * terms. */
static const struct field policy_fields[] = {
    {"version", true, read_version, 0},
    {"name", true, field_id, IN_POLICY(name)},
    {"description", false, field_description, 0},
    {"signature", true, read_signature, IN_POLICY(signature)},
    {"serial", false, read_serial, IN_POLICY(serial)},
    {"quota", false, read_quota, IN_POLICY(quota)},
    {"freshness", false, policy_read_freshness, IN_POLICY(freshness)},
    {"peers", false, read_peers, 0},
    {"stakeholders", true, read_stakeholders, 0},
    {"rules", true, policy_read_rules, 0},
    {"conflict_sets", false, policy_read_conflicts, 0},
};

static enum err read_policy(struct reader *r)
{
	enum err e;

	r->policy = calloc(1, sizeof(*r->policy));
	if (!r->policy)
		return ERR_NO_MEMORY;
	e = field_object(r, &r->doc->values[0], policy_fields, COUNT(policy_fields), r->policy);
	if (!e)
		policy_sort_rules(r->policy);
	return e;
}

enum err policy_parse(const char *text, size_t len, struct policy **out, struct policy_diag *diag)
{
	struct jsondoc doc;
	struct reader r = {.doc = &doc, .diag = diag};
	enum err e;

	*diag = (struct policy_diag){0};
	e = jsondoc_parse(text, len, &doc, diag);
	if (e)
		return e;
	e = read_policy(&r);
	jsondoc_free(&doc);
	if (e) {
		policy_free(r.policy);
		return e;
	}
	*out = r.policy;
	return ERR_OK;
}
