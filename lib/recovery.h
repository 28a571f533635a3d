/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recovery: what the platform authority signs so that a store which recovery
 * refuses may be put back. It names one root record, and the value that A has
 * when it is put back: A moves on with that, so that no statement serves twice.
 *
 *	SHA-256("vtpmmgr recovery v1" || store id || A || SHA-256 of the root's bytes)
 */
#ifndef LIB_RECOVERY_H
#define LIB_RECOVERY_H

#include "lib/proto_root.h"

struct recovery {
	uint8_t store[UUID_SIZE];
	struct digest anchor; /* A as it is */
	struct digest root;   /* of the root's bytes, frame included */
};

/* The digest that the authority signs. */
enum err recovery_digest(const struct recovery *r, struct digest *out) MUST_USE;

/* ERR_SIGNATURE unless key signed it. */
enum err recovery_verify(const struct recovery *r, const struct crypt_point *key,
			 const struct crypt_signature *sig) MUST_USE;

void recovery_put(struct wbuf *w, const struct recovery *r);
void recovery_get(struct rbuf *r, struct recovery *out);

#endif
