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

#include <sys/un.h>

#define LIAR_BLOBS    32
#define LIAR_RESPONSE 256

struct liar_blob {
	size_t len;
	uint8_t bytes[QUOTA_MIN];
};

struct liar_worker {
	int program; /* vtpm-stubdom */
	pid_t pid;
	int pidfd;
	struct player super, broker;
	struct sockaddr_un data;            /* where its guest connects */
	const struct liar_blob *answers[3]; /* to BLOB_GET, by enum blob_which; NULL: none */
	unsigned asked[3];
	bool silent;                       /* says of no session state that it is stored */
	struct liar_blob puts[LIAR_BLOBS]; /* by version - 1 */
	unsigned nputs;
	uint64_t newest;    /* version of the last one */
	struct guest guest; /* whose sockets it was to get */
	bool ready;
	enum err failed; /* BLOB_FAILED */
};

/*
 * Starts vTPM i; the answer to BLOB_GET of the anchored state is `answer`, to the others what is in
 * w. Returns how it went: ERR_OK once it serves, what it says itself, or the key keeper's refusal.
 */
enum err liar_start(struct driver *d, unsigned i, struct liar_worker *w,
		    const struct liar_blob *answer);

/* Sends it a state that it has not asked for; whether it ends. */
bool liar_pushes(struct liar_worker *w, const struct liar_blob *blob);

/*
 * A command of its guest's, on a connection of its own, while key keeper and worker are served. Its
 * response code; the response goes to out.
 */
uint32_t liar_command(struct driver *d, struct liar_worker *w, const uint8_t *command, size_t len,
		      uint8_t out[LIAR_RESPONSE]);
/* One that changes the state: whether nothing is answered although the broker was sent the state.
 */
bool liar_unanswered(struct driver *d, struct liar_worker *w, const uint8_t *command, size_t len);

void liar_say_stored(struct liar_worker *w, uint64_t version);
/* Tells it to stop. */
void liar_say_stop(struct liar_worker *w);
/* Serves both until it has ended by itself; false: it does not. */
bool liar_ends(struct driver *d, struct liar_worker *w);

/* Kills it, if it is still there; the key keeper is told. */
void liar_end(struct driver *d, unsigned i, struct liar_worker *w);

#endif
