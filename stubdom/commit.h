/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * commit: how a changed state becomes one that survives. It is sealed as the
 * next version and offered; either peer may die meanwhile and be replaced: the
 * new one is offered it again.
 *
 *  to be anchored  its blob goes to the broker, its mark to the key keeper, and it
 *                  waits until that says that it is anchored
 *  session state   goes to the broker alone, and waits until that says that it is
 *                  stored; in class session, once this run has an epoch
 */
#ifndef STUBDOM_COMMIT_H
#define STUBDOM_COMMIT_H

#include "lib/channel.h"
#include "lib/proto_state.h"
#include "stubdom/state.h"

#include <stdbool.h>

struct commit {
	struct state_owner owner;
	uint32_t quota; /* bytes that a blob may have */
	uint8_t slots;  /* of the region */
	enum freshness_class fresh;
	struct state_mark anchored;
	uint64_t epoch;   /* of session states from now on; 0: none may follow */
	uint64_t version; /* of the newest state, anchored or stored */
	struct state_mark pending;
	uint64_t pending_epoch;       /* 0: it is to be anchored */
	enum state_kind kind;         /* of pending */
	struct digest volatile_state; /* in pending, if it suspends; else zero */
	uint8_t *blob;                /* pending.len bytes while a state waits, else NULL */
	bool resuming;                /* a new key keeper has yet to say what it holds */
	struct channel *keys;         /* not owned; NULL while the key keeper is away */
	struct channel *broker;       /* likewise */
};

/* From STATE_KEY: nothing waits, and no session states until this run has an epoch. */
void commit_init(struct commit *c, const struct state_key *k, const struct secret *key);

/* Bytes that the plain state may have. */
size_t commit_room(const struct commit *c);

/*
 * Seals and offers; anchor: in whatever class. The last state is always
 * anchored. ERR_FULL if the blob would be over the quota.
 */
enum err commit_begin(struct commit *c, const uint8_t *plain, size_t len, enum state_kind kind,
		      bool anchor) MUST_USE;

/* Both states of a vTPM that is suspended, as stubdom/suspended.h has them; always anchored. */
enum err commit_begin_suspended(struct commit *c, const uint8_t *plain, size_t len,
				const struct digest *volatile_state) MUST_USE;

/*
 * The key keeper holds this version. *done: the waiting state is anchored now.
 * ERR_STATE if neither that nor an answer to STATE_RESUME.
 */
enum err commit_anchored(struct commit *c, const struct state_anchored *a, bool *done) MUST_USE;

/* The broker has stored this version. *done: the waiting state. ERR_STATE if it was not sent. */
enum err commit_stored(struct commit *c, uint64_t version, bool *done) MUST_USE;

/* Whether session states may follow, or else an anchored one has to come before them. */
bool commit_is_open(const struct commit *c);
/* Whether the newest state is to be anchored and is not, the class having changed. */
bool commit_owes(const struct commit *c);

/* A new key keeper: STATE_RESUME; what waits follows once it has answered. */
enum err commit_new_keys(struct commit *c, struct channel *keys) MUST_USE;

/* A new broker: gets the blob that waits, if one does. */
void commit_new_broker(struct commit *c, struct channel *broker);

void commit_end(struct commit *c);

#endif
