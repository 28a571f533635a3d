/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_provision: what a pTPM gets once, at platform init, beside A and V
 * (keys_anchor): its storage parent, and in the owner hierarchy a lock on
 * TPM2_Clear.
 */
#ifndef VTPMMGR_KEYS_PROVISION_H
#define VTPMMGR_KEYS_PROVISION_H

#include "vtpmmgr/keys/keys_tpm.h"

/*
 * Makes the storage parent persistent: ECC P-256, restricted decryption key,
 * noDA, empty auth (TCG EK Credential Profile's storage template with noDA).
 * The same key that is there already is left as it is. ERR_DENIED: the
 * hierarchy's authorization is not empty any more. ERR_EXISTS: another object
 * has its handle.
 */
enum err provision_parent(struct tpm *t, enum hierarchy h) MUST_USE;

/* Disables TPM2_Clear by the lockout authorization. ERR_DENIED: that is set. */
enum err provision_disable_clear(struct tpm *t) MUST_USE;

#endif
