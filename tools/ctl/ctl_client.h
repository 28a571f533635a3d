/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_client: one connection to the manager's admin socket, one request at a time. */
#ifndef TOOLS_CTL_CLIENT_H
#define TOOLS_CTL_CLIENT_H

#include "lib/proto_admin.h"
#include "tools/ctl/ctl.h"

struct ctl_request {
	enum admin_msg type;
	const char *doing; /* "starting vTPM bank": shown while it takes longer than a second */
	const uint8_t *body;
	size_t len;
	unsigned timeout_ms;
};

/* How long the quick requests and the slow ones (with work for the physical TPM) may take. */
#define CTL_QUICK_MS (10 * 1000)
#define CTL_SLOW_MS  (120 * 1000)

/*
 * Connects if need be, asks, and waits. Any refusal, and a manager that is
 * not there, has become c's message. The reply's body lives until the next call.
 */
enum err ctl_client_call(struct ctl *c, const struct ctl_request *rq,
			 struct admin_reply *reply) MUST_USE;

/* The same for a request whose body is a name alone, and for one without a body. */
enum err ctl_client_call_name(struct ctl *c, enum admin_msg type, const char *doing,
			      const char *name, struct admin_reply *reply) MUST_USE;
enum err ctl_client_call_empty(struct ctl *c, enum admin_msg type, const char *doing,
			       struct admin_reply *reply) MUST_USE;

/* What the reply holds does not decode: another version's manager. */
enum err ctl_client_bad_reply(struct ctl *c, enum err e) MUST_USE;

/* Decodes a reply of exactly one vTPM. */
enum err ctl_client_vtpm(struct ctl *c, const struct admin_reply *reply,
			 struct admin_vtpm *out) MUST_USE;

/* Asks for every vTPM that the caller may see; *out is the caller's to free. */
enum err ctl_client_list(struct ctl *c, struct admin_vtpm **out, size_t *count) MUST_USE;

/* Asks for the loaded policy's text; *text is the caller's to free. */
enum err ctl_client_policy(struct ctl *c, char **text, size_t *len) MUST_USE;

void ctl_client_close(struct ctl *c);

#endif
