/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/allow.h"

#include <stddef.h>
#include <tss2/tss2_tpm2_types.h>

#define ANY (ALLOW_KEYS | ALLOW_PROVISION)

static const struct allow_rule rules[] = {
    {TPM2_CC_StartAuthSession, ANY, 2, ALLOW_CREATES},
    {TPM2_CC_FlushContext, ANY, 1, ALLOW_FLUSHES},
    {TPM2_CC_Load, ANY, 1, ALLOW_CREATES},
    {TPM2_CC_LoadExternal, ANY, 0, ALLOW_CREATES},
    {TPM2_CC_VerifySignature, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_Unseal, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_Create, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_PolicyPCR, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_PolicyNV, ANY, 3, ALLOW_PLAIN},
    {TPM2_CC_PolicyAuthorize, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_PolicySecret, ANY, 2, ALLOW_PLAIN},
    {TPM2_CC_PCR_Read, ANY, 0, ALLOW_PLAIN},
    {TPM2_CC_PCR_Extend, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_NV_Read, ANY, 2, ALLOW_PLAIN},
    {TPM2_CC_NV_ReadPublic, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_NV_Extend, ANY, 2, ALLOW_PLAIN},
    {TPM2_CC_NV_Write, ANY, 2, ALLOW_PLAIN},
    {TPM2_CC_NV_DefineSpace, ANY, 1, ALLOW_PLAIN}, /* for keys: A alone, see command.c */
    {TPM2_CC_ReadPublic, ANY, 1, ALLOW_PLAIN},
    {TPM2_CC_GetCapability, ANY, 0, ALLOW_PLAIN},
    {TPM2_CC_GetRandom, ANY, 0, ALLOW_PLAIN},
    {TPM2_CC_ReadClock, ANY, 0, ALLOW_PLAIN},
    {TPM2_CC_CreatePrimary, ALLOW_PROVISION, 1, ALLOW_CREATES},
    {TPM2_CC_EvictControl, ALLOW_PROVISION, 2, ALLOW_PLAIN},
    {TPM2_CC_NV_UndefineSpace, ALLOW_PROVISION, 2, ALLOW_PLAIN},
    {TPM2_CC_ClearControl, ALLOW_PROVISION, 1, ALLOW_PLAIN},
};

const struct allow_rule *allow_find(enum allow_role role, uint32_t cc)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].cc == cc && (rules[i].roles & role) != 0)
			return &rules[i];
	return NULL;
}
