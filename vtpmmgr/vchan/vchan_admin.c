/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections of dom0's vtpmctl, many over one ring: for each a connection to the broker's
 * admin socket, made as the user whom dom0's kernel named. The broker sees him by SO_PEERCRED, as
 * it sees anybody.
 */
#include "lib/channel.h"
#include "lib/isolation.h"
#include "lib/log.h"
#include "lib/proto_agent.h"
#include "lib/proto_super.h"
#include "lib/xen/channel_xen.h"
#include "vtpmmgr/vchan/vchan.h"
#include "vtpmmgr/vchan/vchan_sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#define SUPER_BODY   64
#define ADMIN_SOCKET "/admin" /* the run directory is the root */

struct client {
	LIST_ENTRY(client) link;
	struct admin *admin;
	uint32_t number;
	struct channel *channel;
};

struct admin {
	struct loop *loop;
	struct channel *agent;
	struct channel *super;
	LIST_HEAD(, client) clients;
	unsigned nclients;
	uint32_t last; /* the newest client's number */
	int code;
};

/* ---- to the agent --------------------------------------------------------------------------- */

/* A ring that takes nothing more has ended: that follows from the loop. */
static void tell(struct admin *a, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	(void)!channel_send(a->agent, &m);
}

static void tell_gone(struct admin *a, uint32_t number)
{
	uint8_t body[8];
	size_t len;

	if (agent_client_gone_encode(number, body, sizeof(body), &len) == ERR_OK)
		tell(a, AGENT_CLIENT_GONE, body, len);
}

static void drop(struct client *c)
{
	LIST_REMOVE(c, link);
	c->admin->nclients--;
	channel_close(c->channel);
	free(c);
}

static void end(struct client *c)
{
	tell_gone(c->admin, c->number);
	drop(c);
}

static enum err on_reply(void *arg, struct msg *m)
{
	struct client *c = arg;
	const struct agent_message reply = {.client = c->number,
					    .type = m->type,
					    .id = m->id,
					    .len = (uint32_t)m->len,
					    .body = m->body};
	uint8_t *body;
	size_t len;
	enum err e;

	body = malloc(MSG_BODY_MAX);
	if (!body)
		return ERR_NO_MEMORY;
	e = agent_message_encode(&reply, body, MSG_BODY_MAX, &len);
	if (!e)
		tell(c->admin, AGENT_REPLY, body, len);
	free(body);
	return e;
}

static void on_client_gone(void *arg, enum err why)
{
	(void)why;
	end(arg);
}

/* ---- from the agent ------------------------------------------------------------------------- */

static enum err become(uid_t uid, gid_t gid)
{
	if (setresgid((gid_t)-1, gid, (gid_t)-1) != 0 || setresuid((uid_t)-1, uid, (uid_t)-1) != 0)
		return err_from_errno(errno);
	return ERR_OK;
}

/* Only the effective ids change, and only for this call; what it cannot change back ends it. */
static enum err connect_as(uid_t uid, gid_t gid, int *fd)
{
	const uid_t own_uid = getuid();
	const gid_t own_gid = getgid();
	enum err e = become(uid, gid);

	if (!e)
		e = channel_connect(ADMIN_SOCKET, fd);
	if (become(own_uid, own_gid) != ERR_OK)
		_exit(EXIT_FAILURE);
	return e;
}

static enum err serve(struct client *c, const struct agent_client *who)
{
	int fd = -1;
	enum err e = connect_as(who->uid, who->gid, &fd);

	if (!e)
		e = channel_new(fd, MSG_BODY_MAX, &c->channel);
	return e ? e : channel_attach(c->channel, c->admin->loop, on_reply, on_client_gone, c);
}

static enum err on_client(void *ctx, struct msg *m)
{
	struct admin *a = ctx;
	struct agent_client who;
	struct client *c;
	enum err e = agent_client_decode(m->body, m->len, &who);

	if (!e && (who.client <= a->last || a->nclients == AGENT_CLIENTS_MAX))
		e = ERR_DENIED;
	if (e)
		return e;
	a->last = who.client;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	*c = (struct client){.admin = a, .number = who.client};
	LIST_INSERT_HEAD(&a->clients, c, link);
	a->nclients++;
	e = serve(c, &who);
	if (e) {
		log_warning("no connection for uid %u of dom0: %s", (unsigned)who.uid, err_text(e));
		end(c);
	}
	return ERR_OK;
}

static struct client *find(const struct admin *a, uint32_t number)
{
	struct client *c;

	LIST_FOREACH(c, &a->clients, link)
	if (c->number == number)
		return c;
	return NULL;
}

/* One that is not there any more was ended here, and the agent had not heard yet. */
static enum err on_request(void *ctx, struct msg *m)
{
	struct admin *a = ctx;
	struct agent_message request;
	struct msg out;
	struct client *c;
	enum err e = agent_message_decode(m->body, m->len, &request);

	if (!e && request.client > a->last)
		e = ERR_DENIED;
	if (e)
		return e;
	c = find(a, request.client);
	out = (struct msg){
	    .type = request.type, .id = request.id, .body = request.body, .len = request.len};
	if (c && channel_send(c->channel, &out) != ERR_OK)
		end(c);
	return ERR_OK;
}

static enum err on_gone_there(void *ctx, struct msg *m)
{
	struct admin *a = ctx;
	struct client *c;
	uint32_t number = 0;
	enum err e = agent_client_gone_decode(m->body, m->len, &number);

	c = e ? NULL : find(a, number);
	if (c)
		drop(c);
	return e;
}

/* What it says of Xen is for the manager. */
static enum err on_isolation(void *ctx, struct msg *m)
{
	const struct admin *a = ctx;
	const struct msg out = {.type = SUPER_ISOLATION, .body = m->body, .len = m->len};
	enum isolation told;
	enum err e = isolation_decode(m->body, m->len, &told);

	return e ? e : channel_send(a->super, &out);
}

static const struct msg_rule rules[] = {
    {AGENT_CLIENT, "AGENT_CLIENT", MSG_ANY_STATE, 12, 12, 0, on_client},
    {AGENT_REQUEST, "AGENT_REQUEST", MSG_ANY_STATE, 1, MSG_BODY_MAX, 0, on_request},
    {AGENT_CLIENT_GONE, "AGENT_CLIENT_GONE", MSG_ANY_STATE, 4, 4, 0, on_gone_there},
    {AGENT_ISOLATION, "AGENT_ISOLATION", MSG_ANY_STATE, 1, 1, 0, on_isolation},
};

static enum err on_agent_msg(void *arg, struct msg *m)
{
	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), 0, arg, m);
}

/* A new ring takes a new process: this one cannot reach xenstore any more. */
static void on_agent_gone(void *arg, enum err why)
{
	struct admin *a = arg;

	log_warning("vtpmmgr-agent has gone away: %s", err_text(why));
	a->code = EXIT_FAILURE;
	loop_stop(a->loop);
}

static enum err on_super_msg(void *arg, struct msg *m)
{
	(void)arg, (void)m;
	return ERR_DENIED;
}

/* Death with the parent does not outlive a change of uid. */
static void on_super_gone(void *arg, enum err why)
{
	struct admin *a = arg;

	(void)why;
	loop_stop(a->loop);
}

static enum err run(struct admin *a)
{
	enum err e = channel_new(FD_SUPER, SUPER_BODY, &a->super);

	if (!e)
		e = channel_attach(a->super, a->loop, on_super_msg, on_super_gone, a);
	if (!e)
		e = channel_attach(a->agent, a->loop, on_agent_msg, on_agent_gone, a);
	return e ? e : loop_run(a->loop);
}

int vchan_admin(const struct child_args *args, char *const argv[])
{
	struct admin a = {.code = EXIT_SUCCESS};
	enum err e = loop_new(&a.loop);

	(void)argv;
	LIST_INIT(&a.clients);
	if (!e)
		e = channel_xen_serve(VCHAN_AGENT, VCHAN_PATH "agent/admin", VCHAN_AGENT_RING,
				      MSG_BODY_MAX, &a.agent);
	if (!e)
		e = vchan_sandbox_enter_admin(args);
	if (!e)
		e = run(&a);
	if (e)
		log_error("vtpmctl's connections: %s", err_text(e));
	return e ? EXIT_FAILURE : a.code;
}
