/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/anchor.h"

#include "lib/tpm_name.h"
#include "lib/wbuf.h"

/* TPMA_NV (TPM 2.0 Library, part 2, 13.4). */
#define NV_AUTHWRITE      (1u << 2)
#define NV_POLICYWRITE    (1u << 3)
#define NV_EXTEND         (4u << 4) /* TPM_NT in bits 4 to 7; ordinary is 0 */
#define NV_AUTHREAD       (1u << 18)
#define NV_NO_DA          (1u << 25)
#define NV_WRITTEN        (1u << 29)
#define NV_PLATFORMCREATE (1u << 30)

#define A_SIZE        DIGEST_SIZE
#define V_SIZE        8
#define NV_PUBLIC_MAX 64

static const struct anchor_handles platform_handles = {
    .parent = 0x81805654, .a = 0x01405654, .v = 0x01405655};
static const struct anchor_handles owner_handles = {
    .parent = 0x81005654, .a = 0x01805654, .v = 0x01805655};

struct anchor_handles anchor_handles(enum hierarchy h)
{
	return h == HIERARCHY_PLATFORM ? platform_handles : owner_handles;
}

static uint32_t creator(enum hierarchy h)
{
	return h == HIERARCHY_PLATFORM ? NV_PLATFORMCREATE : 0;
}

uint32_t anchor_a_attributes(enum hierarchy h)
{
	return NV_AUTHWRITE | NV_AUTHREAD | NV_NO_DA | NV_EXTEND | creator(h);
}

uint32_t anchor_v_attributes(enum hierarchy h)
{
	return NV_POLICYWRITE | NV_AUTHREAD | NV_NO_DA | creator(h);
}

/* The Name is over TPMS_NV_PUBLIC: index, nameAlg, attributes, authPolicy, dataSize. */
static enum err nv_name(uint32_t index, uint32_t attributes, const struct digest *policy,
			uint16_t size, uint8_t name[TPM_NAME_SIZE])
{
	uint8_t public[NV_PUBLIC_MAX];
	struct wbuf w;

	wbuf_init(&w, public, sizeof(public));
	wbuf_u32(&w, index);
	wbuf_u16(&w, TPM_SHA256);
	wbuf_u32(&w, attributes);
	wbuf_u16(&w, policy ? DIGEST_SIZE : 0);
	if (policy)
		wbuf_bytes(&w, policy->b, DIGEST_SIZE);
	wbuf_u16(&w, size);
	return tpm_name(&w, name);
}

enum err anchor_a_name(enum hierarchy h, uint8_t name[TPM_NAME_SIZE])
{
	return nv_name(anchor_handles(h).a, anchor_a_attributes(h) | NV_WRITTEN, NULL, A_SIZE,
		       name);
}

enum err anchor_a_name_unwritten(enum hierarchy h, uint8_t name[TPM_NAME_SIZE])
{
	return nv_name(anchor_handles(h).a, anchor_a_attributes(h), NULL, A_SIZE, name);
}

enum err anchor_v_policy(enum hierarchy h, struct digest *policy)
{
	uint8_t a[TPM_NAME_SIZE];
	struct digest d = {0};
	enum err e = anchor_a_name(h, a);

	if (e == ERR_OK)
		e = tpm_policy_update(&d, TPM_CC_POLICY_SECRET, a, NULL, 0);
	if (e == ERR_OK)
		*policy = d;
	return e;
}

enum err anchor_v_name(enum hierarchy h, uint8_t name[TPM_NAME_SIZE])
{
	struct digest policy;
	enum err e = anchor_v_policy(h, &policy);

	if (e != ERR_OK)
		return e;
	return nv_name(anchor_handles(h).v, anchor_v_attributes(h) | NV_WRITTEN, &policy, V_SIZE,
		       name);
}
