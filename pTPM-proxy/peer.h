/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer: one connection of a role, from the moment the kernel said who it is.
 * Whatever a peer sends, it can hurt only itself.
 */
#ifndef PTPM_PROXY_PEER_H
#define PTPM_PROXY_PEER_H

#include "lib/err.h"
#include "lib/loop.h"
#include "pTPM-proxy/allow.h"
#include "pTPM-proxy/service.h"

#include <sys/queue.h>
#include <sys/types.h>

#define PEERS_MAX 16

struct peer;

/* Everybody who is connected. */
struct peers {
	struct loop *loop;
	struct service *service;
	uid_t uid; /* the only one that may connect */
	LIST_HEAD(, peer) list;
	unsigned n;
};

/* Takes ownership of fd, also on failure. ERR_DENIED: the wrong uid. ERR_FULL: PEERS_MAX. */
enum err peer_add(struct peers *all, int fd, enum allow_role role) MUST_USE;

/* Disconnects everybody. */
void peers_close(struct peers *all);

#endif
