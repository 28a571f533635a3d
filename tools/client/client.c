/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/client.h"

#include "lib/channel.h"
#include "lib/rbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static enum err failed(struct client *c, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum err failed(struct client *c, enum err e, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->message, sizeof(c->message), format, ap);
	va_end(ap);
	return e;
}

const char *client_default_socket(void)
{
	const char *env = getenv("VTPMCTL_SOCKET");

	return env && *env ? env : RUNDIR "/admin";
}

static enum err connect_failed(struct client *c, enum err e)
{
	if (e == ERR_NOT_FOUND)
		return failed(c, ERR_UNAVAILABLE,
			      "the manager is not running: there is no socket %s. Start it "
			      "(systemctl start vtpmmgr), or name its socket with --socket",
			      c->socket);
	if (e == ERR_UNAVAILABLE)
		return failed(c, ERR_UNAVAILABLE,
			      "the manager is not running: nobody listens on %s. Start it "
			      "(systemctl start vtpmmgr)",
			      c->socket);
	if (e == ERR_DENIED)
		return failed(c, e, "no permission to talk to the manager on %s", c->socket);
	return failed(c, e, "cannot talk to the manager on %s: %s", c->socket, err_text(e));
}

static enum err open_channel(struct client *c)
{
	enum err e;
	int fd;

	if (c->channel)
		return ERR_OK;
	e = channel_connect(c->socket, &fd);
	if (!e)
		e = channel_new(fd, MSG_BODY_MAX, &c->channel);
	return e ? connect_failed(c, e) : ERR_OK;
}

void client_close(struct client *c)
{
	channel_close(c->channel);
	c->channel = NULL;
}

static enum err exchange(struct client *c, const struct client_request *rq, struct msg *m)
{
	struct msg request = {
	    .type = (uint16_t)rq->type, .id = ++c->last_id, .body = rq->body, .len = rq->len};
	enum err e = channel_call(c->channel, &request, rq->timeout_ms, m);

	if (e == ERR_TIMEOUT)
		return failed(c, e, "%s: the manager did not answer within %u seconds", rq->doing,
			      rq->timeout_ms / 1000);
	if (e)
		return failed(c, e, "%s: the connection to the manager broke: %s", rq->doing,
			      err_text(e));
	msg_close_fds(m);
	return ERR_OK;
}

static enum err refused(struct client *c, const struct admin_reply *reply)
{
	enum err e = err_from_wire(reply->err);

	snprintf(c->rule, sizeof(c->rule), "%s", reply->rule);
	return failed(c, e, "%s", reply->text[0] ? reply->text : err_text(e));
}

enum err client_bad_reply(struct client *c, enum err e)
{
	return failed(c, e,
		      "cannot understand the manager's answer: it may be of another version than "
		      "this program");
}

enum err client_call(struct client *c, const struct client_request *rq, struct admin_reply *reply)
{
	struct msg m = {0};
	enum err e = open_channel(c);

	c->rule[0] = '\0';
	if (!e)
		e = exchange(c, rq, &m);
	if (e)
		return e;
	if (m.type != ADMIN_REPLY)
		return client_bad_reply(c, ERR_FORMAT);
	e = admin_reply_decode(m.body, m.len, reply);
	if (e)
		return client_bad_reply(c, e);
	return reply->err ? refused(c, reply) : ERR_OK;
}

enum err client_vtpm(struct client *c, const struct admin_reply *reply, struct admin_vtpm *out)
{
	struct admin_vtpm v;
	struct rbuf r;
	enum err e;

	rbuf_init(&r, reply->body, reply->body_len);
	admin_vtpm_get(&r, &v);
	e = rbuf_end(&r);
	if (e)
		return client_bad_reply(c, e);
	*out = v;
	return ERR_OK;
}
