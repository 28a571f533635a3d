/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: states that are durable and not anchored. A worker's state waits until
 * the anchored root has its epoch; what waits at the end of a turn of the loop is
 * written together and synced once. The key keeper takes no part in it.
 *
 * Never written: a slot that the anchored root names, or that a group commit under
 * way writes.
 */
#ifndef VTPMMGR_SESSION_H
#define VTPMMGR_SESSION_H

#include "lib/loop.h"
#include "lib/proto_blob.h"
#include "vtpmmgr/broker/registry.h"
#include "vtpmmgr/broker/store.h"

#include <stdbool.h>
#include <sys/queue.h>

/* After the store has failed it is tried again so often. Milliseconds. */
#define SESSION_RETRY_MS 500

struct session_ops {
	/* Whether a group commit under way writes a state of this vTPM. */
	bool (*busy)(void *arg, const uint8_t uuid[UUID_SIZE]);
	/* This version is durable. */
	void (*stored)(void *arg, const uint8_t uuid[UUID_SIZE], uint64_t version);
	/* Its worker does not speak its protocol. */
	void (*refused)(void *arg, const uint8_t uuid[UUID_SIZE], enum err why);
	/* The store has begun to fail, or works again. */
	void (*stalled)(void *arg, bool stalled);
};

struct session_state_put;

struct session {
	struct loop *loop;
	struct store *store;
	const struct registry *registry; /* the anchored leaves */
	const struct session_ops *ops;
	void *arg;
	LIST_HEAD(, session_state_put) waiting; /* one a vTPM */
	struct loop_timer *timer;
	bool stalled;
};

void session_init(struct session *s, struct loop *l, struct store *store, const struct registry *r,
		  const struct session_ops *ops, void *arg);
void session_fini(struct session *s);

/* A worker's state, which is copied; it replaces one of that vTPM that still waits. */
enum err session_put(struct session *s, const uint8_t uuid[UUID_SIZE],
		     const struct blob_put *put) MUST_USE;
/* Its worker is gone: what waits of it is written no more, for a successor may be reading. */
void session_forget(struct session *s, const uint8_t uuid[UUID_SIZE]);
/* There is a new root, or a group commit has ended. */
void session_kick(struct session *s);

/*
 * One of the two slots that the leaf does not name, into out (QUOTA_MAX bytes): the session state
 * in it; *len 0: it holds none. What is read is on the disk and stays there, so that a slot can be
 * written because this one is newer. ERR_AGAIN: not while the store fails, ops->stalled will say
 * when. ERR_IO: it cannot be read, and nobody knows what is in it.
 */
enum err session_read(struct session *s, const struct leaf *leaf, enum blob_which which,
		      uint8_t *out, size_t *len) MUST_USE;

#endif
