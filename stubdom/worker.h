/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker: one vTPM's life. It gets its key and the mark of its current state
 * from the key keeper, the state from the broker, and serves its guest; every
 * changed state is committed (stubdom/commit.h) before the guest is answered.
 *
 *  worker.c        start, serve, commit, stop
 *  worker_load.c   which state to start from
 *  worker_suspend.c  suspending, and going on from a suspended state
 *  worker_peers.c  the channels, who is at their other ends, and which message is allowed when
 */
#ifndef STUBDOM_WORKER_H
#define STUBDOM_WORKER_H

#include "lib/channel.h"
#include "lib/loop.h"
#include "lib/proto_blob.h"
#include "stubdom/commit.h"
#include "stubdom/guest.h"
#include "stubdom/vtpm.h"

enum worker_state {
	WAIT_KEY,   /* knows nothing yet */
	LOADING,    /* has its key, waits for its blob */
	SERVING,    /* the state in use is the committed one */
	COMMITTING, /* a newer one waits to be anchored, or stored */
	ENDED,
};

/* Serves on the fixed descriptors (lib/proto_super.h) until told to stop. The process' exit code.
 */
int worker_run(void);

/* ---- between the parts ---- */

/* Of the state to start from. */
struct worker_load {
	enum blob_which which; /* the slot that was asked for */
	uint64_t epoch;        /* in which session states may be newer than the anchored one */
};

struct worker_suspend {
	bool wanted;    /* by the broker, and not given up: once nothing waits any more */
	bool committed; /* the suspended state waits to be anchored */
	struct loop_timer *timer;
	struct digest from; /* of the volatile state that is anchored; zero: there is none */
	bool discard;       /* and not to be gone on from */
};

struct worker {
	struct loop *loop;
	struct channel *super;
	struct channel *keys;   /* NULL while the key keeper is away */
	struct channel *broker; /* NULL while the broker is away */
	enum worker_state state;
	int exit_code;
	bool stopping;  /* TPM2_Shutdown, one last commit, end */
	bool announced; /* BLOB_READY was due */
	bool ending;    /* what is committed from now on is the last state */
	struct vtpm vtpm;
	struct guest_transport guest;
	struct secret *key;
	struct worker_load load;
	struct worker_suspend suspend;
	struct commit commit;
};

void worker_end(struct worker *w, int exit_code);
/* Tells the broker why this vTPM cannot be served, and ends. */
void worker_fail(struct worker *w, enum err why);
/* Tells the broker that guests are served. */
void worker_announce(struct worker *w);
/* Its state has been loaded, or there is none: on, TPM2_Startup, the first commit, then guests. */
void worker_start(struct worker *w);
/* TPM2_Shutdown, the last commit, and the end. */
enum err worker_stop(struct worker *w) MUST_USE;

enum err worker_on_key(void *worker, struct msg *m);
enum err worker_on_anchored(void *worker, struct msg *m);
enum err worker_on_stored(void *worker, struct msg *m);
enum err worker_on_freshness(void *worker, struct msg *m);
enum err worker_on_stall(void *worker, struct msg *m);
enum err worker_on_store_stall(void *worker, struct msg *m);

/* BLOB_SUSPEND: both states anchored, and the end; or BLOB_NOT_SUSPENDED, and all goes on. */
enum err worker_on_suspend(void *worker, struct msg *m);
/* What is to be suspended and has nothing waiting any more. */
void worker_suspend(struct worker *w);
/* The suspended state is anchored: the end, unless that was given up. */
void worker_suspended(struct worker *w);
/* Whether what is anchored is a suspended state. */
bool worker_was_suspended(const struct worker *w);
/* Goes on from the anchored blob, a suspended one; or starts from its permanent half: told to, or
 * where the leaf does not say that it is suspended. */
enum err worker_resume(struct worker *w, const uint8_t *blob, size_t len) MUST_USE;

/* Begins to load; epoch: of the session states that may be newer than the anchored one. */
enum err worker_load_begin(struct worker *w, uint64_t epoch) MUST_USE;
/* Asks a new broker for what the dead one was asked for. */
enum err worker_load_ask(struct worker *w) MUST_USE;
enum err worker_on_blob(void *worker, struct msg *m);

enum err worker_peers_open(struct worker *w) MUST_USE;
void worker_peers_close(struct worker *w);
enum err worker_send(struct channel *to, uint16_t type, const uint8_t *body, size_t len) MUST_USE;

#endif
