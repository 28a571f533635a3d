/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_client.h"

#include "lib/channel.h"
#include "lib/rbuf.h"
#include "tools/ctl/ctl_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ctl_client {
	struct channel *channel;
	uint32_t last_id;
};

static enum err connect_failed(struct ctl *c, enum err e)
{
	if (e == ERR_NOT_FOUND)
		return ctl_fail(c, ERR_UNAVAILABLE,
				"the manager is not running: there is no socket %s. Start it "
				"(systemctl start vtpmmgr), or name its socket with --socket",
				c->socket);
	if (e == ERR_UNAVAILABLE)
		return ctl_fail(c, ERR_UNAVAILABLE,
				"the manager is not running: nobody listens on %s. Start it "
				"(systemctl start vtpmmgr)",
				c->socket);
	if (e == ERR_DENIED)
		return ctl_fail(c, e, "no permission to talk to the manager on %s", c->socket);
	return ctl_fail(c, e, "cannot talk to the manager on %s: %s", c->socket, err_text(e));
}

static enum err open_client(struct ctl *c)
{
	struct ctl_client *client;
	enum err e;
	int fd;

	if (c->client)
		return ERR_OK;
	e = channel_connect(c->socket, &fd);
	if (e)
		return connect_failed(c, e);
	client = calloc(1, sizeof(*client));
	if (client)
		e = channel_new(fd, MSG_BODY_MAX, &client->channel);
	if (!client || e) {
		free(client);
		return connect_failed(c, e ? e : ERR_NO_MEMORY);
	}
	c->client = client;
	return ERR_OK;
}

void ctl_client_close(struct ctl *c)
{
	if (!c->client)
		return;
	channel_close(c->client->channel);
	free(c->client);
	c->client = NULL;
}

static enum err exchange(struct ctl *c, const struct ctl_request *rq, struct msg *m)
{
	struct msg request = {.type = (uint16_t)rq->type,
			      .id = ++c->client->last_id,
			      .body = rq->body,
			      .len = rq->len};
	struct ctl_progress *progress = ctl_progress_begin(rq->doing);
	enum err e = channel_call(c->client->channel, &request, rq->timeout_ms, m);

	ctl_progress_end(progress);
	if (e == ERR_TIMEOUT)
		return ctl_fail(c, e, "%s: the manager did not answer within %u seconds", rq->doing,
				rq->timeout_ms / 1000);
	if (e)
		return ctl_fail(c, e, "%s: the connection to the manager broke: %s", rq->doing,
				err_text(e));
	msg_close_fds(m);
	return ERR_OK;
}

static enum err refused(struct ctl *c, const struct admin_reply *reply)
{
	enum err e = err_from_wire(reply->err);

	snprintf(c->rule, sizeof(c->rule), "%s", reply->rule);
	return ctl_fail(c, e, "%s", reply->text[0] ? reply->text : err_text(e));
}

enum err ctl_client_bad_reply(struct ctl *c, enum err e)
{
	return ctl_fail(c, e,
			"cannot understand the manager's answer: it may be of another version "
			"than this vtpmctl");
}

enum err ctl_client_call(struct ctl *c, const struct ctl_request *rq, struct admin_reply *reply)
{
	struct msg m = {0};
	enum err e = open_client(c);

	if (!e)
		e = exchange(c, rq, &m);
	if (e)
		return e;
	if (m.type != ADMIN_REPLY)
		return ctl_client_bad_reply(c, ERR_FORMAT);
	e = admin_reply_decode(m.body, m.len, reply);
	if (e)
		return ctl_client_bad_reply(c, e);
	return reply->err ? refused(c, reply) : ERR_OK;
}

enum err ctl_client_call_name(struct ctl *c, enum admin_msg type, const char *doing,
			      const char *name, struct admin_reply *reply)
{
	uint8_t body[ADMIN_NAME_MAX + 3];
	char what[ADMIN_NAME_MAX + 64];
	struct ctl_request rq = {
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
	struct ctl_request rq = {.type = type, .doing = doing, .timeout_ms = CTL_QUICK_MS};

	return ctl_client_call(c, &rq, reply);
}

enum err ctl_client_vtpm(struct ctl *c, const struct admin_reply *reply, struct admin_vtpm *out)
{
	struct admin_vtpm v;
	struct rbuf r;
	enum err e;

	rbuf_init(&r, reply->body, reply->body_len);
	admin_vtpm_get(&r, &v);
	e = rbuf_end(&r);
	if (e)
		return ctl_client_bad_reply(c, e);
	*out = v;
	return ERR_OK;
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
