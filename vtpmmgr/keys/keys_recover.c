/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Putting back a store that recovery refuses, because A vouches for none of its
 * roots. Nothing in it can be authenticated then but by the platform authority, who
 * signs for one root and for the value that A has (lib/recovery.h). That root, marked
 * as recovered, becomes the current one by an ordinary commit, which moves A.
 */
#include "lib/log.h"
#include "lib/recovery.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_anchor.h"
#include "vtpmmgr/keys/keys_derive.h"
#include "vtpmmgr/keys/keys_pick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Epochs are root numbers, and none may be used twice. The future that a recovery gives up had
 * numbers less than 2^32 above the root's. It may itself have followed a recovery of the same root:
 * so how many times 2^32 are left out is random.
 */
#define JUMP_BITS  32
#define JUMP_STEPS (1u << 20)
#define SEQ_MAX    (UINT64_MAX >> 2)

static const char open_already[] = "the store is open: there is nothing to recover";
static const char current[] = "the store is the current one: there is nothing to recover";

/* ---- what can be done ----------------------------------------------------------------------- */

static enum err refuse(struct keys_found *found, enum err e, const char *why)
{
	found->err = e;
	snprintf(found->detail, sizeof(found->detail), "%s", why);
	return e;
}

/* Without RK there is no way on, and that is what sealing it is for. */
static bool is_lost(enum finding f)
{
	static const enum finding lost[] = {FOUND_KEY_MISSING, FOUND_KEY_REPLACED,
					    FOUND_FOREIGN_STORE, FOUND_VERSION_MISSING,
					    FOUND_VERSION_REPLACED};

	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		if (lost[i] == f)
			return true;
	return false;
}

static void say_lost(struct keys_found *found)
{
	snprintf(found->detail, sizeof(found->detail),
		 "%s: without it the root key stays sealed, and nothing can bring the state back, "
		 "by design",
		 finding_name(found->finding));
}

/*
 * An A that is missing is defined again, with a value that no root fits: what is signed then is for
 * that value, and good for once. "A is missing" could be signed for, and be true again, any time.
 */
static enum err renew_anchor(struct keys *k, struct keys_found *found)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *auth = NULL;
	enum err e = keys_derive_anchor_auth(k->rk, &auth);

	if (!e)
		e = anchor_renew(&k->tpm, auth);
	if (e == ERR_TAMPERED)
		return e;
	if (e) {
		found->err = e;
		snprintf(found->detail, sizeof(found->detail),
			 "the anchor cannot be defined again: %s%s", err_text(e),
			 e == ERR_DENIED ? ": the authorization of its hierarchy is set" : "");
		return e;
	}
	log_warning("the anchor was missing, and has been defined again");
	return ERR_OK;
}

/* RK in use, A known. found keeps what was found before A was made anew. */
static enum err reach_anchor(struct keys *k, const struct keys_open *q, struct keys_found *found)
{
	struct keys_found again;
	enum err e;

	e = keys_walk(k, q, STEP_HEADER, STEP_ROOT_KEY, found);
	if (e) {
		if (is_lost(found->finding))
			say_lost(found);
		return e;
	}
	e = keys_walk(k, q, STEP_ANCHOR, STEP_ANCHOR, found);
	if (found->finding != FOUND_ANCHOR_MISSING && found->finding != FOUND_ANCHOR_REPLACED)
		return e;
	e = renew_anchor(k, found);
	if (!e && keys_walk(k, q, STEP_ANCHOR, STEP_ANCHOR, &again) != ERR_OK) {
		*found = again;
		e = again.err;
	}
	return e;
}

static enum err root_digest(const struct keys_open *q, uint8_t slot, struct digest *out)
{
	const struct crypt_part part = {q->root[slot], q->root_len[slot]};

	return crypt_sha256(&part, 1, out);
}

/* Whether the slot holds a root of this store, and what is known of it. */
static enum err look_at(struct keys *k, const struct keys_open *q, uint8_t slot,
			struct keys_candidate *out)
{
	enum err e;

	if (root_decode(q->root[slot], q->root_len[slot], k->attempt.root) != ERR_OK ||
	    memcmp(k->attempt.root->store, k->header.store, UUID_SIZE) != 0)
		return ERR_OK;
	out->there = true;
	e = root_digest(q, slot, &out->digest);
	return e ? e : keys_pick_was_current(q, k->root_mac, slot, &out->was_current);
}

static enum err inspect(struct keys *k, const struct keys_open *q, struct keys_inspected *out,
			struct keys_found *found)
{
	struct keys_found root = {0};
	enum err e = reach_anchor(k, q, found);

	if (e)
		return e;
	if (keys_walk(k, q, STEP_ROOT, STEP_ROOT, &root) == ERR_OK)
		return refuse(found, ERR_STATE, current);
	if (found->finding == FOUND_NOTHING || root.finding != FOUND_ROLLBACK)
		*found = root;
	if (root.finding != FOUND_ROLLBACK)
		return root.err;
	memcpy(out->store, k->header.store, UUID_SIZE);
	out->anchor = k->a;
	e = look_at(k, q, 0, &out->roots[0]);
	return e ? e : look_at(k, q, 1, &out->roots[1]);
}

enum err keys_inspect_request(void *keys, struct msg *m)
{
	struct keys_inspected a = {0};
	struct keys_found found = {0};
	struct keys *k = keys;
	struct keys_open q;
	size_t len;
	enum err e;

	e = keys_open_decode(m->body, m->len, &q);
	if (e)
		return e;
	if (k->phase != PHASE_CLOSED || k->header_write.attempt) {
		keys_done(k, m->id, ERR_STATE, open_already);
		return ERR_OK;
	}
	e = inspect(k, &q, &a, &found);
	keys_drop_root_key(k);
	if (e) {
		keys_done(k, m->id, e, found.detail);
		return ERR_OK;
	}
	a.finding = (uint8_t)found.finding;
	e = keys_inspected_encode(&a, k->out, MSG_BODY_MAX, &len);
	if (!e)
		keys_to_broker(k, KEYS_INSPECTED, m->id, len);
	return e;
}

/* ---- putting back --------------------------------------------------------------------------- */

/* The root that was signed for, into the attempt's: k has none before all is checked. */
static enum err find_root(struct keys *k, const struct keys_recover *q, struct keys_found *found)
{
	struct attempt *t = &k->attempt;

	for (uint8_t i = 0; i < 2; i++) {
		struct digest d;

		if (root_digest(&q->open, i, &d) == ERR_OK && digest_equal(&d, &q->recovery.root)) {
			t->slot = i;
			return root_decode(q->open.root[i], q->open.root_len[i], t->root);
		}
	}
	return refuse(found, ERR_UNAPPROVED,
		      "the root record that was signed for is not in the store");
}

static enum err check_statement(struct keys *k, const struct keys_recover *q,
				struct keys_found *found)
{
	const struct root *root = k->attempt.root;
	enum err e;

	if (memcmp(q->recovery.store, k->header.store, UUID_SIZE) != 0)
		return refuse(found, ERR_UNAPPROVED, "this was signed for another store");
	if (!digest_equal(&q->recovery.anchor, &k->a))
		return refuse(
		    found, ERR_UNAPPROVED,
		    "this was signed for another value of the anchor: it has been used, or "
		    "something was committed since; ask again with recover --request");
	e = recovery_verify(&q->recovery, &k->header.platform.key, &q->sig);
	if (e)
		return refuse(found, e, "this was not signed by the platform authority");
	e = find_root(k, q, found);
	if (!e && (memcmp(root->store, k->header.store, UUID_SIZE) != 0 || root->seq > SEQ_MAX))
		return refuse(found, ERR_TAMPERED, "that root record cannot be this store's");
	return e;
}

/* No session state of what is given up may count, and nothing suspended then be resumed now. */
static enum err apply_recovery(struct change *c, struct root *r)
{
	(void)c;
	r->recovered = true;
	for (uint16_t i = 0; i < r->nleaves; i++) {
		r->leaves[i].recovered = true;
		r->leaves[i].epoch = 0;
		r->leaves[i].volatile_state = (struct digest){{0}};
	}
	return ERR_OK;
}

static void recovery_done(struct keys *k, struct change *c, enum err e)
{
	k->last_err = e;
	k->recovering = false;
	if (e) {
		keys_drop_root_key(k);
		k->phase = PHASE_CLOSED;
		k->stalled = false;
	} else {
		k->found = FOUND_NOTHING;
		log_warning(
		    "an older root was put back, by the authority's signature: it is root %llu",
		    (unsigned long long)k->root->seq);
	}
	keys_done(k, c->request, e, e ? "the root could not be put back" : NULL);
}

/* As if that root were the current one, so that the commit which follows makes the next. */
static enum err adopt(struct keys *k)
{
	struct root *old = k->root;
	uint32_t random;
	enum err e = crypt_random(&random, sizeof(random));

	if (e)
		return e;
	k->root = k->attempt.root;
	k->attempt.root = old;
	k->root_slot = k->attempt.slot;
	k->root->seq += ((uint64_t)1 + random % JUMP_STEPS) << JUMP_BITS;
	k->audit_seq = k->root->audit_seq;
	k->audit_head = k->root->audit_head;
	k->broker_open = true;
	k->recovering = true;
	k->phase = PHASE_IDLE;
	return ERR_OK;
}

static enum err recover(struct keys *k, const struct keys_recover *q, struct keys_found *found)
{
	enum err e;

	if (k->phase != PHASE_CLOSED || k->header_write.attempt || k->workers)
		return refuse(found, ERR_STATE, open_already);
	e = keys_walk(k, &q->open, STEP_HEADER, STEP_ANCHOR, found);
	if (!e && keys_walk(k, &q->open, STEP_ROOT, STEP_ROOT, found) == ERR_OK)
		return refuse(found, ERR_STATE, current);
	if (!e)
		e = check_statement(k, q, found);
	if (!e)
		e = keys_walk(k, &q->open, STEP_FACTS, STEP_FACTS, found);
	return e ? e : adopt(k);
}

enum err keys_recover_request(void *keys, struct msg *m)
{
	struct keys_found found = {0};
	struct keys *k = keys;
	struct keys_recover q;
	struct change *c;
	enum err e;

	e = keys_recover_decode(m->body, m->len, &q);
	if (e)
		return e;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	*c = (struct change){.request = m->id, .apply = apply_recovery, .done = recovery_done};
	e = recover(k, &q, &found);
	if (!e) {
		keys_commit_change(k, c);
		return ERR_OK;
	}
	free(c);
	if (k->phase == PHASE_CLOSED)
		keys_drop_root_key(k);
	keys_done(k, m->id, e, found.detail);
	return ERR_OK;
}
