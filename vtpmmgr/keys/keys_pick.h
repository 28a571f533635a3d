/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_pick: which of two copies is the current one, and which approvals are
 * kept. Pure: bytes and keys in, a choice out.
 */
#ifndef VTPMMGR_KEYS_PICK_H
#define VTPMMGR_KEYS_PICK_H

#include "lib/proto_keys.h"
#include "lib/secret.h"

/*
 * The newer of the two boot headers that decode. ERR_UNPROVISIONED: there is
 * none; ERR_TAMPERED: there was one, and none decodes.
 */
enum err keys_pick_header(const struct keys_open *q, struct boot_header *out) MUST_USE;

/*
 * The slot of the root with SHA-256(prev || m(root)) = a. None: ERR_ROLLBACK
 * where roots of this very store are there, ERR_FOREIGN where there are
 * other stores' only, ERR_TAMPERED where none decodes.
 */
enum err keys_pick_root(const struct keys_open *q, const struct secret *root_mac,
			const struct digest *a, const uint8_t store[UUID_SIZE],
			uint8_t *slot) MUST_USE;

/*
 * Whether the other slot's root proves that this one was anchored once: it names as its
 * predecessor the value that anchoring this one gave A, which nobody makes up without RK.
 */
enum err keys_pick_was_current(const struct keys_open *q, const struct secret *root_mac,
			       uint8_t slot, bool *out) MUST_USE;

/* Appends an approval as the newest; the oldest makes room, an equal one does so before. */
void authority_add(struct authority *au, const struct approval *a);

#endif
