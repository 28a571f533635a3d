/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admin: the admin socket. A client is who the kernel says; it has one request
 * at a time, a limited number of connections, and does not stay for ever.
 */
#ifndef VTPMMGR_ADMIN_H
#define VTPMMGR_ADMIN_H

#include "lib/err.h"
#include "lib/msg.h"
#include "policy/policy.h"

#define ADMIN_CLIENTS     256 /* together, of which the last ones are root's */
#define ADMIN_CLIENTS_UID 8   /* of one uid other than root */
#define ADMIN_FIRST_MS    10000
#define ADMIN_IDLE_MS     60000
/* How long a request waits for a key keeper that is about to be there. */
#define ADMIN_DEFER_MS 10000

struct admin;
struct broker;
struct client;
struct request;
struct vtpm;

/* Accepts clients on this listening descriptor (not owned) from now on. */
enum err admin_new(struct broker *b, int listening, struct admin **out) MUST_USE;
void admin_free(struct admin *a);

/* What requests wait for may have come true. */
void admin_kick(struct admin *a);
/* v is running or stopped, or was started again in vain: tell those who wait for it. */
void admin_settled(struct admin *a, const struct vtpm *v, enum err why);

/* A client over a connected descriptor, which it takes over. */
enum err admin_add_client(struct admin *a, int fd) MUST_USE;

/* For request.c: the answer of a client's request, which is over. */
void admin_answer(struct client *c, uint32_t id, const uint8_t *body, size_t len);
/* Takes a finished request out of what is pending. */
void admin_forget(struct request *q);

#endif
