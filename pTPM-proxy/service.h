/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * service: whose turn it is at the TPM. One exchange at a time over all peers,
 * in the order in which they asked; and between them, whenever something may
 * have been left behind, a sweep (sweep.h) before anybody else is served.
 */
#ifndef PTPM_PROXY_SERVICE_H
#define PTPM_PROXY_SERVICE_H

#include "lib/err.h"
#include "lib/loop.h"
#include "pTPM-proxy/claims.h"
#include "pTPM-proxy/command.h"
#include "pTPM-proxy/tcti.h"

#include <sys/queue.h>

struct service;

/* One peer's place in the service; part of struct peer, zero at first. */
struct client {
	TAILQ_ENTRY(client) all;
	TAILQ_ENTRY(client) waiting;
	struct claims claims;
	/* The command that waits or is being served; bytes belong to the peer. */
	struct command command;
	const uint8_t *bytes;
	size_t len;
	bool is_waiting;
	/* The answer: a response if e is ERR_OK. */
	void (*answer)(struct client *c, enum err e, const uint8_t *response, size_t len);
};

/* tcti must outlive the result. */
enum err service_new(struct loop *l, const struct tcti *tcti, unsigned timeout_ms,
		     struct service **out) MUST_USE;
/* After all its clients have left. */
void service_free(struct service *s);

void service_join(struct service *s, struct client *c);

/*
 * Forgets the client: a command that waits is dropped, one that is out is
 * finished and its answer thrown away, and what it owned is flushed.
 */
void service_leave(struct service *s, struct client *c);

/* Puts the client in the queue; c->answer follows, possibly at once. Not while one is out. */
void service_submit(struct service *s, struct client *c);

#endif
