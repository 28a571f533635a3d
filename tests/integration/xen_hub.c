/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xen_hub SOCKET STUBDOM STUBDIR PTPMDIR ADMIN: see xen_hub.h. Rings come in at SOCKET; STUBDIR
 * gets the stubs' sockets; the proxy listens in PTPMDIR; vtpmctl of dom0 comes in at ADMIN. Events
 * are printed one a line.
 */
#include "tests/integration/xen_hub.h"

#include "lib/hex.h"
#include "lib/isolation.h"
#include "lib/log.h"
#include "lib/proto_agent.h"
#include "lib/rbuf.h"
#include "lib/uuid.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#define HELLO_MS 5000

struct domain {
	uint8_t uuid[UUID_SIZE];
	struct stub *stub; /* NULL: there is no such domain */
};

struct client {
	LIST_ENTRY(client) link;
	uint32_t number;
	struct channel *channel;
};

static struct {
	struct hub hub;
	struct domain domains[HUB_DOMAINS];
	const char *ptpm;
	struct channel *relay; /* the manager's ring for vtpmctl's connections */
	LIST_HEAD(, client) clients;
	uint32_t last;
} it;

void hub_must(enum err e, const char *what)
{
	if (!e)
		return;
	printf("failed %s: %s\n", what, err_text(e));
	exit(EXIT_FAILURE);
}

/* ---- the agent: stub domains ---------------------------------------------------------------- */

struct caller {
	struct channel *channel;
	uint32_t domid;
};

static uint32_t domain_of(const struct agent_spawn *what)
{
	struct domain *empty = NULL;

	for (uint32_t i = 0; i < HUB_DOMAINS; i++) {
		struct domain *d = &it.domains[i];

		if (d->stub && uuid_equal(d->uuid, what->uuid))
			return HUB_FIRST_DOM + i;
		if (!d->stub && !empty)
			empty = d;
	}
	if (!empty)
		hub_must(ERR_FULL, "domains");
	memcpy(empty->uuid, what->uuid, UUID_SIZE);
	empty->stub = stub_new(&it.hub, what->uuid, (uint32_t)(empty - it.domains) + HUB_FIRST_DOM);
	return (uint32_t)(empty - it.domains) + HUB_FIRST_DOM;
}

static void print_spawn(const struct agent_spawn *what, uint32_t domid)
{
	char image[2 * DIGEST_SIZE + 1];

	hex_encode(what->image.b, DIGEST_SIZE, image);
	printf("spawn %u %s %s %s %s\n", (unsigned)domid, uuid_format(what->uuid).s,
	       what->guest.kind == GUEST_XEN ? uuid_format(what->guest.id).s : "none",
	       what->stakeholder, image);
}

static void reply_failed(struct channel *c)
{
	struct agent_failed failed = {ERR_DENIED, "the test says no"};
	uint8_t body[512];
	struct msg m = {.type = AGENT_FAILED, .body = body};

	hub_must(agent_failed_encode(&failed, body, sizeof(body), &m.len), "failed");
	hub_must(channel_send(c, &m), "failed");
}

static enum err on_spawn(void *ctx, struct msg *m)
{
	struct caller *caller = ctx;
	struct agent_spawn what;
	uint8_t body[8];
	struct msg reply = {.type = AGENT_SPAWNED, .body = body};

	hub_must(agent_spawn_decode(m->body, m->len, &what), "AGENT_SPAWN");
	if (strcmp(what.stakeholder, "employer") == 0) {
		reply_failed(caller->channel);
		return ERR_OK;
	}
	caller->domid = domain_of(&what);
	print_spawn(&what, caller->domid);
	hub_must(agent_spawned_encode(caller->domid, body, sizeof(body), &reply.len), "spawned");
	return channel_send(caller->channel, &reply);
}

static enum err on_destroy(void *ctx, struct msg *m)
{
	struct caller *caller = ctx;
	struct domain *d = &it.domains[caller->domid - HUB_FIRST_DOM];

	(void)m;
	printf("destroy %u\n", (unsigned)caller->domid);
	stub_destroy(d->stub);
	d->stub = NULL;
	return ERR_EOF;
}

static const struct msg_rule worker_rules[] = {
    {AGENT_SPAWN, "AGENT_SPAWN", MSG_ANY_STATE, 1, 512, 0, on_spawn},
    {AGENT_DESTROY, "AGENT_DESTROY", MSG_ANY_STATE, 0, 0, 0, on_destroy},
};

static enum err on_worker_msg(void *arg, struct msg *m)
{
	return msg_dispatch(worker_rules, 2, 0, arg, m);
}

static void on_worker_gone(void *arg, enum err why)
{
	struct caller *caller = arg;

	(void)why;
	channel_close(caller->channel);
	free(caller);
}

static void serve_worker(struct channel *ring)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller)
		hub_must(ERR_NO_MEMORY, "caller");
	caller->channel = ring;
	hub_must(channel_attach(ring, it.hub.loop, on_worker_msg, on_worker_gone, caller), "ring");
}

/* ---- the agent: the proxy ------------------------------------------------------------------- */

static enum err on_ptpm_open(void *arg, uint32_t n, int *fd)
{
	char path[256];

	(void)n;
	snprintf(path, sizeof(path), "%s/%s", it.ptpm, (const char *)arg);
	return channel_connect(path, fd);
}

static struct carrier *ptpm;

static void on_ptpm_gone(void *arg, enum err why)
{
	(void)arg, (void)why;
	carrier_free(ptpm);
	ptpm = NULL;
}

static const struct carrier_ops ptpm_ops = {.open = on_ptpm_open, .gone = on_ptpm_gone};

/* The connection of the one before ends first. */
static void serve_ptpm(const char *role, struct channel *ring)
{
	static char names[2][16] = {"keys", "provision"};
	char *name = names[strcmp(role, "keys") != 0];

	carrier_free(ptpm);
	ptpm = NULL;
	printf("ptpm %s\n", name);
	hub_must(carrier_new(it.hub.loop, ring, MSG_BODY_MAX, &ptpm_ops, name, &ptpm), "ptpm");
}

/* ---- the agent: vtpmctl of dom0 ------------------------------------------------------------- */

static void tell_manager(uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	if (it.relay)
		hub_must(channel_send(it.relay, &m), "relay");
}

static void drop_client(struct client *c)
{
	LIST_REMOVE(c, link);
	channel_close(c->channel);
	free(c);
}

static enum err on_client_msg(void *arg, struct msg *m)
{
	struct client *c = arg;
	const struct agent_message request = {.client = c->number,
					      .type = m->type,
					      .id = m->id,
					      .len = (uint32_t)m->len,
					      .body = m->body};
	static uint8_t body[MSG_BODY_MAX];
	size_t len;

	hub_must(agent_message_encode(&request, body, sizeof(body), &len), "request");
	tell_manager(AGENT_REQUEST, body, len);
	return ERR_OK;
}

static void on_client_gone(void *arg, enum err why)
{
	struct client *c = arg;
	uint8_t body[4];
	size_t len;

	(void)why;
	hub_must(agent_client_gone_encode(c->number, body, sizeof(body), &len), "gone");
	tell_manager(AGENT_CLIENT_GONE, body, len);
	drop_client(c);
}

static void announce(struct client *c)
{
	struct channel_peer peer;
	struct agent_client who = {.client = c->number};
	uint8_t body[16];
	size_t len;

	hub_must(channel_peer(c->channel, &peer), "peer");
	who.uid = peer.uid;
	who.gid = peer.gid;
	hub_must(agent_client_encode(&who, body, sizeof(body), &len), "client");
	tell_manager(AGENT_CLIENT, body, len);
}

static void on_dom0(void *arg, uint32_t events)
{
	struct client *c;
	int fd;

	(void)events;
	hub_must(channel_accept(*(int *)arg, &fd), "accept");
	if (!it.relay) {
		close(fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		hub_must(ERR_NO_MEMORY, "client");
	c->number = ++it.last;
	LIST_INSERT_HEAD(&it.clients, c, link);
	hub_must(channel_new(fd, MSG_BODY_MAX, &c->channel), "client");
	announce(c);
	hub_must(channel_attach(c->channel, it.hub.loop, on_client_msg, on_client_gone, c),
		 "client");
}

static struct client *find_client(uint32_t number)
{
	struct client *c;

	LIST_FOREACH(c, &it.clients, link)
	if (c->number == number)
		return c;
	return NULL;
}

static enum err on_relay_msg(void *arg, struct msg *m)
{
	struct agent_message reply;
	struct client *c;
	uint32_t number;
	struct msg out;

	(void)arg;
	if (m->type == AGENT_CLIENT_GONE) {
		hub_must(agent_client_gone_decode(m->body, m->len, &number), "gone");
		c = find_client(number);
		if (c)
			drop_client(c);
		return ERR_OK;
	}
	hub_must(m->type == AGENT_REPLY ? agent_message_decode(m->body, m->len, &reply)
					: ERR_FORMAT,
		 "reply");
	c = find_client(reply.client);
	out =
	    (struct msg){.type = reply.type, .id = reply.id, .body = reply.body, .len = reply.len};
	/* One that has gone is noticed by the loop. */
	if (c)
		(void)!channel_send(c->channel, &out);
	return ERR_OK;
}

static void on_relay_gone(void *arg, enum err why)
{
	(void)arg, (void)why;
	channel_close(it.relay);
	it.relay = NULL;
	while (!LIST_EMPTY(&it.clients))
		drop_client(LIST_FIRST(&it.clients));
	printf("relay-gone\n");
}

static void serve_relay(struct channel *ring)
{
	uint8_t body[4];
	size_t len;

	if (it.relay)
		on_relay_gone(NULL, ERR_EOF);
	it.relay = ring;
	it.last = 0;
	hub_must(isolation_encode(ISOLATION_DUMMY, body, sizeof(body), &len), "isolation");
	tell_manager(AGENT_ISOLATION, body, len);
	hub_must(channel_attach(ring, it.hub.loop, on_relay_msg, on_relay_gone, NULL), "relay");
	printf("relay\n");
}

/* ---- rings ---------------------------------------------------------------------------------- */

static void route(uint32_t peer, const char *path, struct channel *ring)
{
	char name[16];
	unsigned domid;

	if (peer == 0 && strncmp(path, "data/vtpmmgr/agent/worker/", 26) == 0)
		serve_worker(ring);
	else if (peer == 0 && strcmp(path, "data/vtpmmgr/agent/keys") == 0)
		serve_ptpm("keys", ring);
	else if (peer == 0 && strcmp(path, "data/vtpmmgr/agent/provision") == 0)
		serve_ptpm("provision", ring);
	else if (peer == 0 && strcmp(path, "data/vtpmmgr/agent/admin") == 0)
		serve_relay(ring);
	else if (sscanf(path, "data/vtpmmgr/stub/%u/%15s", &domid, name) == 2 && peer == domid &&
		 domid >= HUB_FIRST_DOM && domid < HUB_FIRST_DOM + HUB_DOMAINS &&
		 it.domains[domid - HUB_FIRST_DOM].stub)
		stub_ring(it.domains[domid - HUB_FIRST_DOM].stub, name, ring);
	else
		hub_must(ERR_ARG, path);
}

static void on_ring(void *arg, uint32_t events)
{
	struct pollfd p = {.events = POLLIN};
	struct channel *ring;
	char path[128];
	struct rbuf r;
	struct msg m;
	uint32_t peer;

	(void)events;
	hub_must(channel_accept(*(int *)arg, &p.fd), "accept");
	hub_must(channel_new(p.fd, MSG_BODY_MAX, &ring), "ring");
	poll(&p, 1, HELLO_MS);
	if (channel_recv(ring, &m) != ERR_OK) {
		channel_close(ring); /* killed before it could say where */
		return;
	}
	rbuf_init(&r, m.body, m.len);
	peer = rbuf_u32(&r);
	rbuf_str(&r, path, sizeof(path));
	hub_must(rbuf_end(&r), "hello");
	route(peer, path, ring);
}

int main(int argc, char *argv[])
{
	static int rings, dom0;
	struct loop_source *source;

	if (argc != 6)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_init("xen_hub", LOG_LEVEL_INFO);
	LIST_INIT(&it.clients);
	it.hub = (struct hub){.dir = argv[3], .fd = open(argv[2], O_RDONLY | O_CLOEXEC)};
	it.ptpm = argv[4];
	hub_must(loop_new(&it.hub.loop), "loop");
	hub_must(channel_listen(argv[5], 0666, &dom0), argv[5]);
	hub_must(channel_listen(argv[1], 0600, &rings), argv[1]);
	hub_must(loop_add(it.hub.loop, rings, EPOLLIN, on_ring, &rings, &source), "rings");
	hub_must(loop_add(it.hub.loop, dom0, EPOLLIN, on_dom0, &dom0, &source), "dom0");
	hub_must(loop_run(it.hub.loop), "loop");
	return 0;
}
