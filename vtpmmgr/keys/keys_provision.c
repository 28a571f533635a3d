/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_provision.h"

#include <string.h>

static const TPM2B_PUBLIC parent_template = {
    .publicArea = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
			    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
			    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
	.parameters.eccDetail = {.symmetric = {.algorithm = TPM2_ALG_AES,
					       .keyBits.aes = 128,
					       .mode.aes = TPM2_ALG_CFB},
				 .scheme.scheme = TPM2_ALG_NULL,
				 .curveID = TPM2_ECC_NIST_P256,
				 .kdf.scheme = TPM2_ALG_NULL},
    }};

static enum err create_primary(struct tpm *t, ESYS_TR hierarchy, ESYS_TR *out)
{
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	const TPM2B_DATA outside = {0};

	return tpm_err(t, "CreatePrimary",
		       Esys_CreatePrimary(t->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					  ESYS_TR_NONE, &sensitive, &parent_template, &outside,
					  &no_pcrs, out, NULL, NULL, NULL, NULL));
}

static enum err same_as_persistent(struct tpm *t, ESYS_TR primary, uint32_t handle)
{
	uint8_t ours[TPM_NAME_SIZE], theirs[TPM_NAME_SIZE];
	ESYS_TR there = ESYS_TR_NONE;
	enum err e;

	e = tpm_err(t, "ReadPublic",
		    Esys_TR_FromTPMPublic(t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  &there));
	if (e)
		return e;
	e = tpm_object_name(t, primary, ours);
	if (!e)
		e = tpm_object_name(t, there, theirs);
	Esys_TR_Close(t->esys, &there);
	if (e)
		return e;
	return memcmp(ours, theirs, TPM_NAME_SIZE) == 0 ? ERR_OK : ERR_EXISTS;
}

static enum err make_persistent(struct tpm *t, ESYS_TR hierarchy, ESYS_TR primary, uint32_t handle)
{
	ESYS_TR persistent = ESYS_TR_NONE;
	enum err e;

	e = same_as_persistent(t, primary, handle);
	if (e != ERR_NOT_FOUND)
		return e;
	e = tpm_err(t, "EvictControl",
		    Esys_EvictControl(t->esys, hierarchy, primary, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				      ESYS_TR_NONE, handle, &persistent));
	if (!e)
		Esys_TR_Close(t->esys, &persistent);
	return e;
}

enum err provision_parent(struct tpm *t, enum hierarchy h)
{
	ESYS_TR hierarchy = h == HIERARCHY_PLATFORM ? ESYS_TR_RH_PLATFORM : ESYS_TR_RH_OWNER;
	ESYS_TR primary = ESYS_TR_NONE;
	enum err e;

	e = create_primary(t, hierarchy, &primary);
	if (e)
		return e;
	e = make_persistent(t, hierarchy, primary, anchor_handles(h).parent);
	tpm_flush(t, &primary);
	return e;
}

enum err provision_disable_clear(struct tpm *t)
{
	return tpm_err(t, "ClearControl",
		       Esys_ClearControl(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
					 ESYS_TR_NONE, ESYS_TR_NONE, 1));
}
