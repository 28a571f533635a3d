/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * commit: how a changed state becomes the anchored one. It is sealed as the
 * next version, its blob offered to the broker and its mark to the key keeper;
 * from then on it waits until the key keeper says that it is anchored. Either
 * peer may die meanwhile and be replaced: the new one is offered it again.
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
	struct state_mark anchored;
	struct state_mark pending;
	uint8_t *blob;          /* pending.len bytes while a state waits, else NULL */
	bool resuming;          /* a new key keeper has yet to say what it holds */
	struct channel *keys;   /* not owned; NULL while the key keeper is away */
	struct channel *broker; /* likewise */
};

/* Seals and offers. ERR_FULL if the blob would be over the quota. */
enum err commit_begin(struct commit *c, const uint8_t *plain, size_t len) MUST_USE;

/*
 * The key keeper holds this version. *done: the waiting state is anchored now.
 * ERR_STATE if neither that nor an answer to STATE_RESUME.
 */
enum err commit_anchored(struct commit *c, uint64_t version, bool *done) MUST_USE;

/* A new key keeper: STATE_RESUME; what waits follows once it has answered. */
enum err commit_new_keys(struct commit *c, struct channel *keys) MUST_USE;

/* A new broker: gets the blob that waits, if one does. */
void commit_new_broker(struct commit *c, struct channel *broker);

void commit_end(struct commit *c);

#endif
