/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client: one connection to the manager's admin socket, one request at a time.
 * What vtpmctl and the libvirt hook share; it prints nothing.
 */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include "lib/proto_admin.h"

struct client_request {
	enum admin_msg type;
	const char *doing; /* "starting vTPM bank": how a failure begins */
	const uint8_t *body;
	size_t len;
	unsigned timeout_ms;
};

/* Set socket, and zero the rest. */
struct client {
	const char *socket;
	struct channel *channel; /* NULL until the first request */
	uint32_t last_id;
	/* Of the last call that failed: a sentence, and the policy's rule if one was told. */
	char rule[ADMIN_RULE_MAX + 1];
	char message[1024];
};

/* VTPMCTL_SOCKET, else the socket that is built in. */
const char *client_default_socket(void);

/*
 * Connects if need be, asks, and waits. A refusal's error, and that of a manager that is not
 * there, is returned; message says it in words. The reply's body lives until the next call.
 */
enum err client_call(struct client *c, const struct client_request *rq,
		     struct admin_reply *reply) MUST_USE;

/* Decodes a reply of exactly one vTPM. */
enum err client_vtpm(struct client *c, const struct admin_reply *reply,
		     struct admin_vtpm *out) MUST_USE;

/* What the reply holds does not decode: another version's manager. Returns e. */
enum err client_bad_reply(struct client *c, enum err e) MUST_USE;

void client_close(struct client *c);

#endif
