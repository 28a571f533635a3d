/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel_ops: what a transport does for lib/channel. A transport carries
 * whole messages, header and body, in order; it never blocks and keeps no
 * queue. channel does the rest: headers, bounds, queue, callbacks.
 */
#ifndef LIB_CHANNEL_OPS_H
#define LIB_CHANNEL_OPS_H

#include "lib/channel.h"

struct channel_link;

/* What one receive yielded: bytes lie in the caller's buffer, fds belong to the caller. */
struct channel_frame {
	size_t len;
	int fds[MSG_FDS_MAX];
	size_t nfds;
};

struct channel_ops {
	/*
	 * ERR_AGAIN: no room now, or for a part of it only: the same message comes again, before
	 * any other. ERR_EOF: the peer is gone. ERR_TOO_BIG: can never be sent.
	 */
	enum err (*send)(struct channel_link *link, const uint8_t header[MSG_HEADER_SIZE],
			 const struct msg *m);
	/*
	 * ERR_AGAIN: nothing there, or only out->len bytes of it: the same buffer comes again with
	 * them in it. ERR_FORMAT: larger than cap, or more descriptors than allowed.
	 */
	enum err (*recv)(struct channel_link *link, uint8_t *buf, size_t cap,
			 struct channel_frame *out);
	enum err (*peer)(const struct channel_link *link, struct channel_peer *out);
	/* Ends both directions: the peer sees the end, link->fd becomes and stays readable. */
	void (*shut)(struct channel_link *link);
	/*
	 * After shut(), for the next peer: what it has is as new. ERR_STATE: the last one has not
	 * left yet. NULL: a peer cannot be replaced.
	 */
	enum err (*renew)(struct channel_link *link);
	/* Closes and frees. */
	void (*close)(struct channel_link *link);
};

/* The first member of every transport's own struct. */
struct channel_link {
	const struct channel_ops *ops;
	/*
	 * Polls readable while there is something to receive. Where room to send does not make it
	 * writable, it must make it readable once; recv follows then, and after it send.
	 */
	int fd;
};

/* A channel over link, which it owns, also on failure. */
enum err channel_over(struct channel_link *link, size_t body_max, struct channel **out) MUST_USE;

#endif
