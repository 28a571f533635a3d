/* SPDX-License-Identifier: BSD-3-Clause */
/* inspect, recover: a store that recovery refuses, and what could be put back of it. */
#include "lib/log.h"
#include "vtpmmgr/broker/admin_rules.h"
#include "vtpmmgr/broker/opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether this client may, and there is anything to be put back; if not, it has been told so. */
static bool can_recover(struct request *q)
{
	const struct broker *b = q->b;

	if (!admin_is_administrator(q))
		return false;
	if (b->opening != OPENING_SHUT)
		request_fail(q, ERR_STATE, "the store is open: there is nothing to recover");
	else if (b->known)
		request_fail(q, ERR_STATE,
			     "the store was open before: restart the manager, and ask again");
	else if (b->open_found == FOUND_CUT_SHORT || b->open_found == FOUND_POLICY_ALTERED)
		request_fail(
		    q, b->open_err,
		    "the root record is the current one, but the store lacks what it names: "
		    "put the newest copy of the store back");
	else
		return true;
	return false;
}

/* ---- what a root names, and what is there --------------------------------------------------- */

static bool record_ok(struct broker *b, const struct leaf *leaf, struct admin_root_vtpm *out)
{
	struct vtpm v = {.leaf = *leaf};

	if (store_read(b->store, REGION_RECORD_AT(leaf->region, leaf->record_slot), b->out,
		       leaf->record_len) != ERR_OK)
		return false;
	registry_set_record(&v, b->out, leaf->record_len);
	memcpy(out->name, v.record.name, sizeof(out->name));
	memcpy(out->stakeholder, v.record.stakeholder, sizeof(out->stakeholder));
	free(v.record_bytes);
	return v.record_ok;
}

static bool state_ok(struct broker *b, const struct leaf *leaf)
{
	const struct crypt_part part = {b->out, leaf->blob_len};
	struct digest d;

	if (leaf->version == 0)
		return true;
	return store_read(b->store, REGION_STATE_AT(leaf->region, leaf->quota, leaf->state_slot),
			  b->out, leaf->blob_len) == ERR_OK &&
	       crypt_sha256(&part, 1, &d) == ERR_OK && digest_equal(&d, &leaf->blob);
}

static bool policy_ok(struct broker *b, const struct root *root)
{
	char *text = NULL;
	enum err e = opening_read_policy(b, root, &text);

	free(text);
	return e == ERR_OK;
}

static void describe(struct broker *b, const struct root *root, struct admin_root *out)
{
	out->policy_ok = policy_ok(b, root);
	out->nvtpms = root->nleaves;
	for (uint16_t i = 0; i < root->nleaves; i++) {
		out->vtpms[i].record_ok = record_ok(b, &root->leaves[i], &out->vtpms[i]);
		out->vtpms[i].state_ok = state_ok(b, &root->leaves[i]);
	}
}

/* ---- the two roots in the store ------------------------------------------------------------- */

struct roots {
	uint8_t bytes[2][STORE_ROOT_SIZE];
	struct root root;
};

static bool is_of_digest(const uint8_t *bytes, uint32_t len, const struct digest *wanted)
{
	const struct crypt_part part = {bytes, len};
	struct digest d;

	return len > 0 && crypt_sha256(&part, 1, &d) == ERR_OK && digest_equal(&d, wanted);
}

/* The root in this slot, if it is the one of this digest; its length, else 0. */
static uint32_t take_root(struct broker *b, struct roots *r, unsigned slot,
			  const struct digest *wanted)
{
	uint32_t len = opening_read_root(b, slot, r->bytes[slot]);

	if (!is_of_digest(r->bytes[slot], len, wanted) ||
	    root_decode(r->bytes[slot], len, &r->root) != ERR_OK ||
	    !registry_root_fits(&r->root, store_size(b->store)))
		return 0;
	return len;
}

/* ---- inspect -------------------------------------------------------------------------------- */

static void tell(struct request *q, const struct keys_inspected *found, struct roots *r,
		 struct admin_inspected *out)
{
	struct broker *b = q->b;
	size_t len;

	out->finding = found->finding;
	memcpy(out->store, found->store, UUID_SIZE);
	out->anchor = found->anchor;
	for (unsigned i = 0; i < 2; i++) {
		const struct keys_candidate *c = &found->roots[i];
		struct admin_root *root = &out->roots[i];

		root->len = c->there ? take_root(b, r, i, &c->digest) : 0;
		if (root->len == 0)
			continue;
		root->bytes = r->bytes[i];
		root->was_current = c->was_current;
		describe(b, &r->root, root);
	}
	if (admin_inspected_encode(out, b->out, MSG_BODY_MAX, &len) == ERR_OK)
		request_reply(q, len);
	else
		request_fail(q, ERR_INTERNAL, NULL);
}

static void on_inspected(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct admin_inspected *out = calloc(1, sizeof(*out));
	struct roots *r = calloc(1, sizeof(*r));
	struct keys_inspected found;
	struct request *q = arg;

	if (!e)
		e = keys_inspected_decode(reply->body, reply->len, &found);
	if (!e && (!out || !r))
		e = ERR_NO_MEMORY;
	if (e)
		request_finish(q, e, *detail ? detail : NULL, NULL, 0);
	else
		tell(q, &found, r, out);
	free(out);
	free(r);
}

void admin_inspect(struct request *q)
{
	struct broker *b = q->b;
	size_t len;
	enum err e;

	if (!can_recover(q))
		return;
	e = opening_encode(b, &len);
	if (e)
		request_fail(q, e, NULL);
	else
		keeper_ask(&b->keeper, KEYS_INSPECT, b->out, len, on_inspected, q);
}

/* ---- recover -------------------------------------------------------------------------------- */

/* The store would stay closed with it afterwards, and A would have moved on. */
static enum err check_root(struct request *q, const struct digest *wanted, const char **why)
{
	struct roots *r = calloc(1, sizeof(*r));
	char object[NAME_MAX_LEN + 1];
	enum err e = ERR_UNAPPROVED;

	*why = "the root record that was signed for is not in the store";
	for (unsigned i = 0; r && e && i < 2; i++)
		if (take_root(q->b, r, i, wanted) > 0)
			e = ERR_OK;
	if (!e) {
		snprintf(object, sizeof(object), "root %llu", (unsigned long long)r->root.seq);
		request_about(q, "", object);
	}
	if (!e && !policy_ok(q->b, &r->root)) {
		*why = "the policy in the store is not the one that this root record names";
		e = ERR_TAMPERED;
	}
	free(r);
	return r ? e : ERR_NO_MEMORY;
}

static void on_recovered(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct request *q = arg;

	(void)reply;
	if (e) {
		request_finish(q, e, *detail ? detail : NULL, NULL, 0);
		return;
	}
	q->wait = WAIT_OPENING;
	opening_ask(q->b);
}

void admin_recover(struct request *q)
{
	struct admin_recover r;
	const char *why = NULL;
	size_t len;
	enum err e;

	if (admin_recover_decode(q->body, q->len, &r) != ERR_OK) {
		request_fail(q, ERR_FORMAT, NULL);
		return;
	}
	if (!can_recover(q))
		return;
	e = check_root(q, &r.recovery.root, &why);
	if (!e)
		e = opening_encode_recover(q->b, &r, &len);
	if (e)
		request_fail(q, e, why);
	else
		keeper_ask(&q->b->keeper, KEYS_RECOVER, q->b->out, len, on_recovered, q);
}
