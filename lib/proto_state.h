/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_state: key keeper <-> worker. Keys and hashes; never a byte of state.
 *
 *  STATE_KEY      keys -> worker  struct state_key: serve this vTPM
 *  STATE_ANCHORED keys -> worker  struct state_anchored: release what waits for it
 *  STATE_STALL    keys -> worker  u8 enum state_stall: whether, and why, to answer TPM_RC_RETRY
 *                                 instead of executing
 *  STATE_FRESHNESS keys -> worker u8 enum freshness_class: how states are committed from now on
 *  STATE_DIRTY    worker -> keys  struct state_dirty: this new state exists (its bytes
 *                                 went to the broker before); one at a time
 *  STATE_RESUME   worker -> keys  struct state_resume: first message on a channel that
 *                                 replaces one of a key keeper that died
 */
#ifndef LIB_PROTO_STATE_H
#define LIB_PROTO_STATE_H

#include "lib/err.h"
#include "lib/msg.h"
#include "lib/proto_root.h"

enum state_msg {
	STATE_KEY = 0x0301,
	STATE_ANCHORED = 0x0302,
	STATE_STALL = 0x0303,
	STATE_DIRTY = 0x0304,
	STATE_RESUME = 0x0305,
	STATE_FRESHNESS = 0x0306,
};

/* One version of a vTPM's state. version 0, len 0, zero digest: none yet. */
struct state_mark {
	uint64_t version;
	uint32_t len; /* of the blob as stored */
	struct digest digest;
};

struct state_key {
	uint8_t uuid[UUID_SIZE];
	uint32_t generation;
	uint32_t quota;            /* a blob may not be longer */
	struct state_mark current; /* the anchored state */
	uint64_t epoch;            /* in which newer session states may exist; 0: none do */
	uint8_t slots;             /* of the region, as in the leaf */
	uint8_t fresh; /* enum freshness_class: how to commit, once the first is anchored */
	struct digest volatile_state; /* not zero: it was suspended, and is to be resumed */
	bool discard; /* it was suspended, but starts from its permanent state alone */
	uint8_t
	    key[AEAD_KEY_SIZE]; /* K_i: move to a struct secret, then secret_wipe() the message */
};

/* What a state is to its vTPM's run. */
enum state_kind {
	STATE_RUNS = 1,    /* more may follow */
	STATE_ENDS = 2,    /* the last one: no session state counts after it */
	STATE_SUSPENDS = 3 /* the last one, and it holds the volatile state too */
};

struct state_dirty {
	struct state_mark mark;
	uint8_t kind; /* enum state_kind */
	struct digest
	    volatile_state; /* SHA-256 of the volatile state; zero unless STATE_SUSPENDS */
};

enum state_stall {
	STALL_NOT = 0,
	STALL_FAILS = 1, /* the store or pTPM is known to fail */
	STALL_BUDGET = 2 /* this vTPM's commits of the day are used up */
};

/* epoch: of the session states that may follow this version; 0: none may. */
struct state_anchored {
	uint64_t version;
	uint64_t epoch;
};

struct state_resume {
	struct state_mark anchored;
	bool waiting;
	struct state_mark pending; /* if waiting */
};

struct rbuf;
struct wbuf;

/* A mark inside another message. */
void state_mark_put(struct wbuf *w, const struct state_mark *m);
void state_mark_get(struct rbuf *r, struct state_mark *out);

enum err state_key_encode(const struct state_key *m, uint8_t *out, size_t cap,
			  size_t *len) MUST_USE;
enum err state_key_decode(const uint8_t *in, size_t len, struct state_key *out) MUST_USE;
enum err state_mark_encode(const struct state_mark *m, uint8_t *out, size_t cap,
			   size_t *len) MUST_USE;
enum err state_mark_decode(const uint8_t *in, size_t len, struct state_mark *out) MUST_USE;
enum err state_resume_encode(const struct state_resume *m, uint8_t *out, size_t cap,
			     size_t *len) MUST_USE;
enum err state_resume_decode(const uint8_t *in, size_t len, struct state_resume *out) MUST_USE;
enum err state_dirty_encode(const struct state_dirty *m, uint8_t *out, size_t cap,
			    size_t *len) MUST_USE;
enum err state_dirty_decode(const uint8_t *in, size_t len, struct state_dirty *out) MUST_USE;
enum err state_anchored_encode(const struct state_anchored *m, uint8_t *out, size_t cap,
			       size_t *len) MUST_USE;
enum err state_anchored_decode(const uint8_t *in, size_t len, struct state_anchored *out) MUST_USE;
enum err state_freshness_encode(enum freshness_class c, uint8_t *out, size_t cap,
				size_t *len) MUST_USE;
enum err state_freshness_decode(const uint8_t *in, size_t len, enum freshness_class *out) MUST_USE;
enum err state_stall_encode(enum state_stall s, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err state_stall_decode(const uint8_t *in, size_t len, enum state_stall *out) MUST_USE;

#endif
