/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * commit: what the key keeper wants written. One attempt at a time: wait until
 * the blobs it names have arrived, write everything, sync once, say so; and take
 * the root over when it is anchored. What the anchored root names is never
 * written, whoever asks.
 */
#ifndef VTPMMGR_COMMIT_H
#define VTPMMGR_COMMIT_H

#include "lib/loop.h"
#include "lib/proto_keys.h"
#include "vtpmmgr/broker/registry.h"
#include "vtpmmgr/broker/store.h"

#include <stdbool.h>

/* How long a blob may come after the commit that names it. Milliseconds. */
#define COMMIT_BLOB_MS     2000
#define COMMIT_BLOB_SLICES 8

struct commit;

struct commit_ops {
	/*
	 * The blob with this mark, alive until the next turn of the loop. ERR_AGAIN: it has
	 * not arrived yet; any other error: it will not.
	 */
	enum err (*blob)(void *arg, const uint8_t uuid[UUID_SIZE], const struct state_mark *mark,
			 const uint8_t **bytes);
	/* Its worker has named a state that it does not send. */
	void (*late)(void *arg, const uint8_t uuid[UUID_SIZE]);
	/* To be told to the key keeper. */
	void (*durable)(void *arg, uint64_t attempt, enum err e);
	/* The attempt's root is the current one now. Its views live during the call. */
	void (*anchored)(void *arg, const struct keys_commit *c, const struct root *root);
};

enum commit_phase { COMMIT_IDLE, COMMIT_WAITING, COMMIT_DURABLE };

struct commit {
	struct loop *loop;
	struct store *store;
	const struct registry *registry; /* the anchored leaves */
	const struct commit_ops *ops;
	void *arg;
	int root_slot; /* of the anchored root; -1: there is none yet */
	enum commit_phase phase;
	uint8_t *bytes; /* the message; c's views point into it */
	struct keys_commit c;
	struct root *root; /* decoded */
	struct loop_timer *timer;
	unsigned slices; /* of that time that are left */
};

enum err commit_init(struct commit *t, struct loop *l, struct store *s, const struct registry *r,
		     const struct commit_ops *ops, void *arg) MUST_USE;
void commit_fini(struct commit *t);

/* KEYS_COMMIT. An error: the key keeper does not speak its protocol. */
enum err commit_begin(struct commit *t, const struct msg *m) MUST_USE;
/* A blob has arrived, or it has turned out that one will not. */
void commit_blob_arrived(struct commit *t);
/* KEYS_ANCHORED. */
enum err commit_anchored(struct commit *t, const struct msg *m) MUST_USE;
/* Whether an attempt that is under way has a new state of this vTPM. */
bool commit_holds(const struct commit *t, const uint8_t uuid[UUID_SIZE]);
/* The key keeper is gone: nobody waits for the attempt any more. */
void commit_drop(struct commit *t);

#endif
