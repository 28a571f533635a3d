/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_seal: objects sealed to the pTPM under an authority: PolicyAuthorize
 * over PolicyPCR and PolicyNV(V <= version), see lib/approval.h.
 */
#ifndef VTPMMGR_KEYS_SEAL_H
#define VTPMMGR_KEYS_SEAL_H

#include "lib/proto_root.h"
#include "lib/secret.h"
#include "vtpmmgr/keys/keys_tpm.h"

/* Seals payload (at most 128 bytes) under the storage parent and this authority: one command. */
enum err seal_create(struct tpm *t, const struct crypt_point *authority,
		     const struct secret *payload, struct sealed *out) MUST_USE;

/*
 * Opens a sealed object with the newest approval that fits the PCRs. Seven
 * commands with a cached ticket and a fitting newest approval: StartAuthSession,
 * PolicyPCR, PolicyNV, PolicyAuthorize, Load, Unseal, FlushContext.
 * ERR_UNAPPROVED: no approval fits the PCRs, or V is above all that do.
 * ERR_FOREIGN: the object is not this pTPM's.
 */
enum err seal_open(struct tpm *t, const struct authority *authority, const struct sealed *sealed,
		   struct secret **payload) MUST_USE;

#endif
