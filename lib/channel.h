/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel: whole messages between two processes; the seam under which a unix
 * SEQPACKET socket lies on one host, and a Xen vchan between domains.
 *
 * Nothing here blocks, except channel_call(). What the peer does not read is
 * queued up to a bound; a peer that lets the queue overflow is closed. Which
 * peer speaks is known from the channel itself (who made it, SO_PEERCRED),
 * never from a message.
 */
#ifndef LIB_CHANNEL_H
#define LIB_CHANNEL_H

#include "lib/err.h"
#include "lib/loop.h"
#include "lib/msg.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHANNEL_QUEUE_MAX   (4 * 1024 * 1024) /* bytes waiting to be sent */
#define CHANNEL_TIMEOUT_MAX 3600000           /* ms of one channel_call() */

struct channel;

#define CHANNEL_THIS_DOMAIN 0x7ff0 /* Xen's DOMID_SELF */

/* Who is at the other end, as the kernel or the hypervisor says. */
struct channel_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	uint32_t
	    domid; /* of another Xen domain, and the others are all ones; or CHANNEL_THIS_DOMAIN */
};

/*
 * Called for every message; m->body is valid during the call only, and then
 * wiped. Descriptors not taken by msg_take_fd() are closed. An error ends the
 * channel: on_gone is called with it.
 */
typedef enum err (*channel_msg_fn)(void *arg, struct msg *m);
/*
 * Called once, from the loop, when the channel has become unusable; the owner
 * calls channel_close() then or later. why: ERR_EOF, ERR_FORMAT (the peer sent
 * rubbish), ERR_FULL (it did not read), or what on_msg returned.
 */
typedef void (*channel_gone_fn)(void *arg, enum err why);

/* Two connected unix SEQPACKET descriptors, close-on-exec, buffers sized for MSG_BODY_MAX. */
enum err channel_pair(int fds[2]) MUST_USE;

/*
 * A listening unix SEQPACKET socket at path with this mode (never another one,
 * not for a moment; single-threaded callers only). Replaces a stale one;
 * ERR_EXISTS if somebody listens there, or something else than a socket is.
 */
enum err channel_listen(const char *path, mode_t mode, int *fd) MUST_USE;

/* Connects to a listening one. ERR_UNAVAILABLE if nobody listens, ERR_NOT_FOUND if nothing is
 * there. */
enum err channel_connect(const char *path, int *fd) MUST_USE;

/* The next connection of a listener; ERR_AGAIN if there is none. */
enum err channel_accept(int listener, int *fd) MUST_USE;

/* Takes ownership of fd, also on failure. No system call: fine in any sandbox. body_max: the
 * longest body accepted, at most MSG_BODY_MAX. */
enum err channel_new(int fd, size_t body_max, struct channel **out) MUST_USE;

/* Closes and frees; NULL is fine. Safe inside the channel's own callbacks. */
void channel_close(struct channel *c);

enum err channel_peer(const struct channel *c, struct channel_peer *out) MUST_USE;

/* Serves the channel from the loop from now on. */
enum err channel_attach(struct channel *c, struct loop *l, channel_msg_fn on_msg,
			channel_gone_fn on_gone, void *arg) MUST_USE;

/*
 * Of one that has become unusable: what it was at first, for the next peer at the same place; to be
 * attached again. What was still to be sent is lost. ERR_STATE: it is usable, the peer has not
 * left, or the transport knows no next peer: a server's, of channel_xen, does.
 */
enum err channel_renew(struct channel *c) MUST_USE;

/*
 * Sends or queues. The descriptors in m are duplicated by the kernel; the
 * caller still owns his. ERR_EOF: the peer is gone; ERR_FULL: its queue has
 * overflowed (on_gone follows if attached). ERR_TOO_BIG: not this message.
 */
enum err channel_send(struct channel *c, const struct msg *m) MUST_USE;

/* Bytes that wait for the peer to read, at most CHANNEL_QUEUE_MAX. */
size_t channel_waiting(const struct channel *c);

/*
 * Reads one message if there is one: ERR_AGAIN if not. For a channel that is not
 * attached. body lives until the next receive, m's descriptors are the caller's.
 */
enum err channel_recv(struct channel *c, struct msg *m) MUST_USE;

/*
 * Sends and waits for the reply with the same id (a channel that is not
 * attached): for clients, and for the key keeper towards the pTPM. Messages
 * with another id are dropped. ERR_TIMEOUT after timeout_ms (at most CHANNEL_TIMEOUT_MAX).
 */
enum err channel_call(struct channel *c, const struct msg *request, unsigned timeout_ms,
		      struct msg *reply) MUST_USE;

#endif
