/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_anchor.h"

#include "lib/anchor.h"
#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "vtpmmgr/keys/keys_tcti.h"

#include <string.h>

#define VERSION_SIZE 8 /* bytes of V */

/* ---- finding -------------------------------------------------------------------------------- */

static void forget(struct tpm *t, ESYS_TR *index)
{
	if (*index != ESYS_TR_NONE)
		Esys_TR_Close(t->esys, index);
	*index = ESYS_TR_NONE;
}

void anchor_forget(struct tpm *t)
{
	forget(t, &t->a);
	forget(t, &t->v);
}

static enum err find(struct tpm *t, uint32_t index, const uint8_t expected[TPM_NAME_SIZE],
		     ESYS_TR *out)
{
	uint8_t name[TPM_NAME_SIZE];
	ESYS_TR tr = ESYS_TR_NONE;
	enum err e;

	e = tpm_err(
	    t, "NV_ReadPublic",
	    Esys_TR_FromTPMPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr));
	if (!e)
		e = tpm_object_name(t, tr, name);
	if (!e && memcmp(name, expected, TPM_NAME_SIZE) != 0)
		e = ERR_TAMPERED;
	if (e) {
		forget(t, &tr);
		return e;
	}
	/* ESYS may have given the same one again. */
	if (*out != tr)
		forget(t, out);
	*out = tr;
	return ERR_OK;
}

enum err anchor_find_v(struct tpm *t)
{
	uint8_t name[TPM_NAME_SIZE];
	enum err e = anchor_v_name(t->hierarchy, name);

	return e ? e : find(t, anchor_handles(t->hierarchy).v, name, &t->v);
}

static enum err set_auth(struct tpm *t, ESYS_TR object, const struct secret *auth)
{
	TPM2B_AUTH value = {.size = (uint16_t)secret_len(auth)};
	TSS2_RC rc;

	memcpy(value.buffer, secret_view(auth), secret_len(auth));
	rc = Esys_TR_SetAuth(t->esys, object, &value);
	secret_wipe(&value, sizeof(value));
	return rc ? ERR_INTERNAL : ERR_OK;
}

enum err anchor_find_a(struct tpm *t, const struct secret *auth)
{
	uint8_t name[TPM_NAME_SIZE];
	enum err e = anchor_a_name(t->hierarchy, name);

	if (!e)
		e = find(t, anchor_handles(t->hierarchy).a, name, &t->a);
	return e ? e : set_auth(t, t->a, auth);
}

/* ---- use ------------------------------------------------------------------------------------ */

static enum err read_nv(struct tpm *t, ESYS_TR index, ESYS_TR session, uint16_t len, uint8_t *out)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	enum err e;

	e = tpm_err(t, "NV_Read",
		    Esys_NV_Read(t->esys, index, index, session, ESYS_TR_NONE, ESYS_TR_NONE, len, 0,
				 &data));
	if (e)
		return e;
	if (data->size == len)
		memcpy(out, data->buffer, len);
	else
		e = ERR_TPM;
	Esys_Free(data);
	return e;
}

enum err anchor_read(struct tpm *t, struct digest *out)
{
	ESYS_TR session;
	enum err e;

	e = tpm_session(t, 0, &session);
	if (!e)
		e = read_nv(t, t->a, session, DIGEST_SIZE, out->b);
	/* A's authValue follows from RK: where it is refused, somebody else defined this A. */
	return e == ERR_DENIED ? ERR_TAMPERED : e;
}

enum err anchor_prepare(struct tpm *t, const struct secret *m)
{
	TPM2B_MAX_NV_BUFFER data = {.size = (uint16_t)secret_len(m)};
	ESYS_TR session;
	enum err e;

	e = tpm_session(t, TPMA_SESSION_DECRYPT, &session);
	if (e)
		return e;
	memcpy(data.buffer, secret_view(m), secret_len(m));
	e = tpm_err(
	    t, "NV_Extend",
	    Esys_NV_Extend_Async(t->esys, t->a, t->a, session, ESYS_TR_NONE, ESYS_TR_NONE, &data));
	secret_wipe(data.buffer, secret_len(m));
	t->prepared = !e;
	return e;
}

enum err anchor_extend(struct tpm *t)
{
	t->prepared = false;
	return tpm_err(t, "NV_Extend", Esys_NV_Extend_Finish(t->esys));
}

void anchor_abandon(struct tpm *t)
{
	if (!t->prepared)
		return;
	keys_tcti_abandon(t->tcti);
	if (anchor_extend(t) == ERR_OK)
		t->user.on_broken(t->user.arg);
}

enum err anchor_version(struct tpm *t)
{
	uint8_t be[VERSION_SIZE];
	ESYS_TR session;
	struct rbuf r;
	enum err e;

	e = tpm_session(t, 0, &session);
	if (!e)
		e = read_nv(t, t->v, session, sizeof(be), be);
	if (e)
		return e;
	rbuf_init(&r, be, sizeof(be));
	t->min_version = rbuf_u64(&r);
	return ERR_OK;
}

/* ---- provisioning --------------------------------------------------------------------------- */

static ESYS_TR hierarchy_tr(const struct tpm *t)
{
	return t->hierarchy == HIERARCHY_PLATFORM ? ESYS_TR_RH_PLATFORM : ESYS_TR_RH_OWNER;
}

static enum err define(struct tpm *t, const TPMS_NV_PUBLIC *index, const TPM2B_AUTH *auth,
		       ESYS_TR *out)
{
	TPM2B_NV_PUBLIC pub = {.nvPublic = *index};
	ESYS_TR session;
	enum err e;

	e = tpm_session(t, TPMA_SESSION_DECRYPT, &session);
	if (e)
		return e;
	return tpm_err(t, "NV_DefineSpace",
		       Esys_NV_DefineSpace(t->esys, hierarchy_tr(t), session, ESYS_TR_NONE,
					   ESYS_TR_NONE, auth, &pub, out));
}

static enum err define_a(struct tpm *t, const struct secret *auth)
{
	const TPMS_NV_PUBLIC index = {.nvIndex = anchor_handles(t->hierarchy).a,
				      .nameAlg = TPM2_ALG_SHA256,
				      .attributes = anchor_a_attributes(t->hierarchy),
				      .dataSize = DIGEST_SIZE};
	TPM2B_AUTH value = {.size = (uint16_t)secret_len(auth)};
	enum err e;

	memcpy(value.buffer, secret_view(auth), secret_len(auth));
	e = define(t, &index, &value, &t->a);
	secret_wipe(&value, sizeof(value));
	return e ? e : set_auth(t, t->a, auth);
}

static enum err define_v(struct tpm *t)
{
	TPMS_NV_PUBLIC index = {.nvIndex = anchor_handles(t->hierarchy).v,
				.nameAlg = TPM2_ALG_SHA256,
				.attributes = anchor_v_attributes(t->hierarchy),
				.authPolicy.size = DIGEST_SIZE,
				.dataSize = VERSION_SIZE};
	const TPM2B_AUTH empty = {0};
	struct digest policy;
	enum err e;

	e = anchor_v_policy(t->hierarchy, &policy);
	if (e)
		return e;
	memcpy(index.authPolicy.buffer, policy.b, DIGEST_SIZE);
	return define(t, &index, &empty, &t->v);
}

/* One that a renewal has left half-way. */
static enum err find_unwritten_a(struct tpm *t, const struct secret *auth)
{
	uint8_t name[TPM_NAME_SIZE];
	enum err e = anchor_a_name_unwritten(t->hierarchy, name);

	if (!e)
		e = find(t, anchor_handles(t->hierarchy).a, name, &t->a);
	return e ? e : set_auth(t, t->a, auth);
}

enum err anchor_renew(struct tpm *t, const struct secret *auth)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *value = NULL;
	enum err e = find_unwritten_a(t, auth);

	if (e == ERR_NOT_FOUND)
		e = define_a(t, auth);
	if (!e)
		e = secret_random(DIGEST_SIZE, &value);
	if (!e)
		e = anchor_prepare(t, value);
	if (!e)
		e = anchor_extend(t);
	forget(t, &t->a);
	return e;
}

enum err anchor_define(struct tpm *t, const struct secret *auth)
{
	enum err e = define_a(t, auth);

	if (e)
		return e;
	e = define_v(t);
	if (e)
		anchor_undefine(t);
	return e;
}

static enum err policy_secret_a(struct tpm *t, ESYS_TR policy)
{
	ESYS_TR session;
	enum err e;

	e = tpm_session(t, 0, &session);
	if (e)
		return e;
	return tpm_err(t, "PolicySecret",
		       Esys_PolicySecret(t->esys, t->a, policy, session, ESYS_TR_NONE, ESYS_TR_NONE,
					 NULL, NULL, NULL, 0, NULL, NULL));
}

enum err anchor_set_version(struct tpm *t, uint64_t version)
{
	TPM2B_MAX_NV_BUFFER data = {0};
	ESYS_TR policy = ESYS_TR_NONE;
	struct wbuf w;
	size_t len;
	enum err e;

	wbuf_init(&w, data.buffer, VERSION_SIZE);
	wbuf_u64(&w, version);
	e = wbuf_end(&w, &len);
	if (e)
		return e;
	data.size = (uint16_t)len;
	e = tpm_start_session(t, TPM2_SE_POLICY, &policy);
	if (!e)
		e = policy_secret_a(t, policy);
	if (!e)
		e = tpm_err(t, "NV_Write",
			    Esys_NV_Write(t->esys, t->v, t->v, policy, ESYS_TR_NONE, ESYS_TR_NONE,
					  &data, 0));
	tpm_flush(t, &policy);
	return e;
}

static void undefine(struct tpm *t, ESYS_TR *index)
{
	if (*index == ESYS_TR_NONE)
		return;
	if (Esys_NV_UndefineSpace(t->esys, hierarchy_tr(t), *index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				  ESYS_TR_NONE))
		log_warning("a half-made NV index stays in the pTPM; platform init will name it");
	*index = ESYS_TR_NONE;
}

void anchor_undefine(struct tpm *t)
{
	undefine(t, &t->a);
	undefine(t, &t->v);
}
