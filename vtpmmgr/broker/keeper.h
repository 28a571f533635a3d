/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper: the broker's half of proto_keys. Requests go out with an id, and
 * what came of each is told to whoever asked, once, whatever happens.
 */
#ifndef VTPMMGR_KEEPER_H
#define VTPMMGR_KEEPER_H

#include "lib/channel.h"
#include "lib/loop.h"
#include "lib/proto_keys.h"

#include <stdbool.h>
#include <sys/queue.h>

/*
 * e and detail: the key keeper's word, or why there was none. reply: of a request
 * that is not answered by KEYS_DONE, its body; NULL if e says that something
 * went wrong.
 */
typedef void (*keeper_fn)(void *arg, enum err e, const char *detail, const struct msg *reply);

struct keeper_call;

struct keeper {
	struct loop *loop;
	struct channel *channel; /* NULL: no key keeper at present */
	uint32_t last_id;
	LIST_HEAD(, keeper_call) calls;
	/* The messages that it sends of itself, and its end. */
	channel_msg_fn on_msg;
	channel_gone_fn on_gone;
	void *arg;
};

void keeper_init(struct keeper *k, struct loop *l, channel_msg_fn on_msg, channel_gone_fn on_gone,
		 void *arg);

/* Takes fd over as the channel to a (new) key keeper. What the last one was asked is answered. */
enum err keeper_connect(struct keeper *k, int fd) MUST_USE;
/* Ends the channel; everything that is still unanswered gets ERR_UNAVAILABLE. */
void keeper_disconnect(struct keeper *k);

/* Asks; fn is called exactly once, also (before this returns) if it could not be sent. */
void keeper_ask(struct keeper *k, uint16_t type, const uint8_t *body, size_t len, keeper_fn fn,
		void *arg);

/* The same, but ERR_TIMEOUT after so long: for what can be done without. */
void keeper_ask_within(struct keeper *k, uint64_t ms, const struct msg *m, keeper_fn fn, void *arg);

/* Sends what has no answer. */
void keeper_tell(struct keeper *k, uint16_t type, const uint8_t *body, size_t len);

#endif
