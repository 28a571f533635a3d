/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpm_name: Names and policy digests as the TPM computes them (TPM 2.0
 * Library, part 1, 16 and 19.7; part 3, 23). nameAlg is SHA-256 throughout.
 */
#ifndef LIB_TPM_NAME_H
#define LIB_TPM_NAME_H

#include "lib/proto_root.h"
#include "lib/wbuf.h"

#define TPM_SHA256 0x000B /* TPM_ALG_SHA256 */

#define TPM_CC_POLICY_NV        0x00000149
#define TPM_CC_POLICY_SECRET    0x00000151
#define TPM_CC_POLICY_AUTHORIZE 0x0000016A
#define TPM_CC_POLICY_PCR       0x0000017F

/* nameAlg || SHA-256(the public area written to public). */
enum err tpm_name(const struct wbuf *public_area, uint8_t name[TPM_NAME_SIZE]) MUST_USE;

/* d = SHA-256(d || cc || the bytes written to args). */
enum err tpm_policy_extend(struct digest *d, uint32_t cc, const struct wbuf *args) MUST_USE;

/* PolicyUpdate(): d = SHA-256(SHA-256(d || cc || name) || ref). */
enum err tpm_policy_update(struct digest *d, uint32_t cc, const uint8_t name[TPM_NAME_SIZE],
			   const void *ref, size_t ref_len) MUST_USE;

#endif
