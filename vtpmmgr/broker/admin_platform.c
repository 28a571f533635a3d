/* SPDX-License-Identifier: BSD-3-Clause */
/* status, PCRs, init, update, revoke-older: what concerns the platform as a whole. */
#include "vtpmmgr/broker/admin_rules.h"
#include "vtpmmgr/broker/opening.h"

#include <stdio.h>
#include <string.h>

bool admin_is_administrator(struct request *q)
{
	if (request_may(q, ACTION_PLATFORM))
		return true;
	request_deny(q);
	return false;
}

/* ---- status --------------------------------------------------------------------------------- */

static uint16_t count(const struct registry *r, enum vtpm_state state)
{
	uint16_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += lifecycle_public(r->vtpms[i]->life, leaf_is_suspended(&r->vtpms[i]->leaf)) ==
		     state;
	return n;
}

/* Figures that move when somebody else does something are the administrator's alone. */
static void hide_activity(struct keys_status *k)
{
	k->seq = 0;
	k->ptpm_commands = 0;
	k->extends = 0;
	k->states = 0;
	k->degraded = 0;
	k->exhausted = 0;
}

static void add_host_figures(const struct broker *b, struct admin_status *s)
{
	s->full = true;
	s->store_size = store_size(b->store);
	s->store_free = registry_free(&b->registry, s->store_size);
	s->fsyncs = store_syncs(b->store);
	s->vtpms = (uint16_t)b->registry.n;
	s->running = count(&b->registry, VTPM_RUNNING);
	s->suspended = count(&b->registry, VTPM_SUSPENDED);
	s->policy = b->rules.digest;
	if (b->rules.policy)
		snprintf(s->policy_name, sizeof(s->policy_name), "%s",
			 policy_name(b->rules.policy));
}

static void send_status(struct request *q, const struct keys_status *keys)
{
	struct broker *b = q->b;
	struct admin_status s = {.keys_up = keys != NULL,
				 .store_failing = store_failing(b->store),
				 .isolation = (uint8_t)b->isolation};
	size_t len;

	if (keys)
		s.keys = *keys;
	/* What the key keeper has opened may still be refused here, for its policy or its size. */
	s.keys.open = s.keys.open && b->opening == OPENING_DONE;
	if (b->opening != OPENING_DONE && b->open_err) {
		s.keys.last_err = (uint16_t)b->open_err;
		s.keys.found = (uint8_t)b->open_found;
	}
	if (request_may(q, ACTION_PLATFORM))
		add_host_figures(b, &s);
	else
		hide_activity(&s.keys);
	if (admin_status_encode(&s, b->out, MSG_BODY_MAX, &len) == ERR_OK)
		request_finish(q, ERR_OK, b->opening == OPENING_DONE ? "" : b->open_text, b->out,
			       len);
	else
		request_fail(q, ERR_INTERNAL, NULL);
}

static void on_status(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct keys_status keys;

	(void)detail;
	if (!e)
		e = keys_status_decode(reply->body, reply->len, &keys);
	send_status(arg, e ? NULL : &keys);
}

void admin_status(struct request *q)
{
	keeper_ask(&q->b->keeper, KEYS_STATUS, NULL, 0, on_status, q);
}

/* ---- PCRs ----------------------------------------------------------------------------------- */

static void on_pcrs(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct keys_pcrs pcrs;
	struct request *q = arg;

	if (!e)
		e = keys_pcrs_decode(reply->body, reply->len, &pcrs);
	if (e)
		request_fail(q, e, *detail ? detail : NULL);
	else
		request_finish(q, ERR_OK, NULL, reply->body, reply->len);
}

void admin_pcrs(struct request *q)
{
	uint32_t mask;

	if (!admin_is_administrator(q))
		return;
	if (admin_mask_decode(q->body, q->len, &mask) != ERR_OK)
		request_fail(q, ERR_FORMAT, NULL);
	else
		keeper_ask(&q->b->keeper, KEYS_PCRS, q->body, q->len, on_pcrs, q);
}

/* ---- init ----------------------------------------------------------------------------------- */

#define FIRST_POLICY_SLOT 0

/* The policy must be durable before the first root names it. */
static enum err write_policy(struct broker *b)
{
	const struct store_write w = {STORE_POLICY_AT(FIRST_POLICY_SLOT),
				      (const uint8_t *)b->rules.text, b->rules.len};

	if (policy_reserved_bytes(b->rules.policy) > store_size(b->store) - STORE_REGIONS_AT)
		return ERR_FULL;
	return store_commit(b->store, &w, 1);
}

static void on_init(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;

	(void)reply;
	if (e) {
		request_finish(q, e, *detail ? detail : NULL, NULL, 0);
		return;
	}
	/* The key keeper that has provisioned ends; the next one cannot, and opens the store. */
	q->wait = WAIT_OPENING;
	opening_lost(q->b);
}

static void ask_to_init(struct request *q, const struct admin_init *in)
{
	struct broker *b = q->b;
	struct keys_init k = {.authority = in->authority,
			      .approval = in->approval,
			      .allow_owner_hierarchy = in->allow_owner_hierarchy,
			      .policy_slot = FIRST_POLICY_SLOT,
			      .policy_signed = policy_requires_signature(b->rules.policy),
			      .policy_len = (uint32_t)b->rules.len,
			      .policy = b->rules.digest};
	size_t len;
	enum err e;

	/* Of an earlier try the first root may have been anchored: it counts no more. */
	b->commit.root_slot = -1;
	e = keys_init_encode(&k, b->out, MSG_BODY_MAX, &len);

	if (e)
		request_fail(q, e, NULL);
	else
		keeper_ask(&b->keeper, KEYS_INIT, b->out, len, on_init, q);
}

static const char *init_refusal(enum err e)
{
	switch (e) {
	case ERR_FORMAT:
		return "the initial policy is not valid: see the log, or vtpmctl policy check";
	case ERR_FULL:
		return "the policy's quotas reserve more than the store holds";
	default:
		return NULL;
	}
}

void admin_init(struct request *q)
{
	struct admin_init in;
	enum err e;

	if (!q->b->rules.policy) {
		request_fail(q, ERR_FORMAT, init_refusal(ERR_FORMAT));
		return;
	}
	if (!admin_is_administrator(q))
		return;
	if (admin_init_decode(q->body, q->len, &in) != ERR_OK) {
		request_fail(q, ERR_FORMAT, NULL);
		return;
	}
	if (q->b->open_err != ERR_UNPROVISIONED) {
		request_fail(q, ERR_EXISTS, "there is a platform in this store already");
		return;
	}
	e = write_policy(q->b);
	if (e)
		request_fail(q, e, init_refusal(e));
	else
		ask_to_init(q, &in);
}

/* ---- update --------------------------------------------------------------------------------- */

static void on_updated(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;

	(void)reply;
	if (e || q->b->opening == OPENING_DONE) {
		request_finish(q, e, *detail ? detail : NULL, NULL, 0);
		return;
	}
	/* With the new approval the store may open now; the answer is whether it did. */
	q->wait = WAIT_OPENING;
	opening_ask(q->b);
}

static void ask_to_update(struct request *q, const struct admin_update *u, const struct vtpm *v)
{
	struct keys_update k = {.approval = u->approval};
	size_t len;
	enum err e;

	if (v) {
		memcpy(k.uuid, v->leaf.uuid, UUID_SIZE);
		k.record = v->record_bytes;
		k.record_len = (uint32_t)v->record_len;
	}
	e = keys_update_encode(&k, q->b->out, MSG_BODY_MAX, &len);
	if (e)
		request_fail(q, e, NULL);
	else
		keeper_ask(&q->b->keeper, KEYS_UPDATE, q->b->out, len, on_updated, q);
}

void admin_update(struct request *q)
{
	struct admin_update u;
	struct vtpm *v = NULL;

	if (admin_update_decode(q->body, q->len, &u) != ERR_OK) {
		request_fail(q, ERR_FORMAT, NULL);
		return;
	}
	if (u.name[0]) {
		v = request_find(q, u.name);
		if (!v)
			return;
		request_about(q, v->record.stakeholder, v->record.name);
	}
	if (admin_is_administrator(q))
		ask_to_update(q, &u, v);
}

/* ---- revoke-older --------------------------------------------------------------------------- */

static void on_revoked(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	(void)reply;
	request_finish(arg, e, *detail ? detail : NULL, NULL, 0);
}

void admin_revoke(struct request *q)
{
	if (admin_is_administrator(q))
		keeper_ask(&q->b->keeper, KEYS_REVOKE, NULL, 0, on_revoked, q);
}
