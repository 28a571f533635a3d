/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_seal.h"

#include "lib/approval.h"
#include "lib/wbuf.h"

#include <string.h>
#include <tss2/tss2_mu.h>

/* ---- creation ------------------------------------------------------------------------------- */

static enum err sealed_template(const struct crypt_point *authority, TPM2B_PUBLIC *out)
{
	struct digest policy;
	enum err e;

	e = authority_policy(authority, &policy);
	if (e)
		return e;
	/* noDA: what a tenant's wrong PIN does to the lockout must not touch this object. */
	*out = (TPM2B_PUBLIC){
	    .publicArea = {.type = TPM2_ALG_KEYEDHASH,
			   .nameAlg = TPM2_ALG_SHA256,
			   .objectAttributes =
			       TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA,
			   .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL}};
	out->publicArea.authPolicy.size = DIGEST_SIZE;
	memcpy(out->publicArea.authPolicy.buffer, policy.b, DIGEST_SIZE);
	return ERR_OK;
}

static enum err marshal(const TPM2B_PUBLIC *pub, const TPM2B_PRIVATE *priv, struct sealed *out)
{
	size_t pub_len = 0, priv_len = 0;

	*out = (struct sealed){0};
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(pub, out->public_area, SEALED_MAX, &pub_len) ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(priv, out->private_area, SEALED_MAX, &priv_len))
		return ERR_TOO_BIG;
	out->public_len = (uint16_t)pub_len;
	out->private_len = (uint16_t)priv_len;
	return ERR_OK;
}

enum err seal_create(struct tpm *t, const struct crypt_point *authority,
		     const struct secret *payload, struct sealed *out)
{
	TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	TPM2B_PUBLIC template, *pub = NULL;
	TPM2B_PRIVATE *priv = NULL;
	ESYS_TR session;
	enum err e;

	if (secret_len(payload) > sizeof(sensitive.sensitive.data.buffer))
		return ERR_TOO_BIG;
	e = sealed_template(authority, &template);
	if (!e)
		e = tpm_session(t, TPMA_SESSION_DECRYPT, &session);
	if (e)
		return e;
	sensitive.sensitive.data.size = (uint16_t)secret_len(payload);
	memcpy(sensitive.sensitive.data.buffer, secret_view(payload), secret_len(payload));
	e = tpm_err(t, "Create",
		    Esys_Create(t->esys, t->parent, session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
				&template, &outside, &no_pcrs, &priv, &pub, NULL, NULL, NULL));
	secret_wipe(&sensitive, sizeof(sensitive));
	if (!e)
		e = marshal(pub, priv, out);
	Esys_Free(pub);
	Esys_Free(priv);
	return e;
}

/* ---- the approved policy session ------------------------------------------------------------ */

static void pcr_digest(const struct approval *a, TPM2B_DIGEST *out)
{
	*out = (TPM2B_DIGEST){.size = DIGEST_SIZE};
	memcpy(out->buffer, a->pcr_digest.b, DIGEST_SIZE);
}

static enum err policy_pcr(struct tpm *t, ESYS_TR session, const struct approval *a)
{
	TPML_PCR_SELECTION pcrs;
	TPM2B_DIGEST digest;
	TSS2_RC rc;

	tpm_pcr_selection(a->pcrs, &pcrs);
	pcr_digest(a, &digest);
	rc = Esys_PolicyPCR(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest,
			    &pcrs);
	if (tpm_rc_base(rc) == TPM2_RC_VALUE)
		return ERR_UNAPPROVED; /* these PCRs hold something else: not worth a log line */
	return tpm_err(t, "PolicyPCR", rc);
}

static enum err policy_nv(struct tpm *t, ESYS_TR session, const struct approval *a)
{
	TPM2B_OPERAND version = {0};
	struct wbuf w;
	size_t len;

	wbuf_init(&w, version.buffer, sizeof(version.buffer));
	wbuf_u64(&w, a->version);
	if (wbuf_end(&w, &len))
		return ERR_INTERNAL;
	version.size = (uint16_t)len;
	return tpm_err(t, "PolicyNV",
		       Esys_PolicyNV(t->esys, t->v, t->v, session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &version, 0, TPM2_EO_UNSIGNED_LE));
}

static enum err load_authority(struct tpm *t, const struct crypt_point *key, ESYS_TR *out)
{
	TPM2B_PUBLIC pub = {0};
	uint8_t bytes[256];
	size_t len, at = 0;
	enum err e;

	e = authority_public(key, bytes, sizeof(bytes), &len);
	if (e)
		return e;
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes, len, &at, &pub.publicArea))
		return ERR_INTERNAL;
	return tpm_err(t, "LoadExternal",
		       Esys_LoadExternal(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
					 &pub, ESYS_TR_RH_OWNER, out));
}

static void ecdsa(const struct crypt_signature *sig, TPMT_SIGNATURE *out)
{
	TPMS_SIGNATURE_ECDSA *s = &out->signature.ecdsa;

	*out = (TPMT_SIGNATURE){.sigAlg = TPM2_ALG_ECDSA};
	s->hash = TPM2_ALG_SHA256;
	s->signatureR.size = sizeof(sig->r);
	memcpy(s->signatureR.buffer, sig->r, sizeof(sig->r));
	s->signatureS.size = sizeof(sig->s);
	memcpy(s->signatureS.buffer, sig->s, sizeof(sig->s));
}

static enum err verify(struct tpm *t, const struct crypt_point *key, const struct approval *a,
		       struct tpm_ticket *out)
{
	TPM2B_DIGEST ahash = {.size = DIGEST_SIZE};
	TPMT_TK_VERIFIED *ticket = NULL;
	ESYS_TR authority = ESYS_TR_NONE;
	TPMT_SIGNATURE sig;
	enum err e;

	e = load_authority(t, key, &authority);
	if (e)
		return e;
	memcpy(ahash.buffer, out->ahash.b, DIGEST_SIZE);
	ecdsa(&a->sig, &sig);
	e = tpm_err(t, "VerifySignature",
		    Esys_VerifySignature(t->esys, authority, ESYS_TR_NONE, ESYS_TR_NONE,
					 ESYS_TR_NONE, &ahash, &sig, &ticket));
	tpm_flush(t, &authority);
	if (e)
		return e;
	out->ticket = *ticket;
	out->key = *key;
	out->used = true;
	Esys_Free(ticket);
	return ERR_OK;
}

static struct tpm_ticket *find_ticket(struct tpm *t, const struct crypt_point *key,
				      const struct digest *ahash)
{
	for (size_t i = 0; i < TPM_TICKETS; i++)
		if (t->tickets[i].used && digest_equal(&t->tickets[i].ahash, ahash) &&
		    memcmp(&t->tickets[i].key, key, sizeof(*key)) == 0)
			return &t->tickets[i];
	return NULL;
}

static enum err get_ticket(struct tpm *t, const struct crypt_point *key, const struct approval *a,
			   struct tpm_ticket **out)
{
	struct tpm_ticket fresh = {0};
	enum err e;

	e = approval_digest(a, t->hierarchy, &fresh.ahash);
	if (e)
		return e;
	*out = find_ticket(t, key, &fresh.ahash);
	if (*out)
		return ERR_OK;
	e = verify(t, key, a, &fresh);
	if (e)
		return e;
	*out = &t->tickets[t->next_ticket++ % TPM_TICKETS];
	**out = fresh;
	return ERR_OK;
}

static enum err policy_authorize(struct tpm *t, ESYS_TR session, const struct crypt_point *key,
				 const struct approval *a)
{
	TPM2B_DIGEST approved = {.size = DIGEST_SIZE};
	TPM2B_NONCE ref = {.size = strlen(APPROVAL_POLICY_REF)};
	TPM2B_NAME name = {.size = TPM_NAME_SIZE};
	struct tpm_ticket *ticket;
	struct digest policy;
	enum err e;

	e = get_ticket(t, key, a, &ticket);
	if (!e)
		e = approval_policy(a, t->hierarchy, &policy);
	if (!e)
		e = authority_name(key, name.name);
	if (e)
		return e;
	memcpy(approved.buffer, policy.b, DIGEST_SIZE);
	memcpy(ref.buffer, APPROVAL_POLICY_REF, ref.size);
	e = tpm_err(t, "PolicyAuthorize",
		    Esys_PolicyAuthorize(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					 &approved, &ref, &name, &ticket->ticket));
	/* A ticket dies with the hierarchy's proof (TPM2_Clear): the next try asks for a new one.
	 */
	if (e)
		ticket->used = false;
	return e;
}

/*
 * The newest approval whose PCRs are the present ones, of those for versions that V lets through,
 * or of the revoked ones; a refused PolicyPCR leaves no trace.
 */
static enum err fitting(struct tpm *t, ESYS_TR session, const struct authority *authority,
			bool revoked, const struct approval **out)
{
	enum err e = ERR_UNAPPROVED;

	for (size_t i = authority->napprovals; i > 0 && e == ERR_UNAPPROVED; i--) {
		*out = &authority->approvals[i - 1];
		if (((*out)->version < t->min_version) == revoked)
			e = policy_pcr(t, session, *out);
	}
	return e;
}

/* Where only a revoked approval fits, the pTPM is asked all the same: it is V that refuses. */
static enum err policy_platform(struct tpm *t, ESYS_TR session, const struct authority *authority,
				const struct approval **out)
{
	bool revoked = false;
	enum err e;

	e = fitting(t, session, authority, false, out);
	if (e == ERR_UNAPPROVED) {
		revoked = true;
		e = fitting(t, session, authority, true, out);
	}
	if (e)
		return e;
	e = policy_nv(t, session, *out);
	return e == ERR_UNAPPROVED && revoked ? ERR_REVOKED : e;
}

static enum err approve(struct tpm *t, ESYS_TR session, const struct authority *authority)
{
	const struct approval *a;
	enum err e;

	e = policy_platform(t, session, authority, &a);
	if (!e)
		e = policy_authorize(t, session, &authority->key, a);
	return e;
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum err load(struct tpm *t, const struct sealed *sealed, ESYS_TR *out)
{
	TPM2B_PRIVATE priv = {0};
	TPM2B_PUBLIC pub = {0};
	size_t pub_at = 0, priv_at = 0;
	ESYS_TR session;
	enum err e;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(sealed->public_area, sealed->public_len, &pub_at,
					   &pub) ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(sealed->private_area, sealed->private_len, &priv_at,
					    &priv))
		return ERR_TAMPERED;
	e = tpm_session(t, 0, &session);
	if (e)
		return e;
	return tpm_err(
	    t, "Load",
	    Esys_Load(t->esys, t->parent, session, ESYS_TR_NONE, ESYS_TR_NONE, &priv, &pub, out));
}

/*
 * Every assertion of the policy was met, and still the session is not what the object asks for:
 * what was loaded as the authority is not the one that it was sealed to.
 */
static enum err unseal_err(struct tpm *t, TSS2_RC rc)
{
	enum err e = tpm_err(t, "Unseal", rc);

	return tpm_rc_base(rc) == TPM2_RC_POLICY_FAIL ? ERR_SIGNATURE : e;
}

/*
 * The policy session authorises, and ends with the command, so it costs no
 * FlushContext. The salted one makes command and answer the pinned TPM's, and
 * the payload unreadable on the way.
 */
static enum err unseal(struct tpm *t, ESYS_TR object, ESYS_TR *policy, struct secret **payload)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	ESYS_TR session;
	enum err e;

	e = tpm_session(t, TPMA_SESSION_ENCRYPT, &session);
	if (e)
		return e;
	if (Esys_TRSess_SetAttributes(t->esys, *policy, 0, 0xff))
		return ERR_INTERNAL;
	e = unseal_err(t, Esys_Unseal(t->esys, object, *policy, session, ESYS_TR_NONE, &data));
	if (e)
		return e;
	*policy = ESYS_TR_NONE;
	e = data->size > 0 ? secret_new(data->size, payload) : ERR_FORMAT;
	if (!e)
		memcpy(secret_bytes(*payload), data->buffer, data->size);
	secret_wipe(data, sizeof(*data));
	Esys_Free(data);
	return e;
}

enum err seal_open(struct tpm *t, const struct authority *authority, const struct sealed *sealed,
		   struct secret **payload)
{
	ESYS_TR policy = ESYS_TR_NONE, object = ESYS_TR_NONE;
	enum err e;

	e = tpm_flush_owed(t);
	if (!e)
		e = tpm_start_policy(t, &policy);
	if (!e)
		e = approve(t, policy, authority);
	if (!e)
		e = load(t, sealed, &object);
	if (!e)
		e = unseal(t, object, &policy, payload);
	tpm_flush(t, &object);
	tpm_flush(t, &policy);
	return e;
}
