/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * approval: what an authority signs so that a sealed object may be opened.
 *
 * The object's authPolicy is TPM2_PolicyAuthorize(Name(authority), policyRef).
 * The authority signs aHash = SHA-256(approvedPolicy || policyRef)
 * (TPM 2.0 Library, part 3, TPM2_PolicyAuthorize), where approvedPolicy is the
 * digest of a session that ran PolicyPCR(SHA-256 bank, pcrs, pcr_digest) and then
 * PolicyNV(V, operandB = version, offset 0, TPM_EO_UNSIGNED_LE: V <= version).
 * Name(V) follows from fixed attributes (lib/anchor.h), so one signature
 * serves every device of a fleet. Signed off the device; pure computation.
 */
#ifndef LIB_APPROVAL_H
#define LIB_APPROVAL_H

#include "lib/proto_root.h"

/* "vtpmmgr approval v1": policyRef of every approval, without a NUL. */
#define APPROVAL_POLICY_REF "vtpmmgr approval v1"

/* The digest that the authority signs for a (its sig is not looked at). */
enum err approval_digest(const struct approval *a, enum hierarchy h, struct digest *ahash) MUST_USE;

/* The digest of the policy session that a approves, before PolicyAuthorize. */
enum err approval_policy(const struct approval *a, enum hierarchy h,
			 struct digest *policy) MUST_USE;

/* TPM Name of the authority's key as the pTPM loads it (ECC P-256, ECDSA-SHA256, sign only). */
enum err authority_name(const struct crypt_point *key, uint8_t name[TPM_NAME_SIZE]) MUST_USE;

/* The authPolicy of an object under this authority. */
enum err authority_policy(const struct crypt_point *key, struct digest *policy) MUST_USE;

/*
 * The marshalled TPMT_PUBLIC of the authority's key (no leading size); cap at least 128:
 *
 *	0023 ECC, 000b nameAlg SHA-256, 00040040 sign | userWithAuth, 0000 no authPolicy,
 *	0010 symmetric null, 0018 000b ECDSA with SHA-256, 0003 P-256, 0010 kdf null,
 *	0020 x, 0020 y
 *
 * userWithAuth and none of fixedTPM, fixedParent, sensitiveDataOrigin: as TPM2_LoadExternal()
 * of a public area alone wants it.
 */
enum err authority_public(const struct crypt_point *key, uint8_t *out, size_t cap,
			  size_t *len) MUST_USE;

/* ERR_SIGNATURE unless key signed a for hierarchy h. */
enum err approval_verify(const struct approval *a, enum hierarchy h,
			 const struct crypt_point *key) MUST_USE;

#endif
