/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_admin.h"

#include "lib/isolation.h"
#include "lib/log.h"
#include "lib/proto_admin.h"
#include "lib/proto_agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_UID  8             /* of one uid other than root */
#define CLIENTS_ROOT 8             /* kept for root: the one who has to find out what goes on */
#define BACKLOG_MAX  (1024 * 1024) /* bytes that wait for the manager before clients are refused */

struct client {
	LIST_ENTRY(client) link;
	struct agent_admin *admin;
	struct channel *channel;
	struct agent_client who;
	bool asked; /* and has no answer yet */
};

struct agent_admin {
	struct agent *agent;
	int listening;
	struct loop_source *source;
	struct channel *ring; /* NULL: the manager is not there */
	LIST_HEAD(, client) clients;
	uint32_t last; /* client number */
};

/* ---- to the manager ------------------------------------------------------------------------- */

/* A failure is not handled here: on_ring_gone() follows. */
static void tell(struct agent_admin *m, uint16_t type, const uint8_t *body, size_t len)
{
	struct msg msg = {.type = type, .body = body, .len = len};
	enum err e = m->ring ? channel_send(m->ring, &msg) : ERR_OK;

	if (e)
		log_debug("admin ring: %s", err_name(e));
}

static void tell_client(struct agent_admin *m, const struct agent_client *who)
{
	uint8_t body[16];
	size_t len;

	if (agent_client_encode(who, body, sizeof(body), &len) == ERR_OK)
		tell(m, AGENT_CLIENT, body, len);
}

static void tell_gone(struct agent_admin *m, uint32_t client)
{
	uint8_t body[8];
	size_t len;

	if (agent_client_gone_encode(client, body, sizeof(body), &len) == ERR_OK)
		tell(m, AGENT_CLIENT_GONE, body, len);
}

static enum err tell_request(struct client *c, const struct msg *m)
{
	const struct agent_message r = {.client = c->who.client,
					.type = m->type,
					.id = m->id,
					.len = (uint32_t)m->len,
					.body = m->body};
	uint8_t *body = malloc(MSG_BODY_MAX);
	size_t len;
	enum err e = body ? agent_message_encode(&r, body, MSG_BODY_MAX, &len) : ERR_NO_MEMORY;

	if (!e)
		tell(c->admin, AGENT_REQUEST, body, len);
	free(body);
	return e;
}

static void tell_isolation(struct agent_admin *m)
{
	static const enum isolation modes[] = {
	    [XSM_UNKNOWN] = ISOLATION_UNKNOWN,
	    [XSM_SILO] = ISOLATION_SILO,
	    [XSM_DUMMY] = ISOLATION_DUMMY,
	    [XSM_FLASK_PERMISSIVE] = ISOLATION_PERMISSIVE,
	    [XSM_FLASK_ENFORCING] = ISOLATION_ENFORCING,
	};
	uint8_t body[4];
	size_t len;

	if (isolation_encode(modes[m->agent->xsm], body, sizeof(body), &len) == ERR_OK)
		tell(m, AGENT_ISOLATION, body, len);
}

/* ---- clients -------------------------------------------------------------------------------- */

static void client_free(struct client *c)
{
	LIST_REMOVE(c, link);
	channel_close(c->channel);
	free(c);
}

static void on_client_gone(void *arg, enum err why)
{
	struct client *c = arg;

	if (why != ERR_EOF)
		log_debug("client of uid %u closed: %s", c->who.uid, err_name(why));
	tell_gone(c->admin, c->who.client);
	client_free(c);
}

/* In the manager's place, so that the person learns why. */
static enum err refuse(struct client *c, const struct msg *m, const char *text)
{
	struct admin_reply r = {.err = ERR_UNAVAILABLE};
	uint8_t body[512];
	struct msg answer = {.type = ADMIN_REPLY, .id = m->id, .body = body};
	enum err e;

	snprintf(r.text, sizeof(r.text), "%s", text);
	e = admin_reply_encode(&r, body, sizeof(body), &answer.len);
	return e ? e : channel_send(c->channel, &answer);
}

/* One request at a time, as the manager has it; an error ends this client alone. */
static enum err on_request(void *arg, struct msg *m)
{
	struct client *c = arg;
	struct channel *ring = c->admin->ring;

	if (c->asked || m->nfds > 0)
		return ERR_DENIED;
	if (!ring)
		return refuse(c, m, "the manager's domain does not run, or is not ready yet");
	if (channel_waiting(ring) > BACKLOG_MAX)
		return refuse(c, m, "too much waits for the manager; try again");
	c->asked = true;
	return tell_request(c, m);
}

static bool room(const struct agent_admin *m, uid_t uid)
{
	const struct client *c;
	unsigned all = 0, own = 0;

	LIST_FOREACH(c, &m->clients, link)
	{
		all++;
		own += c->who.uid == uid;
	}
	if (uid == 0)
		return all < AGENT_CLIENTS_MAX;
	return all < AGENT_CLIENTS_MAX - CLIENTS_ROOT && own < CLIENTS_UID;
}

static enum err admit(struct agent_admin *m, struct channel *channel)
{
	struct channel_peer peer;
	struct client *c;
	enum err e = channel_peer(channel, &peer);

	if (e)
		return e;
	if (!room(m, peer.uid) || m->last == UINT32_MAX ||
	    (m->ring && channel_waiting(m->ring) > BACKLOG_MAX))
		return ERR_FULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	*c = (struct client){.admin = m, .channel = channel, .who = {0, peer.uid, peer.gid}};
	e = channel_attach(channel, m->agent->loop, on_request, on_client_gone, c);
	if (e) {
		free(c);
		return e;
	}
	c->who.client = ++m->last;
	LIST_INSERT_HEAD(&m->clients, c, link);
	tell_client(m, &c->who);
	return ERR_OK;
}

static void on_connection(void *arg, uint32_t events)
{
	struct agent_admin *m = arg;
	struct channel *channel;
	int fd;
	enum err e = channel_accept(m->listening, &fd);

	(void)events;
	if (!e)
		e = channel_new(fd, AGENT_BODY_MAX, &channel);
	if (!e) {
		e = admit(m, channel);
		if (e)
			channel_close(channel);
	}
	if (e && e != ERR_AGAIN)
		log_debug("a connection was refused: %s", err_name(e));
}

static struct client *find(const struct agent_admin *m, uint32_t client)
{
	struct client *c;

	LIST_FOREACH(c, &m->clients, link)
	{
		if (c->who.client == client)
			return c;
	}
	return NULL;
}

static void drop_clients(struct agent_admin *m)
{
	struct client *c;

	while ((c = LIST_FIRST(&m->clients)))
		client_free(c);
}

/* ---- from the manager ----------------------------------------------------------------------- */

/* Who has gone meanwhile gets no answer; who has not asked cannot get one. */
static enum err on_reply(void *ctx, struct msg *m)
{
	struct agent_admin *admin = ctx;
	struct agent_message r;
	struct client *c;
	enum err e = agent_message_decode(m->body, m->len, &r);

	if (e)
		return e;
	c = find(admin, r.client);
	if (!c)
		return r.client <= admin->last ? ERR_OK : ERR_DENIED;
	if (!c->asked)
		return ERR_DENIED;
	c->asked = false;
	e = channel_send(c->channel,
			 &(struct msg){.type = r.type, .id = r.id, .body = r.body, .len = r.len});
	if (e)
		log_debug("client of uid %u: %s", c->who.uid, err_name(e));
	return ERR_OK;
}

static enum err on_dismiss(void *ctx, struct msg *m)
{
	struct agent_admin *admin = ctx;
	struct client *c;
	uint32_t client;
	enum err e = agent_client_gone_decode(m->body, m->len, &client);

	if (e)
		return e;
	c = find(admin, client);
	if (c)
		client_free(c);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {AGENT_REPLY, "reply", MSG_ANY_STATE, 1, MSG_BODY_MAX, 0, on_reply},
    {AGENT_CLIENT_GONE, "client gone", MSG_ANY_STATE, 4, 4, 0, on_dismiss},
};

static enum err on_ring_msg(void *arg, struct msg *m)
{
	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), 0, arg, m);
}

/* The manager has forgotten its clients; they connect again. */
static void on_ring_gone(void *arg, enum err why)
{
	struct agent_admin *m = arg;

	if (why == ERR_EOF)
		log_info("the manager does not take requests any more");
	else
		log_warning("the manager's admin ring is closed: %s", err_text(why));
	agent_admin_drop(m);
	agent_look_again(m->agent);
}

void agent_admin_drop(struct agent_admin *m)
{
	channel_close(m->ring);
	m->ring = NULL;
	drop_clients(m);
}

bool agent_admin_has_ring(const struct agent_admin *m)
{
	return m->ring != NULL;
}

void agent_admin_take(struct agent_admin *m, struct channel *ring)
{
	enum err e = channel_attach(ring, m->agent->loop, on_ring_msg, on_ring_gone, m);

	if (e) {
		log_error("admin ring: %s", err_text(e));
		channel_close(ring);
		agent_look_again(m->agent);
		return;
	}
	/* Who connected before has been told nothing, and is not known to the manager. */
	drop_clients(m);
	m->ring = ring;
	tell_isolation(m);
	log_info("the manager takes requests");
}

/* ---- the socket ----------------------------------------------------------------------------- */

/* Ours alone: who could replace the socket could pass for the manager. */
static enum err claim_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0711) != 0 && errno != EEXIST)
		return err_from_errno(errno);
	if (lstat(path, &st) != 0)
		return err_from_errno(errno);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022))
		return ERR_OK;
	log_error("%s is not a folder that this user alone may write in", path);
	return ERR_DENIED;
}

static enum err open_socket(struct agent_admin *m)
{
	const struct agent_options *o = m->agent->options;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	enum err e = claim_directory(o->run_dir);

	if (e)
		return e;
	if (snprintf(path, sizeof(path), "%s/admin", o->run_dir) >= (int)sizeof(path))
		return ERR_TOO_BIG;
	e = channel_listen(path, o->admin_mode, &m->listening);
	if (!e)
		e = loop_add(m->agent->loop, m->listening, EPOLLIN, on_connection, m, &m->source);
	if (e)
		log_error("%s: %s", path, err_text(e));
	return e;
}

enum err agent_admin_new(struct agent *a, struct agent_admin **out)
{
	struct agent_admin *m = calloc(1, sizeof(*m));
	enum err e;

	if (!m)
		return ERR_NO_MEMORY;
	*m = (struct agent_admin){.agent = a, .listening = -1};
	LIST_INIT(&m->clients);
	e = open_socket(m);
	if (e)
		agent_admin_free(m);
	else
		*out = m;
	return e;
}

void agent_admin_free(struct agent_admin *m)
{
	if (!m)
		return;
	drop_clients(m);
	channel_close(m->ring);
	loop_del(m->source);
	if (m->listening >= 0)
		close(m->listening);
	free(m);
}
