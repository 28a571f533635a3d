/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the broker asks about one vTPM, and about the policy: each is one change
 * of the root, answered once it is anchored.
 */
#include "lib/approval.h"
#include "lib/log.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_derive.h"
#include "vtpmmgr/keys/keys_pick.h"
#include "vtpmmgr/keys/keys_seal.h"

#include <stdlib.h>
#include <string.h>

/* ---- changes -------------------------------------------------------------------------------- */

static void answer(struct keys *k, struct change *c, enum err e)
{
	keys_done(k, c->request, e, e ? "the change was not anchored and has not happened" : NULL);
}

static struct change *change_new(uint32_t request,
				 enum err (*apply)(struct change *c, struct root *r))
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->request = request;
	c->apply = apply;
	c->done = answer;
	return c;
}

/* Puts the encoded record, and its digest, into the change and its leaf. */
static enum err set_record(struct change *c, const struct record *r)
{
	struct crypt_part part;
	enum err e;

	e = record_encode(r, c->record, sizeof(c->record), &c->record_len);
	if (e)
		return e;
	part = (struct crypt_part){c->record, c->record_len};
	c->leaf.record_len = (uint32_t)c->record_len;
	return crypt_sha256(&part, 1, &c->leaf.record);
}

/* Decodes a record that the broker read, if it is the one that the root names. */
static enum err check_record(struct keys *k, const uint8_t *bytes, size_t len,
			     const uint8_t uuid[UUID_SIZE], struct record *out)
{
	const struct leaf *leaf = root_find(k->root, uuid);
	const struct crypt_part part = {bytes, len};
	struct digest digest;
	enum err e;

	if (!leaf)
		return ERR_NOT_FOUND;
	e = crypt_sha256(&part, 1, &digest);
	if (e)
		return e;
	if (!digest_equal(&digest, &leaf->record))
		return ERR_TAMPERED;
	e = record_decode(bytes, len, out);
	if (!e && memcmp(out->uuid, uuid, UUID_SIZE) != 0)
		e = ERR_TAMPERED;
	return e;
}

/* Whose word opens S_i: the stakeholder's own key, or the platform's. */
static const struct authority *authority_of(const struct keys *k, const struct record *r)
{
	return r->own_authority ? &r->authority : &k->header.platform;
}

/* ---- create --------------------------------------------------------------------------------- */

static enum err apply_create(struct change *c, struct root *r)
{
	if (root_find(r, c->leaf.uuid))
		return ERR_EXISTS;
	if (r->nleaves == LEAVES_MAX)
		return ERR_FULL;
	r->leaves[r->nleaves++] = c->leaf;
	return ERR_OK;
}

static enum err seal_secret(struct keys *k, struct record *r)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *s_i = NULL;
	enum err e;

	e = secret_random(VTPM_SECRET_SIZE, &s_i);
	return e ? e : seal_create(&k->tpm, &authority_of(k, r)->key, s_i, &r->secret);
}

static void new_leaf(const struct keys_create *q, const struct record *r, struct leaf *leaf)
{
	*leaf = (struct leaf){.state = LEAF_LIVE,
			      .slots = freshness_has_sessions(&r->freshness) ? SLOTS_SESSION
									     : SLOTS_STRICT,
			      .state_slot = 1,
			      .generation = 1,
			      .region = q->region,
			      .quota = q->quota,
			      .guest = q->guest};
	memcpy(leaf->uuid, r->uuid, UUID_SIZE);
}

static enum err create(struct keys *k, uint32_t request, const struct keys_create *q)
{
	struct change *c;
	struct record r;
	enum err e;

	e = record_decode(q->record, q->record_len, &r);
	if (e)
		return e;
	c = change_new(request, apply_create);
	if (!c)
		return ERR_NO_MEMORY;
	new_leaf(q, &r, &c->leaf);
	e = seal_secret(k, &r);
	if (!e)
		e = set_record(c, &r);
	if (e) {
		free(c);
		return e;
	}
	keys_commit_change(k, c);
	return ERR_OK;
}

enum err keys_create_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	struct keys_create q;
	enum err e;

	e = keys_create_decode(m->body, m->len, &q);
	if (e)
		return e;
	e = create(k, m->id, &q);
	if (e)
		keys_done(k, m->id, e, "the vTPM's secret could not be sealed");
	return ERR_OK;
}

/* ---- destroy -------------------------------------------------------------------------------- */

static void destroyed(struct keys *k, struct change *c, enum err e)
{
	if (!e)
		wear_forget(&k->wear, c->leaf.uuid);
	answer(k, c, e);
}

static enum err apply_destroy(struct change *c, struct root *r)
{
	struct leaf *leaf = root_find(r, c->leaf.uuid);

	if (!leaf)
		return ERR_NOT_FOUND;
	*leaf = r->leaves[--r->nleaves];
	return ERR_OK;
}

enum err keys_destroy_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	struct change *c;

	if (m->len != UUID_SIZE)
		return ERR_FORMAT;
	if (keys_worker_find(k, m->body)) {
		keys_done(k, m->id, ERR_STATE, "the vTPM is running: stop it first");
		return ERR_OK;
	}
	c = change_new(m->id, apply_destroy);
	if (!c)
		return ERR_NO_MEMORY;
	c->done = destroyed;
	memcpy(c->leaf.uuid, m->body, UUID_SIZE);
	keys_commit_change(k, c);
	return ERR_OK;
}

/* ---- start ---------------------------------------------------------------------------------- */

static enum err state_key(struct keys *k, const struct record *r, const struct leaf *leaf,
			  struct secret **out)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *s_i = NULL;
	enum err e;

	e = seal_open(&k->tpm, authority_of(k, r), &r->secret, &s_i);
	if (e)
		return e;
	return keys_derive_state_key(k->rk, s_i, leaf->uuid, leaf->generation, out);
}

/* What was promised can be strengthened by the policy that the broker goes by, not weakened. */
static enum err set_terms(struct keys *k, const struct keys_start *q, const struct record *r)
{
	const struct freshness terms = freshness_effective(&r->freshness, &q->asked);

	return keys_budget_terms(k, q->uuid, &terms);
}

static enum err start(struct keys *k, uint32_t request, const struct keys_start *q, bool discard)
{
	const struct leaf *leaf;
	struct secret *key = NULL;
	struct record r;
	enum err e;

	e = check_record(k, q->record, q->record_len, q->uuid, &r);
	if (e)
		return e;
	if (keys_worker_find(k, q->uuid))
		return ERR_STATE;
	/* Its leaf is about to change, or to go: the worker would not be given the last state. */
	if (keys_commit_holds(k, q->uuid) || keys_commit_changes(k, q->uuid))
		return ERR_UNAVAILABLE;
	e = set_terms(k, q, &r);
	if (e)
		return e;
	leaf = root_find(k->root, q->uuid);
	e = state_key(k, &r, leaf, &key);
	return e ? e : keys_worker_spawn(k, leaf, r.stakeholder, request, key, discard);
}

static const char *start_detail(enum err e)
{
	switch (e) {
	case ERR_UNAPPROVED:
		return "the PCRs are not those that this vTPM's authority approved";
	case ERR_TAMPERED:
		return "the vTPM's record in the store is not the anchored one";
	case ERR_STATE:
		return "its worker is still there";
	default:
		return NULL;
	}
}

static enum err start_request(struct keys *k, const struct msg *m, bool discard)
{
	struct keys_start q;
	enum err e;

	e = keys_start_decode(m->body, m->len, &q);
	if (e)
		return e;
	e = start(k, m->id, &q, discard);
	if (e)
		keys_done(k, m->id, e, start_detail(e));
	return ERR_OK;
}

enum err keys_start_request(void *keys, struct msg *m)
{
	return start_request(keys, m, false);
}

enum err keys_start_discard_request(void *keys, struct msg *m)
{
	return start_request(keys, m, true);
}

/* Of one whose worker was there before us. */
enum err keys_terms_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	struct keys_start q;
	struct record r;
	enum err e = keys_start_decode(m->body, m->len, &q);

	if (e)
		return e;
	e = check_record(k, q.record, q.record_len, q.uuid, &r);
	if (!e)
		e = set_terms(k, &q, &r);
	if (e)
		log_warning("the terms of a vTPM are not known, it is strict: %s", err_text(e));
	return ERR_OK;
}

/* ---- a stakeholder's own approval ----------------------------------------------------------- */

static enum err apply_record(struct change *c, struct root *r)
{
	struct leaf *leaf = root_find(r, c->leaf.uuid);

	if (!leaf)
		return ERR_NOT_FOUND;
	if (leaf->record_slot == c->leaf.record_slot)
		return ERR_STATE; /* another one came first: the anchored root names that slot */
	leaf->record_slot = c->leaf.record_slot;
	leaf->record_len = c->leaf.record_len;
	leaf->record = c->leaf.record;
	return ERR_OK;
}

static enum err add_approval(struct keys *k, const struct keys_update *u, struct record *r)
{
	enum err e;

	e = check_record(k, u->record, u->record_len, u->uuid, r);
	if (e)
		return e;
	if (!r->own_authority)
		return ERR_ARG;
	e = approval_verify(&u->approval, (enum hierarchy)k->header.hierarchy, &r->authority.key);
	if (!e)
		authority_add(&r->authority, &u->approval);
	return e;
}

static enum err update_record(struct keys *k, uint32_t request, const struct keys_update *u)
{
	struct change *c;
	struct record r;
	enum err e;

	e = add_approval(k, u, &r);
	if (e)
		return e;
	c = change_new(request, apply_record);
	if (!c)
		return ERR_NO_MEMORY;
	c->leaf = *root_find(k->root, u->uuid);
	c->leaf.record_slot = 1 - c->leaf.record_slot;
	e = set_record(c, &r);
	if (e)
		free(c);
	else
		keys_commit_change(k, c);
	return e;
}

void keys_update_record(struct keys *k, uint32_t request, const struct keys_update *u)
{
	enum err e = update_record(k, request, u);

	if (e)
		keys_done(k, request, e, NULL);
}

/* ---- policy --------------------------------------------------------------------------------- */

static enum err apply_policy(struct change *c, struct root *r)
{
	if (c->policy_slot == r->policy_slot)
		return ERR_STATE; /* the anchored root names that slot */
	r->policy_slot = c->policy_slot;
	r->policy_signed = c->policy_signed;
	r->policy_len = c->policy_len;
	r->policy = c->policy;
	return ERR_OK;
}

/*
 * Local root alone must not be able to drop a rule: where the policy in force
 * asks for it, the platform authority signs the next one. A signature that is
 * given is verified in any case.
 */
static enum err check_signature(const struct keys *k, const struct keys_policy *q)
{
	static const struct crypt_signature none;

	if (!k->root->policy_signed && memcmp(&q->sig, &none, sizeof(none)) == 0)
		return ERR_OK;
	return crypt_verify(&k->header.platform.key, &q->digest, &q->sig);
}

enum err keys_policy_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	struct keys_policy q;
	struct change *c;
	enum err e;

	e = keys_policy_decode(m->body, m->len, &q);
	if (e)
		return e;
	e = check_signature(k, &q);
	if (e) {
		keys_done(k, m->id, e,
			  "the platform authority's signature of this policy is needed");
		return ERR_OK;
	}
	c = change_new(m->id, apply_policy);
	if (!c)
		return ERR_NO_MEMORY;
	c->policy_slot = q.slot;
	c->policy_signed = q.next_signed;
	c->policy_len = q.len;
	c->policy = q.digest;
	keys_commit_change(k, c);
	return ERR_OK;
}
