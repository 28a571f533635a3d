/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_session: a state that is durable and not anchored, as it lies in its
 * slot. No root names it, so it says itself what it is; the associated data of
 * what it holds says the same, and only a worker can tell whether that is true
 * (doc/STATE-FORMAT.md).
 */
#ifndef LIB_PROTO_SESSION_H
#define LIB_PROTO_SESSION_H

#include "lib/err.h"
#include "lib/frame.h"
#include "lib/proto_root.h"

#define SESSION_MAGIC    "VTPMSESS"
#define SESSION_OVERHEAD (FRAME_SIZE + 20) /* bytes beside the sealed ones */

struct session_state {
	uint64_t epoch;
	uint64_t version;
	uint32_t len;
	const uint8_t *sealed; /* a view */
};

enum err session_state_encode(const struct session_state *s, uint8_t *out, size_t cap,
			      size_t *len) MUST_USE;
enum err session_state_decode(const uint8_t *in, size_t len, struct session_state *out) MUST_USE;

#endif
