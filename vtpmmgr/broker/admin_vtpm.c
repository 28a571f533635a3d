/* SPDX-License-Identifier: BSD-3-Clause */
/* create, list, show, start, stop, suspend, resume, destroy. */
#include "vtpmmgr/broker/admin_vtpm.h"

#include "lib/field.h"
#include "lib/uuid.h"
#include "lib/wbuf.h"
#include "vtpmmgr/broker/admin_rules.h"
#include "vtpmmgr/broker/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A show does not wait for a key keeper that waits for the physical TPM. */
#define WEAR_MS 1000
/* In answers and in the audit trail, beside the ids of the policy's own rules. */
#define DOMAIN_RULE "domain-binding"

/* Those of its run, or of the next one. */
static struct freshness in_force(const struct vtpm *v, const struct freshness *asked)
{
	bool runs = v->life != LIFE_STOPPED && v->life != LIFE_FAILED;

	return freshness_effective(&v->record.freshness, runs ? &v->asked : asked);
}

void admin_vtpm_describe(const struct broker *b, const struct vtpm *v, struct admin_vtpm *out)
{
	*out = (struct admin_vtpm){
	    .vtpm_class = v->record_ok ? v->record.vtpm_class : VTPM_DISCRETIONARY,
	    .state = (uint8_t)lifecycle_public(v->life, leaf_is_suspended(&v->leaf)),
	    .last_err = (uint16_t)(v->record_ok ? v->last_err : ERR_TAMPERED),
	    .generation = v->leaf.generation,
	    .version = v->leaf.version,
	    .quota = v->leaf.quota,
	    .used = v->leaf.blob_len,
	    .restarts = v->restarts,
	    .created = v->record.created,
	    .own_authority = v->record.own_authority,
	    .recovered = v->leaf.recovered,
	    .promised = v->record.freshness,
	    .asked = rules_freshness(&b->rules, &v->record),
	    .guest = v->leaf.guest,
	};
	out->in_force = in_force(v, &out->asked);
	memcpy(out->uuid, v->leaf.uuid, UUID_SIZE);
	memcpy(out->name, v->record.name, sizeof(out->name));
	memcpy(out->stakeholder, v->record.stakeholder, sizeof(out->stakeholder));
	memcpy(out->domain, v->record.domain, UUID_SIZE);
	/* A Xen domain has no socket here. */
	if (v->leaf.guest.kind != GUEST_XEN)
		snprintf(out->path, sizeof(out->path), "%s/vtpm/%s/tpm", b->run_dir,
			 uuid_format(v->leaf.uuid).s);
}

/* The vTPM that the body names, or NULL: answered already. */
static struct vtpm *named(struct request *q)
{
	char name[ADMIN_NAME_MAX + 1];

	if (admin_name_decode(q->body, q->len, name) == ERR_OK)
		return request_find(q, name);
	request_fail(q, ERR_FORMAT, NULL);
	return NULL;
}

/* The same, if the client may do this to it. */
static struct vtpm *allowed(struct request *q, enum policy_action action)
{
	struct vtpm *v = named(q);

	if (v && !request_may_vtpm(q, action, v)) {
		request_deny(q);
		return NULL;
	}
	return v;
}

/* ---- list and show -------------------------------------------------------------------------- */

void admin_list(struct request *q)
{
	const struct registry *r = &q->b->registry;
	struct admin_vtpm show;
	struct wbuf head, w;
	uint16_t count = 0;
	size_t len;

	wbuf_init(&w, q->b->out, MSG_BODY_MAX - DETAIL_MAX);
	wbuf_u16(&w, 0);
	for (size_t i = 0; i < r->n; i++) {
		if (!request_sees(q, r->vtpms[i]))
			continue;
		admin_vtpm_describe(q->b, r->vtpms[i], &show);
		admin_vtpm_put(&w, &show);
		count++;
	}
	wbuf_init(&head, q->b->out, 2);
	wbuf_u16(&head, count);
	if (wbuf_end(&w, &len) == ERR_OK)
		request_reply(q, len);
	else
		request_fail(q, ERR_TOO_BIG, NULL);
}

/* It may be gone by now, and without the key keeper's word all else is shown. */
static void on_wear(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;
	const struct vtpm *v = registry_find(&q->b->registry, q->uuid);
	struct freshness asked;
	struct keys_wear wear = {0};

	(void)detail;
	if (!e)
		e = !reply ? ERR_FORMAT : keys_wear_decode(reply->body, reply->len, &wear);
	if (!v) {
		request_fail(q, ERR_NOT_FOUND, NULL);
		return;
	}
	/* Which the key keeper has not been told of one that was not started yet. */
	if (!e && wear.budget == 0) {
		asked = rules_freshness(&q->b->rules, &v->record);
		wear.budget = in_force(v, &asked).commits_per_day;
	}
	request_show_wear(q, v, e ? NULL : &wear);
}

void admin_show(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_SEE);
	const struct msg m = {.type = KEYS_WEAR, .body = q->uuid, .len = UUID_SIZE};
	struct freshness asked;

	if (!v)
		return;
	asked = rules_freshness(&q->b->rules, &v->record);
	if (in_force(v, &asked).commits_per_day == 0 || q->b->opening != OPENING_DONE) {
		request_show(q, v);
		return;
	}
	memcpy(q->uuid, v->leaf.uuid, UUID_SIZE);
	keeper_ask_within(&q->b->keeper, WEAR_MS, &m, on_wear, q);
}

/* ---- start and stop ------------------------------------------------------------------------- */

static void wait_for(struct request *q, struct vtpm *v, enum life_event ev, enum request_wait wait,
		     const char *refusal)
{
	memcpy(q->uuid, v->leaf.uuid, UUID_SIZE);
	q->wait = wait;
	/* The event may end the wait at once, and with it q. */
	if (lifecycle_step(v->life, ev)) {
		life_step(q->b, v, ev, ERR_OK);
		return;
	}
	q->wait = WAIT_NONE;
	request_fail(q, ERR_STATE, refusal);
}

/* What start, resume and a start that discards have in common. */
static void begin(struct request *q, struct vtpm *v, bool discard)
{
	if (!v->record_ok) {
		request_fail(q, ERR_TAMPERED, "its record in the store is not the anchored one");
		return;
	}
	v->discard = discard;
	wait_for(q, v, LIFE_EV_START, WAIT_RUNNING,
		 "it runs already, or is about to stop: see vtpmctl show");
}

/* It does not run, or is just being resumed; one that failed is started again in any case. */
static bool is_suspended(const struct vtpm *v)
{
	return leaf_is_suspended(&v->leaf) && (v->life == LIFE_STOPPED || v->life == LIFE_STARTING);
}

static void start(struct request *q, struct vtpm *v)
{
	if (is_suspended(v))
		request_fail(q, ERR_STATE,
			     "it is suspended: vtpmctl resume goes on where it was, vtpmctl start "
			     "--discard-suspended starts it as after a loss of power");
	else
		begin(q, v, false);
}

void admin_start(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_START);

	if (v)
		start(q, v);
}

void admin_start_discard(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_START);

	if (v && is_suspended(v) && v->life != LIFE_STOPPED) {
		request_fail(q, ERR_STATE, "it is being started already: see vtpmctl show");
		return;
	}
	if (!v)
		return;
	begin(q, v, is_suspended(v));
}

void admin_resume(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_START);

	if (v && !is_suspended(v))
		request_fail(q, ERR_STATE, "it is not suspended: see vtpmctl show");
	else if (v)
		begin(q, v, false);
}

void admin_stop(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_STOP);

	if (v)
		wait_for(q, v, LIFE_EV_STOP, WAIT_STOPPED, "it is not running");
}

void admin_suspend(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_STOP);

	if (v)
		wait_for(q, v, LIFE_EV_SUSPEND, WAIT_SUSPENDED, "it is not running");
}

/* ---- on behalf of a domain ------------------------------------------------------------------ */

/* NULL: what the domain says is what the record says. */
static const char *not_its_own(const struct vtpm *v, const struct admin_domain *d)
{
	if (field_is_zero(v->record.domain, UUID_SIZE))
		return "the vTPM is bound to no domain: create it with --domain";
	if (!uuid_equal(v->record.domain, d->domain))
		return "the vTPM is bound to another domain";
	if (strcmp(v->record.stakeholder, d->stakeholder) != 0)
		return "the vTPM is another stakeholder's than the domain says";
	return NULL;
}

/* Refuses as the policy does: the rule is told to who may read it. */
static void deny_binding(struct request *q, const char *why)
{
	q->verdict = (struct policy_verdict){.rule = DOMAIN_RULE};
	snprintf(q->verdict.why, sizeof(q->verdict.why), "%s", why);
	request_deny(q);
}

/* The vTPM, if the client may do this to it and it is that domain's. NULL: answered already. */
static struct vtpm *its_own(struct request *q, enum policy_action action)
{
	struct admin_domain d;
	struct vtpm *v;
	const char *why;
	enum err e = admin_domain_decode(q->body, q->len, &d);

	if (e) {
		request_fail(q, e, NULL);
		return NULL;
	}
	v = request_find(q, d.name);
	if (!v)
		return NULL;
	if (!request_may_vtpm(q, action, v)) {
		request_deny(q);
		return NULL;
	}
	why = not_its_own(v, &d);
	if (!why)
		return v;
	deny_binding(q, why);
	return NULL;
}

/* One that runs is its own already: its worker takes one client at a time. */
void admin_domain_start(struct request *q)
{
	struct vtpm *v = its_own(q, ACTION_START);

	if (v && v->life == LIFE_RUNNING)
		request_show(q, v);
	else if (v)
		start(q, v);
}

void admin_domain_stop(struct request *q)
{
	struct vtpm *v = its_own(q, ACTION_STOP);

	if (v)
		wait_for(q, v, LIFE_EV_STOP, WAIT_STOPPED, "it is not running");
}

/* ---- changes of the registry ---------------------------------------------------------------- */

static void on_destroyed(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;

	(void)reply;
	request_finish(q, e, *detail ? detail : NULL, NULL, 0);
}

void admin_destroy(struct request *q)
{
	struct vtpm *v = allowed(q, ACTION_DESTROY);

	if (!v)
		return;
	if (v->life != LIFE_STOPPED) {
		request_fail(q, ERR_STATE, "it is running: stop it first");
		return;
	}
	keeper_ask(&q->b->keeper, KEYS_DESTROY, v->leaf.uuid, UUID_SIZE, on_destroyed, q);
}

static bool may_create(struct request *q, const struct admin_create *c)
{
	struct policy_request pq = {.action = ACTION_CREATE,
				    .object = c->stakeholder,
				    .vtpm_class = (enum vtpm_class)c->vtpm_class,
				    .quota = c->quota};

	request_about(q, c->stakeholder, c->name);
	registry_owned(&q->b->registry, c->stakeholder, &pq.owned_vtpms, &pq.owned_bytes);
	return request_decide(q, &pq);
}

static uint32_t whole_blocks(uint32_t quota)
{
	return quota > QUOTA_MAX ? quota : (quota + STORE_BLOCK - 1) / STORE_BLOCK * STORE_BLOCK;
}

/* What the client left open is the policy's to fill in. */
static void complete(const struct request *q, struct admin_create *c)
{
	const struct policy *p = q->b->rules.policy;

	if (!c->stakeholder[0])
		memcpy(c->stakeholder, q->subject, sizeof(c->stakeholder));
	if (c->quota == 0 && (!p || policy_default_quota(p, c->stakeholder, &c->quota) != ERR_OK))
		c->quota = QUOTA_MIN;
	c->quota = whole_blocks(c->quota);
}

static const char *refusal(const struct admin_create *c)
{
	if (!registry_name_ok(c->name))
		return "a name has letters, digits, '.', '_' and '-', and is not a uuid";
	if (c->quota < QUOTA_MIN || c->quota > QUOTA_MAX)
		return "the quota must be between 16 KiB and 128 KiB";
	return NULL;
}

static enum err new_record(const struct request *q, const struct admin_create *c,
			   const uint8_t uuid[UUID_SIZE], struct record *out)
{
	*out = (struct record){.vtpm_class = c->vtpm_class, .created = (uint64_t)time(NULL)};
	memcpy(out->uuid, uuid, UUID_SIZE);
	memcpy(out->name, c->name, sizeof(out->name));
	memcpy(out->stakeholder, c->stakeholder, sizeof(out->stakeholder));
	memcpy(out->domain, c->domain, UUID_SIZE);
	out->freshness = rules_freshness(&q->b->rules, out);
	return policy_sealing(q->b->rules.policy, c->stakeholder, &out->own_authority,
			      &out->authority.key);
}

/* Takes name and region until the creation is anchored, or has failed. */
static enum err reserve(struct request *q, const struct admin_create *c, struct vtpm **out)
{
	struct leaf leaf = {.quota = c->quota, .guest = c->guest};
	struct record record;
	struct vtpm *v;
	enum err e = uuid_random(leaf.uuid);

	if (!e)
		e = new_record(q, c, leaf.uuid, &record);
	if (e)
		return e;
	/* As the key keeper will. */
	leaf.slots = freshness_has_sessions(&record.freshness) ? SLOTS_SESSION : SLOTS_STRICT;
	e = registry_allocate(&q->b->registry, store_size(q->b->store), &leaf);
	if (!e)
		e = registry_add(&q->b->registry, &leaf, &v);
	if (e)
		return e;
	v->record = record;
	*out = v;
	return ERR_OK;
}

static const char *full(const struct request *q)
{
	if (q->b->registry.n == LEAVES_MAX)
		return "the store has as many vTPMs as it takes";
	return "the store has no room for another vTPM of this quota";
}

static void on_created(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;
	struct vtpm *v = registry_find(&q->b->registry, q->uuid);

	(void)reply;
	if (!e && v && v->anchored) {
		request_show(q, v);
		return;
	}
	if (v && !v->anchored)
		registry_remove(&q->b->registry, v);
	request_finish(q, e ? e : ERR_INTERNAL, *detail ? detail : NULL, NULL, 0);
}

static void ask_to_create(struct request *q, const struct vtpm *v)
{
	uint8_t record[RECORD_SLOT_SIZE];
	struct keys_create k = {.region = v->leaf.region,
				.quota = v->leaf.quota,
				.guest = v->leaf.guest,
				.record = record};
	size_t len;
	enum err e = record_encode(&v->record, record, sizeof(record), &len);

	k.record_len = (uint32_t)len;
	memcpy(q->uuid, v->leaf.uuid, UUID_SIZE);
	if (!e)
		e = keys_create_encode(&k, q->b->out, MSG_BODY_MAX, &len);
	if (e)
		on_created(q, e, "", NULL);
	else
		keeper_ask(&q->b->keeper, KEYS_CREATE, q->b->out, len, on_created, q);
}

void admin_create(struct request *q)
{
	struct admin_create c;
	struct vtpm *v = NULL;
	const char *bad;
	enum err e = admin_create_decode(q->body, q->len, &c);

	if (e) {
		request_fail(q, e, NULL);
		return;
	}
	complete(q, &c);
	if (!may_create(q, &c)) {
		request_deny(q);
		return;
	}
	bad = refusal(&c);
	if (bad)
		e = ERR_ARG;
	else if (registry_find_name(&q->b->registry, c.stakeholder, c.name))
		e = ERR_EXISTS;
	else
		e = reserve(q, &c, &v);
	if (e)
		request_fail(q, e, e == ERR_FULL ? full(q) : bad);
	else
		ask_to_create(q, v);
}
