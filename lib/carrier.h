/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * carrier: whole messages of one conversation between two processes that are
 * not on one host. Each side has a carrier: a ring to the other one (any
 * struct channel), and at times a unix end, whose messages it puts on the ring
 * and back. It looks into none of them; nothing in it is worth stealing.
 *
 * One side is the opener: it says when a conversation begins. The other, the
 * follower, makes its unix end then. A conversation that ends, on either side
 * and for whatever reason, ends on the other too; the ring stays for the next.
 * What was under way of an older one is dropped, never given to a newer one.
 *
 * A unix end that sends one of the carriers' own messages, or a descriptor that
 * no one has taken, is closed. A ring on which the peer breaks these rules is
 * gone: ops->gone.
 */
#ifndef LIB_CARRIER_H
#define LIB_CARRIER_H

#include "lib/channel.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "lib/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct carrier;

/* Called from the loop alone; each may call carrier_free(). */
struct carrier_ops {
	/*
	 * Follower: makes the unix end of conversation n, which the carrier owns from then on. On
	 * an error the peer is told that there is none. NULL: an opener.
	 */
	enum err (*open)(void *arg, uint32_t n, int *fd);
	/*
	 * A message from the unix end, before it goes to the ring; here descriptors are taken out
	 * of it. *drop: it goes nowhere. An error ends the conversation. NULL: all go to the ring.
	 */
	enum err (*outgoing)(void *arg, struct msg *m, bool *drop);
	/*
	 * The unix end has gone by itself. True: the owner will say by carrier_close_end() how it
	 * ended, when he knows; until then the peer hears nothing. NULL, or false: it is told now.
	 */
	bool (*lost)(void *arg);
	/*
	 * The conversation has ended, and not by this side's carrier_open() or
	 * carrier_close_end(). how, code: as the peer's carrier_close_end() had them; 0 and 0 if
	 * an end just went away, this one or the peer's. May be NULL.
	 */
	void (*closed)(void *arg, uint8_t how, uint8_t code);
	/* The ring is gone, or broken (ERR_FORMAT, ERR_DENIED), and with it the unix end. */
	void (*gone)(void *arg, enum err why);
};

/* Owns ring, also on failure; its unix ends take bodies up to body_max. */
enum err carrier_new(struct loop *l, struct channel *ring, size_t body_max,
		     const struct carrier_ops *ops, void *arg, struct carrier **out) MUST_USE;

/*
 * Opener: a new conversation, with fd (owned, also on failure) as this side's end. One that is
 * open is closed first. ERR_STATE for a follower, ERR_EOF and the like once the ring is gone.
 */
enum err carrier_open(struct carrier *c, int fd) MUST_USE;

/* Ends the conversation, if there is one, and tells the peer how (enum super_how, or 0). */
void carrier_close_end(struct carrier *c, uint8_t how, uint8_t code);

/* Closes ring and unix end; NULL is fine. */
void carrier_free(struct carrier *c);

#endif
