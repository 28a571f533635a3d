/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_tpm.h"

#include "lib/log.h"
#include "vtpmmgr/keys/keys_tcti.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_rc.h>

enum err tpm_open(struct tpm *t, struct channel *ptpm, const struct tpm_user *user)
{
	enum err e;

	/* An absent handle is an answer here, not an error to print: tpm_err() says what matters.
	 */
	if (setenv("TSS2_LOG", "all+none", 1) != 0)
		return ERR_NO_MEMORY;
	*t = (struct tpm){.user = *user,
			  .parent = ESYS_TR_NONE,
			  .a = ESYS_TR_NONE,
			  .v = ESYS_TR_NONE,
			  .session = ESYS_TR_NONE};
	e = keys_tcti_new(ptpm, &t->tcti);
	if (e)
		return e;
	if (Esys_Initialize(&t->esys, t->tcti, NULL) != TSS2_RC_SUCCESS) {
		keys_tcti_free(t->tcti);
		return ERR_NO_MEMORY;
	}
	return ERR_OK;
}

void tpm_close(struct tpm *t)
{
	tpm_drop_session(t);
	Esys_Finalize(&t->esys);
	keys_tcti_free(t->tcti);
}

/* TPM 2.0 Library, part 2, 6.6.2: format-one codes carry 6 bits of error, the rest says where. */
TSS2_RC tpm_rc_base(TSS2_RC rc)
{
	if (rc & TPM2_RC_FMT1)
		return rc & (TPM2_RC_FMT1 | 0x3f);
	return rc;
}

static const struct {
	TSS2_RC rc;
	enum err err;
} rc_map[] = {
    {TPM2_RC_LOCKOUT, ERR_LOCKOUT},
    {TPM2_RC_POLICY, ERR_UNAPPROVED},
    {TPM2_RC_POLICY_FAIL, ERR_UNAPPROVED},
    {TPM2_RC_PCR_CHANGED, ERR_UNAPPROVED},
    {TPM2_RC_SIGNATURE, ERR_SIGNATURE},
    {TPM2_RC_BAD_AUTH, ERR_DENIED},
    {TPM2_RC_AUTH_FAIL, ERR_DENIED},
    {TPM2_RC_HIERARCHY, ERR_DENIED},
    {TPM2_RC_NV_DEFINED, ERR_EXISTS},
    {TPM2_RC_NV_SPACE, ERR_FULL},
    {TPM2_RC_HANDLE, ERR_NOT_FOUND},
    {TPM2_RC_NV_UNINITIALIZED, ERR_TAMPERED},
    {TPM2_RC_BINDING, ERR_TAMPERED},
    {TPM2_RC_INTEGRITY, ERR_FOREIGN},
    {TPM2_RC_RETRY, ERR_UNAVAILABLE},
    {TPM2_RC_NV_RATE, ERR_UNAVAILABLE},
    {TPM2_RC_NV_UNAVAILABLE, ERR_UNAVAILABLE},
};

static enum err map_rc(const struct tpm *t, TSS2_RC rc)
{
	if (rc == KEYS_TCTI_REFUSED)
		return keys_tcti_why(t->tcti);
	for (size_t i = 0; i < sizeof(rc_map) / sizeof(rc_map[0]); i++)
		if (tpm_rc_base(rc) == rc_map[i].rc)
			return rc_map[i].err;
	return ERR_TPM;
}

/* A response code of the TPM, or the proxy's refusal: whatever else it is, the TSS lives. */
static bool is_answer(TSS2_RC rc)
{
	return (rc & TSS2_RC_LAYER_MASK) == TSS2_TPM_RC_LAYER || rc == KEYS_TCTI_REFUSED;
}

enum err tpm_err(struct tpm *t, const char *command, TSS2_RC rc)
{
	enum err e;

	if (rc == TSS2_RC_SUCCESS)
		return ERR_OK;
	e = map_rc(t, rc);
	log_info("pTPM: TPM2_%s: %s (0x%x, %s)", command, Tss2_RC_Decode(rc), rc, err_name(e));
	t->suspect = true;
	if (!is_answer(rc))
		t->user.on_broken(t->user.arg);
	return e;
}

enum err tpm_object_name(struct tpm *t, ESYS_TR object, uint8_t name[TPM_NAME_SIZE])
{
	TPM2B_NAME *found = NULL;
	enum err e = ERR_FORMAT;

	if (Esys_TR_GetName(t->esys, object, &found) != TSS2_RC_SUCCESS)
		return ERR_TPM;
	if (found->size == TPM_NAME_SIZE) {
		memcpy(name, found->name, TPM_NAME_SIZE);
		e = ERR_OK;
	}
	Esys_Free(found);
	return e;
}

enum err tpm_use_parent(struct tpm *t, enum hierarchy h, const uint8_t *pin,
			uint8_t name[TPM_NAME_SIZE])
{
	ESYS_TR parent = ESYS_TR_NONE;
	enum err e;

	e = tpm_err(t, "ReadPublic",
		    Esys_TR_FromTPMPublic(t->esys, anchor_handles(h).parent, ESYS_TR_NONE,
					  ESYS_TR_NONE, ESYS_TR_NONE, &parent));
	if (e)
		return e;
	e = tpm_object_name(t, parent, name);
	if (!e && pin && memcmp(pin, name, TPM_NAME_SIZE) != 0)
		e = ERR_FOREIGN;
	if (e) {
		Esys_TR_Close(t->esys, &parent);
		return e;
	}
	if (t->parent != ESYS_TR_NONE && t->parent != parent)
		Esys_TR_Close(t->esys, &t->parent);
	t->parent = parent;
	t->hierarchy = h;
	return ERR_OK;
}

/*
 * What is in doubt, or still to be flushed, goes before: if the pTPM was reset, the new session may
 * get its handle, or its place, by which alone the pTPM tells apart what FlushContext means.
 */
static enum err start_session(struct tpm *t, ESYS_TR salt_key, TPM2_SE type,
			      const TPMT_SYM_DEF *symmetric, ESYS_TR *out)
{
	enum err e;

	if (t->suspect)
		tpm_drop_session(t);
	e = tpm_flush_owed(t);
	if (e)
		return e;
	return tpm_err(t, "StartAuthSession",
		       Esys_StartAuthSession(t->esys, salt_key, ESYS_TR_NONE, ESYS_TR_NONE,
					     ESYS_TR_NONE, ESYS_TR_NONE, NULL, type, symmetric,
					     TPM2_ALG_SHA256, out));
}

enum err tpm_start_session(struct tpm *t, TPM2_SE type, ESYS_TR *out)
{
	static const TPMT_SYM_DEF aes = {
	    .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};

	return start_session(t, t->parent, type, &aes, out);
}

enum err tpm_start_policy(struct tpm *t, ESYS_TR *out)
{
	static const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};

	return start_session(t, ESYS_TR_NONE, TPM2_SE_POLICY, &none, out);
}

static enum err flush(struct tpm *t, ESYS_TR tr)
{
	enum err e = tpm_err(t, "FlushContext", Esys_FlushContext(t->esys, tr));

	if (e != ERR_NOT_FOUND && e != ERR_DENIED)
		return e;
	/* The pTPM, or the proxy, has it no more: only our half is left to forget. */
	Esys_TR_Close(t->esys, &tr);
	return ERR_OK;
}

/* With so much left behind only the proxy can clear up, when this connection ends. */
static void owe(struct tpm *t, ESYS_TR tr)
{
	if (t->nowed < TPM_OWED)
		t->owed[t->nowed++] = tr;
	else
		t->user.on_broken(t->user.arg);
}

void tpm_flush(struct tpm *t, ESYS_TR *tr)
{
	if (*tr != ESYS_TR_NONE && flush(t, *tr) != ERR_OK)
		owe(t, *tr);
	*tr = ESYS_TR_NONE;
}

enum err tpm_flush_owed(struct tpm *t)
{
	enum err e = ERR_OK;

	while (!e && t->nowed > 0) {
		e = flush(t, t->owed[t->nowed - 1]);
		if (!e)
			t->nowed--;
	}
	return e;
}

enum err tpm_session(struct tpm *t, TPMA_SESSION attributes, ESYS_TR *out)
{
	enum err e;

	if (t->suspect)
		tpm_drop_session(t);
	if (t->session == ESYS_TR_NONE) {
		e = tpm_start_session(t, TPM2_SE_HMAC, &t->session);
		if (e)
			return e;
	}
	if (Esys_TRSess_SetAttributes(t->esys, t->session,
				      attributes | TPMA_SESSION_CONTINUESESSION,
				      0xff) != TSS2_RC_SUCCESS)
		return ERR_INTERNAL;
	*out = t->session;
	return ERR_OK;
}

void tpm_drop_session(struct tpm *t)
{
	tpm_flush(t, &t->session);
	t->suspect = false;
}

void tpm_pcr_selection(uint32_t mask, TPML_PCR_SELECTION *out)
{
	*out = (TPML_PCR_SELECTION){.count = 1};
	out->pcrSelections[0].hash = TPM2_ALG_SHA256;
	out->pcrSelections[0].sizeofSelect = 3;
	for (unsigned i = 0; i < 3; i++)
		out->pcrSelections[0].pcrSelect[i] = (uint8_t)(mask >> 8 * i);
}

static uint32_t selected(const TPML_PCR_SELECTION *s)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < s->count; i++)
		for (unsigned b = 0; b < 3 && s->pcrSelections[i].hash == TPM2_ALG_SHA256; b++)
			mask |= (uint32_t)s->pcrSelections[i].pcrSelect[b] << 8 * b;
	return mask;
}

/* Takes the digests of one TPM2_PCR_Read, in the order of the bits that it says it read. */
static enum err take_pcrs(uint32_t read, const TPML_DIGEST *digests, struct digest values[24])
{
	uint32_t n = 0;

	for (unsigned pcr = 0; pcr < 24; pcr++) {
		if (!(read & 1u << pcr))
			continue;
		if (n >= digests->count || digests->digests[n].size != DIGEST_SIZE)
			return ERR_TPM;
		memcpy(values[pcr].b, digests->digests[n++].buffer, DIGEST_SIZE);
	}
	return n > 0 ? ERR_OK : ERR_TPM;
}

/* One command returns at most eight values: read until nothing is missing. */
enum err tpm_pcr_read(struct tpm *t, uint32_t mask, struct digest values[24])
{
	enum err e = ERR_OK;

	while (mask != 0 && !e) {
		TPML_PCR_SELECTION in, *out = NULL;
		TPML_DIGEST *digests = NULL;
		uint32_t counter, read;

		tpm_pcr_selection(mask, &in);
		e = tpm_err(t, "PCR_Read",
			    Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &in,
					  &counter, &out, &digests));
		if (e)
			return e;
		read = selected(out) & mask;
		e = take_pcrs(read, digests, values);
		mask &= ~read;
		Esys_Free(out);
		Esys_Free(digests);
	}
	return e;
}

enum err tpm_pcr_extend(struct tpm *t, unsigned pcr, const struct digest *d)
{
	TPML_DIGEST_VALUES values = {.count = 1};

	values.digests[0].hashAlg = TPM2_ALG_SHA256;
	memcpy(values.digests[0].digest.sha256, d->b, DIGEST_SIZE);
	return tpm_err(t, "PCR_Extend",
		       Esys_PCR_Extend(t->esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				       ESYS_TR_NONE, &values));
}

enum err tpm_clear_disabled(struct tpm *t, bool *out)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	enum err e;

	e = tpm_err(t, "GetCapability",
		    Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				       TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT, 1, &more,
				       &data));
	if (e)
		return e;
	if (data->data.tpmProperties.count == 1 &&
	    data->data.tpmProperties.tpmProperty[0].property == TPM2_PT_PERMANENT)
		*out = data->data.tpmProperties.tpmProperty[0].value & TPMA_PERMANENT_DISABLECLEAR;
	else
		e = ERR_TPM;
	Esys_Free(data);
	return e;
}
