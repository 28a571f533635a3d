/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/approval.h"

#include "lib/anchor.h"
#include "lib/tpm_name.h"
#include "lib/wbuf.h"

/* TPM 2.0 Library, part 2: algorithms, curve, TPMA_OBJECT, TPM_EO. */
#define TPM_ECC             0x0023
#define TPM_ECDSA           0x0018
#define TPM_NULL            0x0010
#define TPM_NIST_P256       0x0003
#define OBJECT_USERWITHAUTH (1u << 6)
#define OBJECT_SIGN         (1u << 18)
#define EO_UNSIGNED_LE      0x0009

#define PCR_SELECT_SIZE 3
#define PUBLIC_MAX      128

static const char policy_ref[] = APPROVAL_POLICY_REF;
#define POLICY_REF_LEN (sizeof(policy_ref) - 1)

/* TPM2_PolicyPCR: TPML_PCR_SELECTION of one bank, PCR 0 in bit 0 of the first octet; pcrDigest. */
static enum err policy_pcr(struct digest *d, const struct approval *a)
{
	uint8_t bytes[64];
	struct wbuf w;

	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_u32(&w, 1);
	wbuf_u16(&w, TPM_SHA256);
	wbuf_u8(&w, PCR_SELECT_SIZE);
	for (unsigned i = 0; i < PCR_SELECT_SIZE; i++)
		wbuf_u8(&w, (uint8_t)(a->pcrs >> 8 * i));
	wbuf_bytes(&w, a->pcr_digest.b, DIGEST_SIZE);
	return tpm_policy_extend(d, TPM_CC_POLICY_PCR, &w);
}

/* The hashed arguments of TPM2_PolicyNV: operandB, offset, operation. */
static enum err nv_arguments(uint64_t version, struct digest *out)
{
	struct crypt_part part;
	uint8_t bytes[16];
	struct wbuf w;
	enum err e;

	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_u64(&w, version);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, EO_UNSIGNED_LE);
	part.bytes = bytes;
	e = wbuf_end(&w, &part.len);
	return e == ERR_OK ? crypt_sha256(&part, 1, out) : e;
}

static enum err policy_nv(struct digest *d, uint64_t version, enum hierarchy h)
{
	uint8_t bytes[DIGEST_SIZE + TPM_NAME_SIZE];
	uint8_t v[TPM_NAME_SIZE];
	struct digest args;
	struct wbuf w;
	enum err e = nv_arguments(version, &args);

	if (e == ERR_OK)
		e = anchor_v_name(h, v);
	if (e != ERR_OK)
		return e;
	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_bytes(&w, args.b, DIGEST_SIZE);
	wbuf_bytes(&w, v, TPM_NAME_SIZE);
	return tpm_policy_extend(d, TPM_CC_POLICY_NV, &w);
}

enum err approval_policy(const struct approval *a, enum hierarchy h, struct digest *policy)
{
	struct digest d = {0};
	enum err e = policy_pcr(&d, a);

	if (e == ERR_OK)
		e = policy_nv(&d, a->version, h);
	if (e == ERR_OK)
		*policy = d;
	return e;
}

enum err approval_digest(const struct approval *a, enum hierarchy h, struct digest *ahash)
{
	struct digest policy;
	const struct crypt_part parts[] = {{policy.b, DIGEST_SIZE}, {policy_ref, POLICY_REF_LEN}};
	enum err e = approval_policy(a, h, &policy);

	return e == ERR_OK ? crypt_sha256(parts, 2, ahash) : e;
}

enum err approval_verify(const struct approval *a, enum hierarchy h, const struct crypt_point *key)
{
	struct digest ahash;
	enum err e = approval_digest(a, h, &ahash);

	return e == ERR_OK ? crypt_verify(key, &ahash, &a->sig) : e;
}

/*
 * The key is loaded from outside, so it can be neither fixedTPM nor fixedParent;
 * userWithAuth with an empty authPolicy is what such a key needs to be used at all.
 */
static void public_put(struct wbuf *w, const struct crypt_point *key)
{
	wbuf_u16(w, TPM_ECC);
	wbuf_u16(w, TPM_SHA256);
	wbuf_u32(w, OBJECT_SIGN | OBJECT_USERWITHAUTH);
	wbuf_u16(w, 0); /* authPolicy */
	wbuf_u16(w, TPM_NULL);
	wbuf_u16(w, TPM_ECDSA);
	wbuf_u16(w, TPM_SHA256);
	wbuf_u16(w, TPM_NIST_P256);
	wbuf_u16(w, TPM_NULL); /* kdf */
	wbuf_u16(w, sizeof(key->x));
	wbuf_bytes(w, key->x, sizeof(key->x));
	wbuf_u16(w, sizeof(key->y));
	wbuf_bytes(w, key->y, sizeof(key->y));
}

enum err authority_public(const struct crypt_point *key, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	public_put(&w, key);
	return wbuf_end(&w, len);
}

enum err authority_name(const struct crypt_point *key, uint8_t name[TPM_NAME_SIZE])
{
	uint8_t bytes[PUBLIC_MAX];
	struct wbuf w;

	wbuf_init(&w, bytes, sizeof(bytes));
	public_put(&w, key);
	return tpm_name(&w, name);
}

enum err authority_policy(const struct crypt_point *key, struct digest *policy)
{
	uint8_t name[TPM_NAME_SIZE];
	struct digest d = {0};
	enum err e = authority_name(key, name);

	if (e == ERR_OK)
		e = tpm_policy_update(&d, TPM_CC_POLICY_AUTHORIZE, name, policy_ref,
				      POLICY_REF_LEN);
	if (e == ERR_OK)
		*policy = d;
	return e;
}
