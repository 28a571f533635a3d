/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the broker asks about the platform: PCRs, provisioning, approvals,
 * status. doc/STATE-FORMAT describes what provisioning leaves behind.
 */
#include "lib/approval.h"
#include "lib/log.h"
#include "lib/rbuf.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_anchor.h"
#include "vtpmmgr/keys/keys_derive.h"
#include "vtpmmgr/keys/keys_pick.h"
#include "vtpmmgr/keys/keys_provision.h"
#include "vtpmmgr/keys/keys_seal.h"
#include "vtpmmgr/keys/keys_tcti.h"

#include <stdlib.h>
#include <string.h>

/* ---- measurement and PCRs ------------------------------------------------------------------- */

static enum err extended_once(const struct digest *d, struct digest *out)
{
	const struct digest zero = {{0}};
	const struct crypt_part parts[] = {{zero.b, DIGEST_SIZE}, {d->b, DIGEST_SIZE}};

	return crypt_sha256(parts, 2, out);
}

/*
 * The PCR is extended once per boot of the platform: a manager that is started
 * again finds its own measurement there. Anything else stays as it is; what is
 * sealed to this PCR then does not open, and that is the answer.
 */
enum err keys_measure(struct keys *k)
{
	const struct digest zero = {{0}};
	struct digest pcrs[24] = {0}, expected;
	unsigned pcr = k->config.pcr;
	enum err e;

	e = tpm_pcr_read(&k->tpm, 1u << pcr, pcrs);
	if (!e)
		e = extended_once(&k->config.measurement, &expected);
	if (e)
		return e;
	if (digest_equal(&pcrs[pcr], &zero)) {
		e = tpm_pcr_extend(&k->tpm, pcr, &k->config.measurement);
		if (!e)
			pcrs[pcr] = expected;
	}
	k->measured = !e && digest_equal(&pcrs[pcr], &expected);
	if (!k->measured)
		log_warning("PCR %u does not hold the measurement of these programs and policy",
			    pcr);
	return e;
}

enum err keys_pcrs_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	struct keys_pcrs a = {0};
	struct rbuf r;
	size_t len;
	enum err e;

	rbuf_init(&r, m->body, m->len);
	a.mask = rbuf_u32(&r);
	e = rbuf_end(&r);
	if (e || a.mask >= 1u << 24)
		return ERR_FORMAT;
	e = tpm_pcr_read(&k->tpm, a.mask, a.values);
	if (!e)
		e = keys_pcrs_encode(&a, k->out, MSG_BODY_MAX, &len);
	if (e)
		keys_done(k, m->id, e, "the PCRs could not be read");
	else
		keys_to_broker(k, KEYS_PCR_VALUES, m->id, len);
	return ERR_OK;
}

enum err keys_pcrs_fit(struct keys *k, const struct approval *a)
{
	struct digest values[24] = {0}, now;
	struct crypt_part parts[24];
	size_t n = 0;
	enum err e;

	e = tpm_pcr_read(&k->tpm, a->pcrs, values);
	for (unsigned i = 0; i < 24; i++)
		if (a->pcrs & 1u << i)
			parts[n++] = (struct crypt_part){values[i].b, DIGEST_SIZE};
	if (!e)
		e = crypt_sha256(parts, n, &now);
	if (e)
		return e;
	return digest_equal(&now, &a->pcr_digest) ? ERR_OK : ERR_UNAPPROVED;
}

/* ---- the boot header ------------------------------------------------------------------------ */

static enum err write_header(struct keys *k, uint32_t request, const struct boot_header *h)
{
	struct keys_header q = {.attempt = ++k->last_attempt};
	uint8_t bytes[STORE_HEADER_SIZE];
	size_t len;
	enum err e;

	if (k->header_write.attempt)
		return ERR_AGAIN;
	e = boot_header_encode(h, bytes, sizeof(bytes), &len);
	if (e)
		return e;
	q.bytes = bytes;
	q.len = (uint32_t)len;
	e = keys_header_encode(&q, k->out, MSG_BODY_MAX, &len);
	if (e)
		return e;
	k->header_write =
	    (struct header_write){.attempt = q.attempt, .request = request, .header = *h};
	e = keys_to_broker(k, KEYS_HEADER, 0, len);
	if (e)
		k->header_write = (struct header_write){0};
	return e;
}

static void pin(struct keys *k)
{
	uint8_t name[TPM_NAME_SIZE];
	const struct msg m = {.type = SUPER_PIN, .body = name, .len = sizeof(name)};
	enum err e;

	e = tpm_object_name(&k->tpm, k->tpm.parent, name);
	if (!e)
		e = channel_send(k->super, &m);
	if (e)
		log_error("the pTPM's key could not be pinned: %s", err_text(e));
}

/* Nothing of a provisioning that did not get to its end may stay in the pTPM. */
static void init_failed(struct keys *k, uint32_t request, enum err e, const char *detail)
{
	anchor_undefine(&k->tpm);
	keys_drop_root_key(k);
	k->phase = PHASE_CLOSED;
	k->stalled = false;
	keys_done(k, request, e, detail);
	keys_commit_void(k, ERR_UNPROVISIONED);
}

void keys_header_durable(struct keys *k, enum err e)
{
	struct header_write w = k->header_write;
	bool init = !k->header_known;

	k->header_write = (struct header_write){0};
	if (e && init) {
		init_failed(k, w.request, e, "the boot header could not be written");
		return;
	}
	if (!e) {
		k->header = w.header;
		k->header_known = true;
	}
	/* It may be there all the same: no other one may have its number. */
	k->header.seq = w.header.seq;
	/* Before anybody is told: a platform that was said to be there is pinned. */
	if (!e && init)
		pin(k);
	keys_done(k, w.request, e, e ? "the boot header could not be written" : NULL);
	if (k->phase == PHASE_IDLE)
		keys_commit_soon(k);
}

void keys_header_lost(struct keys *k)
{
	k->header_write.request = 0;
	if (k->header_write.attempt && k->header_known)
		keys_header_durable(k, ERR_UNAVAILABLE);
}

void keys_header_settle(struct keys *k, const struct keys_open *q)
{
	const struct boot_header *wanted = &k->header_write.header;
	struct boot_header h;
	enum err e;

	if (!k->header_write.attempt || k->header_known)
		return;
	e = keys_pick_header(q, &h);
	if (!e && memcmp(h.store, wanted->store, UUID_SIZE) != 0)
		e = ERR_UNPROVISIONED;
	keys_header_durable(k, e);
}

/* ---- provisioning --------------------------------------------------------------------------- */

/* The approval says by what it signs which hierarchy it is for: Name(V) is in it. */
static enum err hierarchy_of(const struct keys_init *q, enum hierarchy *out)
{
	if (approval_verify(&q->approval, HIERARCHY_PLATFORM, &q->authority) == ERR_OK) {
		*out = HIERARCHY_PLATFORM;
		return ERR_OK;
	}
	*out = HIERARCHY_OWNER;
	if (approval_verify(&q->approval, HIERARCHY_OWNER, &q->authority) != ERR_OK)
		return ERR_SIGNATURE;
	return q->allow_owner_hierarchy ? ERR_OK : ERR_DENIED;
}

/* Before anything is changed in the pTPM: the approval must be one that will open what it seals. */
static enum err init_check(struct keys *k, const struct keys_init *q, enum hierarchy *h,
			   const char **detail)
{
	enum err e;

	*detail = "the store is provisioned already";
	if (k->header_known || k->phase != PHASE_CLOSED)
		return ERR_EXISTS;
	*detail = "the pTPM proxy does not let provisioning through (--no-provisioning)";
	if (!k->config.provisioning)
		return ERR_UNAVAILABLE;
	*detail = "the approval is for the owner hierarchy: the pTPM's owner could destroy every "
		  "vTPM; --allow-owner-hierarchy accepts that";
	e = hierarchy_of(q, h);
	if (e == ERR_SIGNATURE)
		*detail = "the approval was not signed by this authority";
	if (e)
		return e;
	*detail = "the approval is not for the PCRs as they are now";
	return keys_pcrs_fit(k, &q->approval);
}

static enum err init_parent(struct keys *k, enum hierarchy h)
{
	uint8_t name[TPM_NAME_SIZE];
	enum err e;

	e = provision_parent(&k->tpm, h);
	if (!e)
		e = tpm_use_parent(&k->tpm, h, k->config.pinned ? k->config.pin : NULL, name);
	if (!e && h == HIERARCHY_OWNER && provision_disable_clear(&k->tpm) != ERR_OK)
		log_warning("TPM2_Clear could not be disabled: the lockout authorization is set");
	return e;
}

static enum err init_keys(struct keys *k, struct boot_header *h)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *payload = NULL;
	__attribute__((cleanup(secret_cleanup))) struct secret *auth = NULL;
	struct secret *rk = NULL;
	enum err e;

	e = secret_random(ROOT_KEY_SIZE, &rk);
	if (e)
		return e;
	e = keys_derive_anchor_auth(rk, &auth);
	if (!e)
		e = keys_root_payload(rk, (enum hierarchy)h->hierarchy, &payload);
	if (!e)
		e = keys_adopt_root_key(k, rk);
	if (e) {
		secret_free(rk);
		return e;
	}
	e = anchor_define(&k->tpm, auth);
	return e ? e : seal_create(&k->tpm, &h->platform.key, payload, &h->root_key);
}

/* RK must come out of the pTPM again, under the approval, before anything relies on it. */
static enum err init_prove(struct keys *k, const struct boot_header *h)
{
	struct secret *rk = NULL;
	enum err e;

	e = anchor_find_v(&k->tpm);
	if (!e)
		e = anchor_version(&k->tpm);
	if (!e)
		e = keys_unseal_root_key(k, h, &rk);
	if (!e && !secret_equal(rk, k->rk))
		e = ERR_INTERNAL;
	secret_free(rk);
	return e;
}

struct init {
	struct change change; /* first: the commit knows only this */
	struct boot_header header;
};

static enum err apply_genesis(struct change *c, struct root *r)
{
	r->policy_slot = c->policy_slot;
	r->policy_signed = c->policy_signed;
	r->policy_len = c->policy_len;
	r->policy = c->policy;
	return ERR_OK;
}

static void genesis_done(struct keys *k, struct change *c, enum err e)
{
	const struct init *i = (const struct init *)c;

	if (!e)
		e = anchor_set_version(&k->tpm, 0);
	if (!e)
		e = init_prove(k, &i->header);
	if (!e)
		e = write_header(k, c->request, &i->header);
	if (e)
		init_failed(k, c->request, e,
			    "the new root key could not be anchored and read back");
}

/* The root before the first: A is all zero, and the genesis root goes to slot 0. */
static void before_genesis(struct keys *k, const uint8_t store[UUID_SIZE])
{
	*k->root = (struct root){0};
	memcpy(k->root->store, store, UUID_SIZE);
	k->root_slot = 1;
	k->a = (struct digest){{0}};
	k->broker_open = true;
	k->phase = PHASE_IDLE;
}

static struct init *init_new(uint32_t request, const struct keys_init *q, enum hierarchy h)
{
	struct init *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->change.request = request;
	i->change.apply = apply_genesis;
	i->change.done = genesis_done;
	i->change.policy_slot = q->policy_slot;
	i->change.policy_signed = q->policy_signed;
	i->change.policy_len = q->policy_len;
	i->change.policy = q->policy;
	i->header.seq = 1;
	i->header.hierarchy = (uint8_t)h;
	i->header.platform.key = q->authority;
	authority_add(&i->header.platform, &q->approval);
	return i;
}

static const char *init_detail(enum err e)
{
	if (e == ERR_EXISTS)
		return "this pTPM anchors a store already; if that one is gone for good, undefine "
		       "its NV indices first (doc/STATE-FORMAT names them)";
	if (e == ERR_DENIED)
		return "the hierarchy's authorization is set: provision from firmware, or sign for "
		       "the owner hierarchy";
	return "the pTPM could not be provisioned";
}

enum err keys_init_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	const char *detail;
	struct keys_init q;
	enum hierarchy h;
	struct init *i;
	enum err e;

	e = keys_init_decode(m->body, m->len, &q);
	if (e)
		return e;
	e = init_check(k, &q, &h, &detail);
	if (e) {
		keys_done(k, m->id, e, detail);
		return ERR_OK;
	}
	i = init_new(m->id, &q, h);
	if (!i)
		return ERR_NO_MEMORY;
	e = crypt_random(i->header.store, UUID_SIZE);
	/* What was found there at an earlier opening is not ours to take back. */
	anchor_forget(&k->tpm);
	if (!e)
		e = init_parent(k, h);
	if (!e)
		e = init_keys(k, &i->header);
	if (e) {
		init_failed(k, m->id, e, init_detail(e));
		free(i);
		return ERR_OK;
	}
	before_genesis(k, i->header.store);
	keys_commit_change(k, &i->change);
	return ERR_OK;
}

/* ---- approvals ------------------------------------------------------------------------------ */

static enum err update_platform(struct keys *k, uint32_t request, const struct approval *a)
{
	struct boot_header h = k->header;
	enum err e;

	if (!k->header_known)
		return ERR_UNPROVISIONED;
	e = approval_verify(a, (enum hierarchy)h.hierarchy, &h.platform.key);
	if (e)
		return e;
	authority_add(&h.platform, a);
	h.seq++;
	return write_header(k, request, &h);
}

enum err keys_update_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	static const uint8_t platform[UUID_SIZE];
	struct keys_update q;
	enum err e;

	e = keys_update_decode(m->body, m->len, &q);
	if (e)
		return e;
	if (memcmp(q.uuid, platform, UUID_SIZE) != 0) {
		if (k->phase == PHASE_CLOSED)
			keys_done(k, m->id, k->last_err ? k->last_err : ERR_UNPROVISIONED,
				  "the store is closed");
		else
			keys_update_record(k, m->id, &q);
		return ERR_OK;
	}
	e = update_platform(k, m->id, &q.approval);
	if (e)
		keys_done(k, m->id, e, NULL);
	return ERR_OK;
}

/* ---- status --------------------------------------------------------------------------------- */

enum err keys_status_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	struct keys_status s = {.provisioned = k->header_known,
				.open = keys_is_open(k),
				.hierarchy = k->header.hierarchy,
				.clear_disabled = k->clear_disabled,
				.measured = k->measured,
				.pinned = k->config.pinned == PIN_GIVEN,
				.stalled = k->stalled,
				.last_err = (uint16_t)k->last_err,
				.found = (uint8_t)k->found,
				.differing = k->differing,
				.version = MANAGER_VERSION,
				.min_version = k->tpm.min_version,
				.ptpm_commands = keys_tcti_commands(k->tpm.tcti),
				.extends = k->extends,
				.states = k->states};
	size_t len;
	enum err e;

	if (m->len != 0)
		return ERR_FORMAT;
	s.seq = s.open ? k->root->seq : 0;
	s.recovered = s.open && k->root->recovered;
	keys_budget_status(k, &s);
	e = keys_status_encode(&s, k->out, MSG_BODY_MAX, &len);
	if (!e)
		keys_to_broker(k, KEYS_STATUS_IS, m->id, len);
	return e;
}
