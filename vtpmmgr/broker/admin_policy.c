/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy: read it, replace it. */
#include "lib/uuid.h"
#include "vtpmmgr/broker/admin_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void admin_policy_get(struct request *q)
{
	const struct rules *r = &q->b->rules;

	if (!request_may(q, ACTION_POLICY_READ))
		request_deny(q);
	else if (!r->policy)
		request_fail(q, ERR_UNAVAILABLE, "no policy is in force");
	else
		request_finish(q, ERR_OK, NULL, (const uint8_t *)r->text, r->len);
}

/* ---- load ----------------------------------------------------------------------------------- */

/* What KEYS_POLICY was asked for, until it has been answered. */
struct load {
	uint8_t slot;
	size_t len;
	char text[];
};

static bool names_stakeholder(const struct policy *p, const char *id)
{
	const char *role, *at;

	for (size_t i = 0; (at = policy_stakeholder_at(p, i, &role)) != NULL; i++)
		if (strcmp(at, id) == 0)
			return true;
	return false;
}

/* The first vTPM whose stakeholder a policy does not know. */
static const struct vtpm *orphan(const struct registry *r, const struct policy *p)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->vtpms[i]->record_ok &&
		    !names_stakeholder(p, r->vtpms[i]->record.stakeholder))
			return r->vtpms[i];
	return NULL;
}

/* Where the authority signs, nobody but it decides what comes next, and nothing comes twice. */
static enum err check_succession(const struct policy *old, const struct policy *next,
				 const struct admin_policy_load *load, char why[DETAIL_MAX + 1])
{
	if (!load->is_signed) {
		snprintf(why, DETAIL_MAX + 1,
			 "the platform authority must sign it: vtpmctl policy sign, then policy "
			 "load --signature");
		return ERR_SIGNATURE;
	}
	if (policy_serial(next) < policy_serial(old)) {
		snprintf(why, DETAIL_MAX + 1,
			 "its serial %llu is below %llu, that of the policy in force",
			 (unsigned long long)policy_serial(next),
			 (unsigned long long)policy_serial(old));
		return ERR_ROLLBACK;
	}
	return ERR_OK;
}

static enum err check(const struct broker *b, const struct admin_policy_load *load,
		      bool *next_signed, char why[DETAIL_MAX + 1])
{
	const struct vtpm *v;
	struct policy *p = NULL;
	char diag[RULES_DIAG_MAX];
	enum err e = rules_parse((const char *)load->text, load->len, &p, diag);

	if (e) {
		snprintf(why, DETAIL_MAX + 1, "%.*s", DETAIL_MAX, diag);
		return e;
	}
	v = orphan(&b->registry, p);
	if (v) {
		e = ERR_STATE;
		snprintf(why, DETAIL_MAX + 1, "it has no stakeholder \"%s\", who has a vTPM",
			 v->record.stakeholder);
	} else if (policy_reserved_bytes(p) > store_size(b->store) - STORE_REGIONS_AT) {
		e = ERR_FULL;
		snprintf(why, DETAIL_MAX + 1, "its quotas reserve more than the store holds");
	} else if (policy_requires_signature(b->rules.policy)) {
		e = check_succession(b->rules.policy, p, load, why);
	}
	*next_signed = policy_requires_signature(p);
	policy_free(p);
	return e;
}

/* A promise stands, whatever a policy says later: for the record, whose it was. */
static void note_promises(struct broker *b)
{
	for (size_t i = 0; i < b->registry.n; i++) {
		const struct vtpm *v = b->registry.vtpms[i];
		struct freshness asked = rules_freshness(&b->rules, &v->record);

		if (v->record_ok && freshness_weaker(&v->record.freshness, &asked))
			broker_event(b, "terms-kept", v, ERR_OK);
	}
}

static void on_loaded(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;
	const struct load *load = q->data;
	char diag[RULES_DIAG_MAX];

	(void)reply;
	q->b->policy_loading = false;
	if (!e)
		e = rules_set(&q->b->rules, load->text, load->len, diag);
	if (!e)
		note_promises(q->b);
	request_finish(q, e, *detail ? detail : NULL, NULL, 0);
}

/* Into the slot that the anchored root does not name; the root that names it comes next. */
static enum err write_policy(struct broker *b, const struct load *load)
{
	const struct store_write w = {STORE_POLICY_AT(load->slot), (const uint8_t *)load->text,
				      load->len};

	return store_commit(b->store, &w, 1);
}

static enum err remember(struct request *q, const struct admin_policy_load *in)
{
	struct load *load = malloc(sizeof(*load) + in->len);

	if (!load)
		return ERR_NO_MEMORY;
	load->slot = 1 - q->b->policy_slot;
	load->len = in->len;
	memcpy(load->text, in->text, in->len);
	q->data = load;
	return write_policy(q->b, load);
}

static enum err ask_to_load(struct request *q, const struct admin_policy_load *in, bool next_signed)
{
	const struct crypt_part part = {in->text, in->len};
	struct keys_policy k = {.next_signed = next_signed, .len = in->len};
	size_t len;
	enum err e = crypt_sha256(&part, 1, &k.digest);

	if (in->is_signed)
		k.sig = in->sig;
	k.slot = 1 - q->b->policy_slot;
	if (!e)
		e = keys_policy_encode(&k, q->b->out, MSG_BODY_MAX, &len);
	if (!e)
		e = remember(q, in);
	if (e)
		return e;
	q->b->policy_loading = true;
	keeper_ask(&q->b->keeper, KEYS_POLICY, q->b->out, len, on_loaded, q);
	return ERR_OK;
}

void admin_policy_load(struct request *q)
{
	char why[DETAIL_MAX + 1] = "";
	struct admin_policy_load in;
	bool next_signed = true;
	enum err e;

	if (!request_may(q, ACTION_POLICY_LOAD)) {
		request_deny(q);
		return;
	}
	e = admin_policy_load_decode(q->body, q->len, &in);
	if (!e && q->b->policy_loading)
		e = ERR_AGAIN;
	if (!e)
		e = check(q->b, &in, &next_signed, why);
	if (!e)
		e = ask_to_load(q, &in, next_signed);
	if (e)
		request_fail(q, e, *why ? why : NULL);
}
