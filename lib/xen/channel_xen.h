/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel_xen: the transport of lib/channel between two Xen domains: one
 * libxenvchan, whose server grants the rings to one domain, and whose client
 * maps them from one domain. That is who the peer is; channel_peer() says it.
 *
 * Messages may be longer than the ring: header and body are streamed, one
 * message at a time each way. What comes out of the ring is copied once and
 * then parsed; a peer that writes nonsense into it ends this channel and
 * nothing else. Descriptors do not travel: a message with one is ERR_ARG.
 */
#ifndef LIB_XEN_CHANNEL_XEN_H
#define LIB_XEN_CHANNEL_XEN_H

#include "lib/channel.h"
#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A server's end: grants rings of this many bytes each way to domain peer, at path, which is
 * relative to the own domain's xenstore directory ("data/vtpmmgr/agent/keys"). What is sent
 * before the peer has come is queued, and it gets it. Where it does not come, nothing is said:
 * how long to wait is the caller's. The domain must be there: what was written for its number
 * before it was created, xenstore does not let it read. Blocks for a few round trips to xenstore.
 */
enum err channel_xen_serve(uint32_t peer, const char *path, size_t ring, size_t body_max,
			   struct channel **out) MUST_USE;

/*
 * A client's, at a server's path ("/local/domain/3/data/vtpmmgr/agent/keys"). ERR_NOT_FOUND while
 * nothing is there. Blocks for a few round trips to xenstore.
 */
enum err channel_xen_connect(uint32_t server, const char *path, size_t body_max,
			     struct channel **out) MUST_USE;

#endif
