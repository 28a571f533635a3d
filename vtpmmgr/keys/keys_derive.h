/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_derive: every key that follows from the root key RK, HKDF-SHA256
 * (RFC 5869) with one label each. These derivations never change.
 */
#ifndef VTPMMGR_KEYS_DERIVE_H
#define VTPMMGR_KEYS_DERIVE_H

#include "lib/crypt.h"
#include "lib/err.h"
#include "lib/proto_root.h"
#include "lib/secret.h"

#define ROOT_KEY_SIZE    32 /* RK, bytes */
#define VTPM_SECRET_SIZE 32 /* S_i, bytes */

/* A's authValue: HKDF(RK, "anchor"), 32 bytes. */
enum err keys_derive_anchor_auth(const struct secret *rk, struct secret **out) MUST_USE;

/* The key that MACs root records: HKDF(RK, "root"), 32 bytes. */
enum err keys_derive_root_mac(const struct secret *rk, struct secret **out) MUST_USE;

/* m = HMAC(root MAC key, "anchor" || root): what is extended into A. Secret: never stored. */
enum err keys_derive_extend(const struct secret *root_mac, const uint8_t *root, size_t len,
			    struct secret **out) MUST_USE;

/* A after m has been extended: SHA-256(old || m) (TPM 2.0 Library, part 3, TPM2_NV_Extend). */
enum err keys_derive_extended(const struct digest *old, const struct secret *m,
			      struct digest *out) MUST_USE;

/* K_i = HKDF(RK || S_i, uuid || u32 generation), 32 bytes. */
enum err keys_derive_state_key(const struct secret *rk, const struct secret *s_i,
			       const uint8_t uuid[UUID_SIZE], uint32_t generation,
			       struct secret **out) MUST_USE;

#endif
