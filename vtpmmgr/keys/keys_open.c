/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recovery: from what the broker read in the store to the one current root.
 *
 *	header -> pinned parent -> RK (PCRs, version) -> A's Name and value
 *	-> the root with SHA-256(prev || m(root)) = A
 *
 * Every other root is dropped: nothing in it was acknowledged. None: closed.
 */
#include "lib/anchor.h"
#include "lib/log.h"
#include "lib/pcrs.h"
#include "lib/wbuf.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_anchor.h"
#include "vtpmmgr/keys/keys_derive.h"
#include "vtpmmgr/keys/keys_pick.h"
#include "vtpmmgr/keys/keys_seal.h"

#include <stdio.h>
#include <string.h>

#define PAYLOAD_SIZE (ROOT_KEY_SIZE + 2 * TPM_NAME_SIZE + 2)

/* ---- the sealed payload --------------------------------------------------------------------- */

enum err keys_root_payload(const struct secret *rk, enum hierarchy h, struct secret **out)
{
	uint8_t name[TPM_NAME_SIZE];
	struct secret *payload;
	struct wbuf w;
	size_t len;
	enum err e;

	e = secret_new(PAYLOAD_SIZE, &payload);
	if (e)
		return e;
	wbuf_init(&w, secret_bytes(payload), PAYLOAD_SIZE);
	wbuf_bytes(&w, secret_view(rk), ROOT_KEY_SIZE);
	e = anchor_a_name(h, name);
	wbuf_bytes(&w, name, sizeof(name));
	if (!e)
		e = anchor_v_name(h, name);
	wbuf_bytes(&w, name, sizeof(name));
	wbuf_u16(&w, FORMAT_VERSION);
	if (!e)
		e = wbuf_end(&w, &len);
	if (e)
		secret_free(payload);
	else
		*out = payload;
	return e;
}

static enum err take_root_key(const struct secret *payload, struct secret **rk)
{
	if (secret_len(payload) < ROOT_KEY_SIZE)
		return ERR_TAMPERED;
	if (secret_new(ROOT_KEY_SIZE, rk) != ERR_OK)
		return ERR_NO_MEMORY;
	memcpy(secret_bytes(*rk), secret_view(payload), ROOT_KEY_SIZE);
	return ERR_OK;
}

/* The payload must say what this version would have sealed: the same Names, the same format. */
static enum err check_payload(const struct secret *payload, enum hierarchy h, struct secret **rk)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *expected = NULL;
	struct secret *taken = NULL;
	enum err e;

	e = take_root_key(payload, &taken);
	if (!e)
		e = keys_root_payload(taken, h, &expected);
	if (!e && !secret_equal(payload, expected))
		e = ERR_UNSUPPORTED;
	if (e)
		secret_free(taken);
	else
		*rk = taken;
	return e;
}

enum err keys_unseal_root_key(struct keys *k, const struct boot_header *h, struct secret **rk)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *payload = NULL;
	enum err e;

	e = seal_open(&k->tpm, &h->platform, &h->root_key, &payload);
	return e ? e : check_payload(payload, (enum hierarchy)h->hierarchy, rk);
}

enum err keys_adopt_root_key(struct keys *k, struct secret *rk)
{
	struct secret *mac = NULL;
	enum err e;

	e = keys_derive_root_mac(rk, &mac);
	if (e)
		return e;
	secret_free(k->rk);
	secret_free(k->root_mac);
	k->rk = rk;
	k->root_mac = mac;
	return ERR_OK;
}

void keys_drop_root_key(struct keys *k)
{
	secret_free(k->rk);
	secret_free(k->root_mac);
	k->rk = NULL;
	k->root_mac = NULL;
	anchor_forget(&k->tpm);
}

bool keys_is_open(const struct keys *k)
{
	return k->phase != PHASE_CLOSED && !k->recovering;
}

/* ---- the steps ------------------------------------------------------------------------------ */

static enum err step_header(struct keys *k, const struct keys_open *q)
{
	enum err e = keys_pick_header(q, &k->header);

	k->header_known = !e;
	return e;
}

/* Which salt key is the right one comes from outside the store; without that, closed. */
static enum err step_parent(struct keys *k, const struct keys_open *q)
{
	uint8_t name[TPM_NAME_SIZE];

	(void)q;
	if (!k->config.pinned)
		return ERR_STATE;
	return tpm_use_parent(&k->tpm, (enum hierarchy)k->header.hierarchy, k->config.pin, name);
}

static enum err step_version(struct keys *k, const struct keys_open *q)
{
	enum err e;

	(void)q;
	e = anchor_find_v(&k->tpm);
	return e ? e : anchor_version(&k->tpm);
}

static enum err step_root_key(struct keys *k, const struct keys_open *q)
{
	struct secret *rk = NULL;
	enum err e;

	(void)q;
	e = keys_unseal_root_key(k, &k->header, &rk);
	if (e)
		return e;
	e = keys_adopt_root_key(k, rk);
	if (e)
		secret_free(rk);
	return e;
}

static enum err step_anchor(struct keys *k, const struct keys_open *q)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *auth = NULL;
	enum err e;

	(void)q;
	e = keys_derive_anchor_auth(k->rk, &auth);
	if (!e)
		e = anchor_find_a(&k->tpm, auth);
	return e ? e : anchor_read(&k->tpm, &k->a);
}

static enum err step_root(struct keys *k, const struct keys_open *q)
{
	uint8_t slot;
	enum err e;

	e = keys_pick_root(q, k->root_mac, &k->a, k->header.store, &slot);
	if (e)
		return e;
	k->root_slot = slot;
	return root_decode(q->root[slot], q->root_len[slot], k->root);
}

/* For status alone: read here, so that asking for it costs no command. */
static enum err step_facts(struct keys *k, const struct keys_open *q)
{
	(void)q;
	return tpm_clear_disabled(&k->tpm, &k->clear_disabled);
}

static enum err (*const steps[STEPS])(struct keys *k, const struct keys_open *q) = {
    [STEP_HEADER] = step_header,     [STEP_PARENT] = step_parent, [STEP_VERSION] = step_version,
    [STEP_ROOT_KEY] = step_root_key, [STEP_ANCHOR] = step_anchor, [STEP_ROOT] = step_root,
    [STEP_FACTS] = step_facts,
};

/* A TPM that does not answer any more is no reason to say less than was found. */
static void name_pcrs(struct keys *k, struct keys_found *found)
{
	const struct authority *au = &k->header.platform;
	struct digest values[PCRS_MAX] = {0};
	char which[PCRS_TEXT_MAX];
	uint32_t mask = 0;

	for (size_t i = 0; i < au->napprovals; i++)
		mask |= au->approvals[i].pcrs;
	if (tpm_pcr_read(&k->tpm, mask, values) != ERR_OK)
		return;
	k->differing = pcrs_differing(au, k->tpm.min_version, values);
	pcrs_text(k->differing, which);
	if (which[0])
		snprintf(found->detail, sizeof(found->detail), "%s: %s",
			 finding_text(found->finding), which);
}

enum err keys_walk(struct keys *k, const struct keys_open *q, enum keys_step from,
		   enum keys_step to, struct keys_found *found)
{
	k->differing = 0;
	for (enum keys_step i = from; i <= to; i++) {
		enum err e = steps[i](k, q);

		if (e) {
			keys_find(i, e, found);
			if (found->finding == FOUND_PCRS)
				name_pcrs(k, found);
			return found->err;
		}
	}
	return ERR_OK;
}

static enum err answer(struct keys *k, uint32_t id, const struct keys_found *found)
{
	struct keys_opened a = {.err = (uint16_t)found->err, .finding = (uint8_t)found->finding};
	size_t len;
	enum err encoded = ERR_OK;

	snprintf(a.detail, sizeof(a.detail), "%s", found->detail);
	if (!found->err) {
		encoded = root_encode(k->root, k->attempt.bytes, STORE_ROOT_SIZE, &len);
		a.root_slot = k->root_slot;
		a.root = k->attempt.bytes;
		a.root_len = (uint32_t)len;
	}
	if (!encoded)
		encoded = keys_opened_encode(&a, k->out, MSG_BODY_MAX, &len);
	if (!encoded)
		keys_to_broker(k, KEYS_OPENED, id, len);
	return encoded;
}

/* The slot that the current root lies in is never written: if it holds another, so does the store.
 */
static bool agrees(struct keys *k, const struct keys_open *q)
{
	uint8_t i = k->root_slot;
	size_t len;

	return root_encode(k->root, k->attempt.bytes, STORE_ROOT_SIZE, &len) == ERR_OK &&
	       q->root_len[i] == len && memcmp(q->root[i], k->attempt.bytes, len) == 0;
}

static enum err open_again(struct keys *k, uint32_t id, const struct keys_open *q)
{
	struct keys_found found = {0};

	if (agrees(k, q)) {
		k->broker_open = true;
		keys_commit_soon(k);
	} else {
		keys_found_set(&found, FOUND_NOT_THE_OPEN_ONE, ERR_ROLLBACK);
	}
	return answer(k, id, &found);
}

static void stay_closed(struct keys *k, const struct keys_found *found)
{
	keys_drop_root_key(k);
	log_error("the store stays closed: %s", found->detail);
	keys_try_again(k, found->err);
}

/* A broker that was started again asks anew; what is open stays as it is, if it still agrees. */
enum err keys_open(void *keys, struct msg *m)
{
	struct keys_found found = {0};
	struct keys *k = keys;
	struct keys_open q;
	enum err e;

	e = keys_open_decode(m->body, m->len, &q);
	if (e)
		return e;
	keys_header_settle(k, &q);
	if (k->phase != PHASE_CLOSED)
		return open_again(k, m->id, &q);
	e = keys_walk(k, &q, STEP_HEADER, STEP_FACTS, &found);
	k->last_err = e;
	k->found = found.finding;
	if (e) {
		stay_closed(k, &found);
		return answer(k, m->id, &found);
	}
	k->phase = PHASE_IDLE;
	k->broker_open = true;
	k->audit_seq = k->root->audit_seq;
	k->audit_head = k->root->audit_head;
	log_info("root %llu is current, %u vTPMs", (unsigned long long)k->root->seq,
		 k->root->nleaves);
	e = answer(k, m->id, &found);
	keys_worker_resume_all(k);
	return e;
}
