/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/tpm_cmd.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"

#define FIRST 0x11f

/* TPM 2.0 Library, part 2, table 12 (TPM_CC). */
static const char *const names[] = {
    [0x11f - FIRST] = "NV_UndefineSpaceSpecial",
    [0x120 - FIRST] = "EvictControl",
    [0x121 - FIRST] = "HierarchyControl",
    [0x122 - FIRST] = "NV_UndefineSpace",
    [0x124 - FIRST] = "ChangeEPS",
    [0x125 - FIRST] = "ChangePPS",
    [0x126 - FIRST] = "Clear",
    [0x127 - FIRST] = "ClearControl",
    [0x128 - FIRST] = "ClockSet",
    [0x129 - FIRST] = "HierarchyChangeAuth",
    [0x12a - FIRST] = "NV_DefineSpace",
    [0x12b - FIRST] = "PCR_Allocate",
    [0x12c - FIRST] = "PCR_SetAuthPolicy",
    [0x12d - FIRST] = "PP_Commands",
    [0x12e - FIRST] = "SetPrimaryPolicy",
    [0x12f - FIRST] = "FieldUpgradeStart",
    [0x130 - FIRST] = "ClockRateAdjust",
    [0x131 - FIRST] = "CreatePrimary",
    [0x132 - FIRST] = "NV_GlobalWriteLock",
    [0x133 - FIRST] = "GetCommandAuditDigest",
    [0x134 - FIRST] = "NV_Increment",
    [0x135 - FIRST] = "NV_SetBits",
    [0x136 - FIRST] = "NV_Extend",
    [0x137 - FIRST] = "NV_Write",
    [0x138 - FIRST] = "NV_WriteLock",
    [0x139 - FIRST] = "DictionaryAttackLockReset",
    [0x13a - FIRST] = "DictionaryAttackParameters",
    [0x13b - FIRST] = "NV_ChangeAuth",
    [0x13c - FIRST] = "PCR_Event",
    [0x13d - FIRST] = "PCR_Reset",
    [0x13e - FIRST] = "SequenceComplete",
    [0x13f - FIRST] = "SetAlgorithmSet",
    [0x140 - FIRST] = "SetCommandCodeAuditStatus",
    [0x141 - FIRST] = "FieldUpgradeData",
    [0x142 - FIRST] = "IncrementalSelfTest",
    [0x143 - FIRST] = "SelfTest",
    [0x144 - FIRST] = "Startup",
    [0x145 - FIRST] = "Shutdown",
    [0x146 - FIRST] = "StirRandom",
    [0x147 - FIRST] = "ActivateCredential",
    [0x148 - FIRST] = "Certify",
    [0x149 - FIRST] = "PolicyNV",
    [0x14a - FIRST] = "CertifyCreation",
    [0x14b - FIRST] = "Duplicate",
    [0x14c - FIRST] = "GetTime",
    [0x14d - FIRST] = "GetSessionAuditDigest",
    [0x14e - FIRST] = "NV_Read",
    [0x14f - FIRST] = "NV_ReadLock",
    [0x150 - FIRST] = "ObjectChangeAuth",
    [0x151 - FIRST] = "PolicySecret",
    [0x152 - FIRST] = "Rewrap",
    [0x153 - FIRST] = "Create",
    [0x154 - FIRST] = "ECDH_ZGen",
    [0x155 - FIRST] = "HMAC",
    [0x156 - FIRST] = "Import",
    [0x157 - FIRST] = "Load",
    [0x158 - FIRST] = "Quote",
    [0x159 - FIRST] = "RSA_Decrypt",
    [0x15b - FIRST] = "HMAC_Start",
    [0x15c - FIRST] = "SequenceUpdate",
    [0x15d - FIRST] = "Sign",
    [0x15e - FIRST] = "Unseal",
    [0x160 - FIRST] = "PolicySigned",
    [0x161 - FIRST] = "ContextLoad",
    [0x162 - FIRST] = "ContextSave",
    [0x163 - FIRST] = "ECDH_KeyGen",
    [0x164 - FIRST] = "EncryptDecrypt",
    [0x165 - FIRST] = "FlushContext",
    [0x167 - FIRST] = "LoadExternal",
    [0x168 - FIRST] = "MakeCredential",
    [0x169 - FIRST] = "NV_ReadPublic",
    [0x16a - FIRST] = "PolicyAuthorize",
    [0x16b - FIRST] = "PolicyAuthValue",
    [0x16c - FIRST] = "PolicyCommandCode",
    [0x16d - FIRST] = "PolicyCounterTimer",
    [0x16e - FIRST] = "PolicyCpHash",
    [0x16f - FIRST] = "PolicyLocality",
    [0x170 - FIRST] = "PolicyNameHash",
    [0x171 - FIRST] = "PolicyOR",
    [0x172 - FIRST] = "PolicyTicket",
    [0x173 - FIRST] = "ReadPublic",
    [0x174 - FIRST] = "RSA_Encrypt",
    [0x176 - FIRST] = "StartAuthSession",
    [0x177 - FIRST] = "VerifySignature",
    [0x178 - FIRST] = "ECC_Parameters",
    [0x179 - FIRST] = "FirmwareRead",
    [0x17a - FIRST] = "GetCapability",
    [0x17b - FIRST] = "GetRandom",
    [0x17c - FIRST] = "GetTestResult",
    [0x17d - FIRST] = "Hash",
    [0x17e - FIRST] = "PCR_Read",
    [0x17f - FIRST] = "PolicyPCR",
    [0x180 - FIRST] = "PolicyRestart",
    [0x181 - FIRST] = "ReadClock",
    [0x182 - FIRST] = "PCR_Extend",
    [0x183 - FIRST] = "PCR_SetAuthValue",
    [0x184 - FIRST] = "NV_Certify",
    [0x185 - FIRST] = "EventSequenceComplete",
    [0x186 - FIRST] = "HashSequenceStart",
    [0x187 - FIRST] = "PolicyPhysicalPresence",
    [0x188 - FIRST] = "PolicyDuplicationSelect",
    [0x189 - FIRST] = "PolicyGetDigest",
    [0x18a - FIRST] = "TestParms",
    [0x18b - FIRST] = "Commit",
    [0x18c - FIRST] = "PolicyPassword",
    [0x18d - FIRST] = "ZGen_2Phase",
    [0x18e - FIRST] = "EC_Ephemeral",
    [0x18f - FIRST] = "PolicyNvWritten",
    [0x190 - FIRST] = "PolicyTemplate",
    [0x191 - FIRST] = "CreateLoaded",
    [0x192 - FIRST] = "PolicyAuthorizeNV",
    [0x193 - FIRST] = "EncryptDecrypt2",
    [0x194 - FIRST] = "AC_GetCapability",
    [0x195 - FIRST] = "AC_Send",
    [0x196 - FIRST] = "Policy_AC_SendSelect",
    [0x197 - FIRST] = "CertifyX509",
    [0x198 - FIRST] = "ACT_SetTimeout",
};

enum err tpm_header_decode(const uint8_t *buf, size_t len, struct tpm_header *out)
{
	struct tpm_header h;
	struct rbuf r;
	enum err e;

	rbuf_init(&r, buf, len);
	h.tag = rbuf_u16(&r);
	rbuf_require(&r, h.tag == TPM_ST_NO_SESSIONS_ || h.tag == TPM_ST_SESSIONS_);
	h.size = rbuf_u32(&r);
	rbuf_require(&r, h.size == len);
	h.code = rbuf_u32(&r);
	rbuf_view(&r, rbuf_left(&r));
	e = rbuf_end(&r);
	if (!e)
		*out = h;
	return e;
}

void tpm_response_rc(uint32_t rc, uint8_t out[TPM_HEADER_SIZE])
{
	struct wbuf w;

	wbuf_init(&w, out, TPM_HEADER_SIZE);
	wbuf_u16(&w, TPM_ST_NO_SESSIONS_);
	wbuf_u32(&w, TPM_HEADER_SIZE);
	wbuf_u32(&w, rc);
}

const char *tpm_cc_name(uint32_t cc)
{
	const char *name = NULL;

	if (cc >= FIRST && cc - FIRST < sizeof(names) / sizeof(names[0]))
		name = names[cc - FIRST];
	return name ? name : "unknown";
}
