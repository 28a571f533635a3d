/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * anchor: handles and attributes of the pTPM's NV indices A and V and of the
 * storage parent, and their Names, which follow from these alone.
 *
 *  A  EXTEND index, SHA-256, 32 bytes: the freshness of the whole store.
 *     authWrite | authRead | noDA; authValue = HKDF(RK, "anchor").
 *  V  ordinary index, 8 bytes big-endian: the minimum manager version.
 *     policyWrite (PolicySecret(A): only who knows RK may raise it),
 *     authRead with an empty authValue (RK's policy compares it), noDA.
 *     In the platform hierarchy nobody can take either away; in the owner
 *     hierarchy the TPM's owner can destroy both, which the key keeper finds.
 *
 * Handles: Registry of reserved TPM 2.0 handles (TCG): NV 0x01400000.. are the
 * platform manufacturer's, 0x01800000.. the owner's; persistent objects
 * 0x81800000.. the platform's, 0x81000000.. the owner's.
 */
#ifndef LIB_ANCHOR_H
#define LIB_ANCHOR_H

#include "lib/proto_root.h"

struct anchor_handles {
	uint32_t parent; /* persistent storage parent, also the salt key */
	uint32_t a;
	uint32_t v;
};

/* The handles used in this hierarchy. */
struct anchor_handles anchor_handles(enum hierarchy h);

/* TPMA_NV of A and V as defined, TPMA_NV_WRITTEN not yet set. */
uint32_t anchor_a_attributes(enum hierarchy h);
uint32_t anchor_v_attributes(enum hierarchy h);

/* Names once written. V's covers its authPolicy, which covers Name(A). */
enum err anchor_a_name(enum hierarchy h, uint8_t name[TPM_NAME_SIZE]) MUST_USE;
/* Before it is written, in which state no payload names it. */
enum err anchor_a_name_unwritten(enum hierarchy h, uint8_t name[TPM_NAME_SIZE]) MUST_USE;
enum err anchor_v_name(enum hierarchy h, uint8_t name[TPM_NAME_SIZE]) MUST_USE;

/* V's authPolicy: PolicySecret(Name(A) written, empty policyRef). */
enum err anchor_v_policy(enum hierarchy h, struct digest *policy) MUST_USE;

#endif
