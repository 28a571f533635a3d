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
#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "vtpmmgr/keys.h"
#include "vtpmmgr/keys_anchor.h"
#include "vtpmmgr/keys_derive.h"
#include "vtpmmgr/keys_seal.h"

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

	e = anchor_find_v(&k->tpm);
	if (!e)
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

/* ---- the header ----------------------------------------------------------------------------- */

static enum err pick_header(const struct keys_open *q, struct boot_header *out)
{
	bool any = false, found = false;

	for (int i = 0; i < 2; i++) {
		struct boot_header h;

		if (q->header_len[i] == 0)
			continue;
		any = true;
		if (boot_header_decode(q->header[i], q->header_len[i], &h) != ERR_OK)
			continue;
		if (!found || h.seq > out->seq)
			*out = h;
		found = true;
	}
	if (found)
		return ERR_OK;
	return any ? ERR_TAMPERED : ERR_UNPROVISIONED;
}

/* ---- the root ------------------------------------------------------------------------------- */

/* Only what authenticates a root is read before it is authenticated. */
static enum err root_peek(const uint8_t *bytes, size_t len, uint8_t store[UUID_SIZE],
			  struct digest *prev)
{
	struct rbuf r;

	rbuf_init(&r, bytes, len);
	rbuf_view(&r, 8 + 2 + 2 + 4); /* magic, format, zero, length */
	rbuf_u64(&r);                 /* seq */
	rbuf_copy(&r, store, UUID_SIZE);
	rbuf_copy(&r, prev->b, DIGEST_SIZE);
	return r.bad ? ERR_FORMAT : ERR_OK;
}

static enum err is_anchored(struct keys *k, const uint8_t *bytes, size_t len, bool *yes, bool *ours)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *m = NULL;
	uint8_t store[UUID_SIZE];
	struct digest prev, after;
	enum err e;

	*yes = *ours = false;
	if (root_peek(bytes, len, store, &prev) != ERR_OK)
		return ERR_OK;
	e = keys_derive_extend(k->root_mac, bytes, len, &m);
	if (!e)
		e = keys_derive_extended(&prev, m, &after);
	if (e)
		return e;
	*yes = digest_equal(&after, &k->a);
	*ours = memcmp(store, k->header.store, UUID_SIZE) == 0;
	return ERR_OK;
}

/* None is current: say whether roots of this very store are there (a rollback), or none at all. */
static enum err pick_root(struct keys *k, const struct keys_open *q)
{
	bool any_ours = false;

	for (uint8_t i = 0; i < 2; i++) {
		bool yes, ours;
		enum err e;

		e = is_anchored(k, q->root[i], q->root_len[i], &yes, &ours);
		if (e)
			return e;
		any_ours |= ours;
		if (!yes)
			continue;
		k->root_slot = i;
		return root_decode(q->root[i], q->root_len[i], k->root);
	}
	return any_ours ? ERR_ROLLBACK : ERR_TAMPERED;
}

/* ---- the steps ------------------------------------------------------------------------------ */

struct step {
	enum err (*run)(struct keys *k, const struct keys_open *q);
	const char *failed; /* said in front of the error's own text */
};

static enum err step_header(struct keys *k, const struct keys_open *q)
{
	enum err e = pick_header(q, &k->header);

	k->header_known = !e;
	return e;
}

/* Which salt key is the right one comes from outside the store; without that, closed. */
static enum err step_parent(struct keys *k, const struct keys_open *q)
{
	uint8_t name[TPM_NAME_SIZE];

	(void)q;
	if (!k->config.pinned)
		return ERR_FOREIGN;
	return tpm_use_parent(&k->tpm, (enum hierarchy)k->header.hierarchy, k->config.pin, name);
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

static enum err find_a(struct keys *k)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *auth = NULL;
	enum err e = keys_derive_anchor_auth(k->rk, &auth);

	return e ? e : anchor_find_a(&k->tpm, auth);
}

static enum err step_anchor(struct keys *k, const struct keys_open *q)
{
	enum err e = find_a(k);

	(void)q;
	return e ? e : anchor_read(&k->tpm, &k->a);
}

/*
 * After a command without a response, or whenever what was said last is
 * uncertain: everything about the pTPM is found again, in a new context.
 */
enum err keys_reconnect(struct keys *k)
{
	enum err e = tpm_reset(&k->tpm);

	if (e || k->phase == PHASE_CLOSED)
		return e;
	e = step_parent(k, NULL);
	if (!e)
		e = anchor_find_v(&k->tpm);
	return e ? e : find_a(k);
}

/* For status alone: read here, so that asking for it costs no command. */
static enum err step_facts(struct keys *k, const struct keys_open *q)
{
	enum err e;

	(void)q;
	e = anchor_version(&k->tpm, &k->min_version);
	return e ? e : tpm_clear_disabled(&k->tpm, &k->clear_disabled);
}

static const struct step steps[] = {
    {step_header,   "boot header"           },
    {step_parent,   "pinned key of the pTPM"},
    {step_root_key, "root key"              },
    {step_anchor,   "anchor in the pTPM"    },
    {pick_root,     "root record"           },
    {step_facts,    "pTPM"                  },
};

static enum err recover(struct keys *k, const struct keys_open *q, char detail[DETAIL_MAX + 1])
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum err e = steps[i].run(k, q);

		if (!e)
			continue;
		snprintf(detail, DETAIL_MAX + 1, "%s: %s", steps[i].failed, err_text(e));
		return e;
	}
	detail[0] = '\0';
	return ERR_OK;
}

static enum err answer(struct keys *k, uint32_t id, enum err e, const char *detail)
{
	struct keys_opened a = {.err = (uint16_t)e};
	size_t len;
	enum err encoded = ERR_OK;

	snprintf(a.detail, sizeof(a.detail), "%s", detail);
	if (!e) {
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

/* A broker that was started again asks anew; what is open stays as it is, if it still agrees. */
enum err keys_open(void *keys, struct msg *m)
{
	struct keys *k = keys;
	char detail[DETAIL_MAX + 1] = "";
	struct keys_open q;
	enum err e;

	e = keys_open_decode(m->body, m->len, &q);
	if (e)
		return e;
	if (k->phase != PHASE_CLOSED)
		return answer(k, m->id, ERR_OK, "");
	e = keys_reconnect(k);
	if (!e)
		e = recover(k, &q, detail);
	k->last_err = e;
	if (e) {
		log_error("the store stays closed: %s", detail);
		keys_try_again(k, e);
		return answer(k, m->id, e, detail);
	}
	k->phase = PHASE_IDLE;
	k->audit_seq = k->root->audit_seq;
	k->audit_head = k->root->audit_head;
	log_info("root %llu is current, %u vTPMs", (unsigned long long)k->root->seq,
		 k->root->nleaves);
	e = answer(k, m->id, ERR_OK, "");
	keys_worker_resume_all(k);
	return e;
}
