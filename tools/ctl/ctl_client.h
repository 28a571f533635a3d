/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_client: vtpmctl's connection to the manager (tools/client): what fails becomes c's message.
 */
#ifndef TOOLS_CTL_CLIENT_H
#define TOOLS_CTL_CLIENT_H

#include "lib/proto_admin.h"
#include "tools/client/client.h"
#include "tools/ctl/ctl.h"

/* How long the quick requests and the slow ones (with work for the physical TPM) may take. */
#define CTL_QUICK_MS (10 * 1000)
#define CTL_SLOW_MS  (120 * 1000)

/* client_call(); rq->doing is shown while it takes longer than a second. */
enum err ctl_client_call(struct ctl *c, const struct client_request *rq,
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

/* A request that names one vTPM and is answered with it. */
enum err ctl_client_ask_vtpm(struct ctl *c, enum admin_msg type, const char *doing,
			     const char *name, struct admin_vtpm *out) MUST_USE;

/* Asks for every vTPM that the caller may see; *out is the caller's to free. */
enum err ctl_client_list(struct ctl *c, struct admin_vtpm **out, size_t *count) MUST_USE;

/* Asks for the loaded policy's text; *text is the caller's to free. */
enum err ctl_client_policy(struct ctl *c, char **text, size_t *len) MUST_USE;

#endif
