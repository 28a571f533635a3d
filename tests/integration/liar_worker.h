/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * liar_worker: a real vtpm-stubdom with the real key keeper at its other end, and
 * a broker that answers BLOB_GET with whatever it likes. Every state that the
 * worker has ever sent is kept.
 */
#ifndef TESTS_LIAR_WORKER_H
#define TESTS_LIAR_WORKER_H

#include "lib/proto_blob.h"
#include "tests/integration/keeper_play.h"

#define LIAR_BLOBS 16

struct liar_blob {
	size_t len;
	uint8_t bytes[QUOTA_MIN];
};

struct liar_worker {
	int program; /* vtpm-stubdom */
	pid_t pid;
	int pidfd;
	struct player super, broker;
	struct liar_blob puts[LIAR_BLOBS]; /* by version - 1 */
	unsigned nputs;
	struct guest guest; /* whose sockets it was to get */
	bool ready;
	enum err failed; /* BLOB_FAILED */
};

/*
 * Starts vTPM i; the answer to BLOB_GET is `answer`. Returns how it went: ERR_OK once
 * it serves, what it says itself, or the key keeper's refusal.
 */
enum err liar_start(struct driver *d, unsigned i, struct liar_worker *w,
		    const struct liar_blob *answer);

/* Sends it a state that it has not asked for; whether it ends. */
bool liar_pushes(struct liar_worker *w, const struct liar_blob *blob);

/* Kills it, if it is still there; the key keeper is told. */
void liar_end(struct driver *d, unsigned i, struct liar_worker *w);

#endif
