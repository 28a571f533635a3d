/* SPDX-License-Identifier: BSD-3-Clause */
/* policy_facts: what a policy says beside allowing and denying. */
#include "policy/policy.h"

#include "policy/model.h"

#include <string.h>

static bool is_principal(const struct principal *k, const struct policy_principal *who)
{
	return k->id == (k->kind == PRINCIPAL_UID ? who->uid : who->gid);
}

/* A uid is the more particular of the two: a group's stakeholder does not speak over it. */
const char *policy_stakeholder_of(const struct policy *p, const struct policy_principal *who)
{
	const struct principal *found = NULL;

	for (unsigned i = 0; i < p->nprincipals; i++) {
		const struct principal *k = &p->principals[i];

		if (is_principal(k, who) && (!found || k->kind == PRINCIPAL_UID))
			found = k;
	}
	return found ? p->stakeholders[found->stakeholder].id : NULL;
}

static uint32_t even_share(const struct quota *q)
{
	uint64_t share = q->vtpms > 0 ? q->nv_bytes / q->vtpms : 0;

	return (uint32_t)(share - share % STORE_BLOCK);
}

enum err policy_default_quota(const struct policy *p, const char *id, uint32_t *bytes)
{
	unsigned i = model_stakeholder(p, id);

	if (i == MODEL_NONE)
		return ERR_NOT_FOUND;
	*bytes = even_share(&p->stakeholders[i].quota);
	return ERR_OK;
}

enum err policy_sealing(const struct policy *p, const char *id, bool *own,
			struct crypt_point *authority)
{
	unsigned i = model_stakeholder(p, id);

	if (i == MODEL_NONE)
		return ERR_NOT_FOUND;
	*own = p->stakeholders[i].own_authority;
	*authority = p->stakeholders[i].authority;
	return ERR_OK;
}

const char *policy_name(const struct policy *p)
{
	return p->name;
}

uint64_t policy_serial(const struct policy *p)
{
	return p->serial;
}

bool policy_requires_signature(const struct policy *p)
{
	return p->signature;
}

static const struct named *find_named(const struct policy *p, unsigned stakeholder,
				      const char *name)
{
	for (unsigned i = 0; i < p->nnamed; i++)
		if (p->named[i].stakeholder == stakeholder && strcmp(p->named[i].name, name) == 0)
			return &p->named[i];
	return NULL;
}

enum err policy_freshness(const struct policy *p, const char *id, const char *name,
			  struct freshness *out)
{
	unsigned i = model_stakeholder(p, id);
	const struct named *named;

	if (i == MODEL_NONE)
		return ERR_NOT_FOUND;
	named = find_named(p, i, name);
	*out = named ? named->freshness : p->stakeholders[i].freshness;
	return ERR_OK;
}

bool policy_freshness_at(const struct policy *p, size_t stakeholder, struct freshness *out)
{
	if (stakeholder >= p->nstakeholders)
		return false;
	*out = p->stakeholders[stakeholder].freshness;
	return true;
}

const char *policy_named_at(const struct policy *p, size_t i, const char **id,
			    struct freshness *out)
{
	if (i >= p->nnamed)
		return NULL;
	*id = p->stakeholders[p->named[i].stakeholder].id;
	*out = p->named[i].freshness;
	return p->named[i].name;
}

/* Bytes of the third slots that a stakeholder's vTPMs may have, however they share the quota. */
static uint64_t third_slots(const struct policy *p, unsigned stakeholder)
{
	const struct stakeholder *s = &p->stakeholders[stakeholder];
	uint64_t most = 0;

	if (freshness_has_sessions(&s->freshness))
		return s->quota.nv_bytes;
	for (unsigned i = 0; i < p->nnamed; i++)
		if (p->named[i].stakeholder == stakeholder &&
		    freshness_has_sessions(&p->named[i].freshness))
			most += QUOTA_MAX;
	return most < s->quota.nv_bytes ? most : s->quota.nv_bytes;
}

uint64_t policy_reserved_bytes(const struct policy *p)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < p->nstakeholders; i++) {
		const struct quota *q = &p->stakeholders[i].quota;

		/* As REGION_SIZE of each vTPM, whatever the share that each will have. */
		sum += q->vtpms * REGION_SIZE(0, SLOTS_STRICT) + SLOTS_STRICT * q->nv_bytes +
		       third_slots(p, i);
	}
	return sum;
}

const char *policy_peer_of(const struct policy *p, const struct crypt_point *authority)
{
	for (unsigned i = 0; i < p->npeers; i++)
		if (memcmp(&p->peers[i].authority, authority, sizeof(*authority)) == 0)
			return p->peers[i].id;
	return NULL;
}

const char *policy_stakeholder_at(const struct policy *p, size_t i, const char **role)
{
	if (i >= p->nstakeholders)
		return NULL;
	*role = model_role_name(p->stakeholders[i].role);
	return p->stakeholders[i].id;
}
