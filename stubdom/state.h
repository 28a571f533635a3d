/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state: a vTPM's permanent state as it is stored: AES-256-GCM under the
 * state key, bound to whose and which version it is by the associated data
 * "vtpmmgr state v1" || uuid || u32 generation || u64 version, for a session state
 * "vtpmmgr session v1" || the same || u64 epoch, for a suspended vTPM's state
 * "vtpmmgr suspended v1" || the same as the first (doc/STATE-FORMAT.md). So none
 * passes for another.
 */
#ifndef STUBDOM_STATE_H
#define STUBDOM_STATE_H

#include "lib/proto_session.h"
#include "lib/proto_state.h"
#include "lib/secret.h"

struct state_owner {
	uint8_t uuid[UUID_SIZE];
	uint32_t generation;
	const struct secret *key;
};

/* Length of the blob that holds len bytes of state. */
size_t state_sealed_len(size_t len);

/* Seals len bytes as this version: blob gets state_sealed_len(len) bytes, mark describes it. */
enum err state_seal(const struct state_owner *o, uint64_t version, const uint8_t *plain, size_t len,
		    uint8_t *blob, struct state_mark *mark) MUST_USE;

/*
 * Opens a blob that must be the one mark names. plain gets mark->len -
 * AEAD_OVERHEAD bytes. ERR_ROLLBACK if it is another blob than the anchored
 * root names, ERR_TAMPERED if it is that one and does not verify.
 */
enum err state_open(const struct state_owner *o, const struct state_mark *mark, const uint8_t *blob,
		    size_t len, uint8_t *plain) MUST_USE;

/* The same for a suspended vTPM's: plain is stubdom/suspended.h's. */
enum err state_seal_suspended(const struct state_owner *o, uint64_t version, const uint8_t *plain,
			      size_t len, uint8_t *blob, struct state_mark *mark) MUST_USE;
enum err state_open_suspended(const struct state_owner *o, const struct state_mark *mark,
			      const uint8_t *blob, size_t len, uint8_t *plain) MUST_USE;

/* Length of the blob, frame included, that holds len bytes as a session state. */
size_t state_session_len(size_t len);

/* Seals len bytes as this version of this epoch: blob gets state_session_len(len) bytes. */
enum err state_seal_session(const struct state_owner *o, uint64_t version, uint64_t epoch,
			    const uint8_t *plain, size_t len, uint8_t *blob) MUST_USE;

/* Opens a decoded one. plain gets s->len - AEAD_OVERHEAD bytes. ERR_TAMPERED: it does not verify.
 */
enum err state_open_session(const struct state_owner *o, const struct session_state *s,
			    uint8_t *plain) MUST_USE;

#endif
