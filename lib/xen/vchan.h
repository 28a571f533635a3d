/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vchan: how two domains come to share a libxenvchan. Its own set-up has no
 * room for paths as long as ours, frees what it has not set when something
 * fails, and joins a ring that somebody else uses already; from then on the
 * library's reading, writing and closing serve.
 *
 * The server's node in xenstore (lib/xen/vchan_node.h) is readable by the peer
 * alone. Its tag stands in the control page as well: a node that outlived its
 * server names a grant that may be another ring's now.
 */
#ifndef LIB_XEN_VCHAN_H
#define LIB_XEN_VCHAN_H

#include "lib/err.h"

#include <libxenvchan.h>
#include <stddef.h>
#include <stdint.h>

#define VCHAN_RING_MAX (64 * 1024)

/*
 * Grants rings of at least this many bytes each way to domain peer; up to 1024 take no page
 * beside the control page. ERR_DENIED, ERR_IO: the hypervisor's answer. libxenvchan_close() ends
 * it; the node stays, and is of no use to anybody.
 */
enum err vchan_serve(uint32_t peer, const char *path, size_t ring,
		     struct libxenvchan **out) MUST_USE;

/*
 * A server's: when its client has gone, the same rings, empty, at the same path, for the next one.
 * Needs nothing of xenstore. ERR_STATE: the client is there, or this is one.
 */
enum err vchan_offer_again(struct libxenvchan *v) MUST_USE;

/* ERR_NOT_FOUND: nothing there, or something that nobody serves any more, or somebody else has. */
enum err vchan_join(uint32_t server, const char *path, struct libxenvchan **out) MUST_USE;

#endif
