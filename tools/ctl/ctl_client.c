/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_client.h"

#include "lib/rbuf.h"
#include "tools/ctl/ctl_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err reported(struct ctl *c, enum err e)
{
	if (!e)
		return e;
	snprintf(c->rule, sizeof(c->rule), "%s", c->client.rule);
	return ctl_fail(c, e, "%s", c->client.message);
}

enum err ctl_client_bad_reply(struct ctl *c, enum err e)
{
	return reported(c, client_bad_reply(&c->client, e));
}

enum err ctl_client_call(struct ctl *c, const struct client_request *rq, struct admin_reply *reply)
{
	struct ctl_progress *progress = ctl_progress_begin(rq->doing);
	enum err e = client_call(&c->client, rq, reply);

	ctl_progress_end(progress);
	return reported(c, e);
}

enum err ctl_client_call_name(struct ctl *c, enum admin_msg type, const char *doing,
			      const char *name, struct admin_reply *reply)
{
	uint8_t body[ADMIN_NAME_MAX + 3];
	char what[ADMIN_NAME_MAX + 64];
	struct client_request rq = {
	    .type = type, .doing = what, .body = body, .timeout_ms = CTL_SLOW_MS};

	if (strlen(name) > ADMIN_NAME_MAX || !name[0] ||
	    admin_name_encode(name, body, sizeof(body), &rq.len))
		return ctl_fail(c, ERR_ARG, "a name has 1 to %d characters", ADMIN_NAME_MAX);
	snprintf(what, sizeof(what), "%s %s", doing, name);
	return ctl_client_call(c, &rq, reply);
}

enum err ctl_client_call_empty(struct ctl *c, enum admin_msg type, const char *doing,
			       struct admin_reply *reply)
{
	struct client_request rq = {.type = type, .doing = doing, .timeout_ms = CTL_QUICK_MS};

	return ctl_client_call(c, &rq, reply);
}

enum err ctl_client_vtpm(struct ctl *c, const struct admin_reply *reply, struct admin_vtpm *out)
{
	return reported(c, client_vtpm(&c->client, reply, out));
}

enum err ctl_client_ask_vtpm(struct ctl *c, enum admin_msg type, const char *doing,
			     const char *name, struct admin_vtpm *out)
{
	struct admin_reply reply;
	enum err e = ctl_client_call_name(c, type, doing, name, &reply);

	return e ? e : ctl_client_vtpm(c, &reply, out);
}

enum err ctl_client_list(struct ctl *c, struct admin_vtpm **out, size_t *count)
{
	struct admin_reply reply;
	struct admin_vtpm *list;
	struct rbuf r;
	size_t n;
	enum err e = ctl_client_call_empty(c, ADMIN_LIST, "listing vTPMs", &reply);

	if (e)
		return e;
	rbuf_init(&r, reply.body, reply.body_len);
	n = rbuf_u16(&r);
	if (!rbuf_require(&r, n <= LEAVES_MAX))
		return ctl_client_bad_reply(c, ERR_FORMAT);
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		admin_vtpm_get(&r, &list[i]);
	e = rbuf_end(&r);
	if (e) {
		free(list);
		return ctl_client_bad_reply(c, e);
	}
	*out = list;
	*count = n;
	return ERR_OK;
}

enum err ctl_client_policy(struct ctl *c, char **text, size_t *len)
{
	struct admin_reply reply;
	enum err e = ctl_client_call_empty(c, ADMIN_POLICY_GET, "reading the policy", &reply);
	char *copy;

	if (e)
		return e;
	copy = malloc((size_t)reply.body_len + 1);
	if (!copy)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	if (reply.body_len > 0)
		memcpy(copy, reply.body, reply.body_len);
	copy[reply.body_len] = '\0';
	*text = copy;
	*len = reply.body_len;
	return ERR_OK;
}
