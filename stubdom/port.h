/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port: a listening unix socket of the TPM emulator protocol, and those who are
 * connected to it. It brings bytes together to whole requests, in bounded memory
 * and time; what a request is, and what becomes of it, is its owner's to say.
 */
#ifndef STUBDOM_PORT_H
#define STUBDOM_PORT_H

#include "lib/err.h"
#include "lib/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_CLIENTS 4

struct port_client;

struct port_ops {
	/*
	 * Handles one whole request at the start of the buffer, of *used bytes. ERR_AGAIN: it
	 * is not whole yet. ERR_STATE: later, see port_resume(). Any other error: the client is
	 * closed.
	 */
	enum err (*serve)(struct port_client *c, size_t *used);
	/* Optional. An error: it is not admitted. */
	enum err (*admitted)(struct port_client *c);
	/* Optional: about to be closed. */
	void (*closed)(struct port_client *c);
};

struct port {
	struct loop *loop;
	const struct port_ops *ops;
	void *arg;
	size_t buffer;  /* bytes of the longest request */
	size_t max;     /* clients at once, at most PORT_CLIENTS; the next ones wait */
	bool takes_fds; /* a descriptor may come with a request */
	int fd;         /* listening; the caller's */
	struct loop_source *source;
	struct port_client *clients[PORT_CLIENTS];
};

struct port_client {
	struct port *port;
	int fd;
	int passed; /* a descriptor that came, until its request takes it; -1: none */
	struct loop_source *source;
	struct loop_timer *timer; /* runs while a request is incomplete */
	bool paused;              /* not read: its request has to wait */
	bool owed;                /* not read: its last request is still to be answered */
	size_t have;
	uint8_t buf[];
};

enum err port_open(struct port *p) MUST_USE;
void port_close(struct port *p);

size_t port_count(const struct port *p);

/* Takes a connection (owned from now on) as a client. ERR_FULL: there are max of them. */
enum err port_admit(struct port *p, int fd) MUST_USE;

/* Goes on with those whose requests had to wait. */
void port_resume(struct port *p);

/* A client that leaves so many responses unread that one does not fit is not waited for: ERR_EOF.
 */
enum err port_send(const struct port_client *c, const uint8_t *bytes, size_t len) MUST_USE;

/* Drops len bytes at the start of the buffer and goes on with the next request. */
void port_skip(struct port_client *c, size_t len);

void port_client_close(struct port_client *c);

#endif
