/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xen_hub SOCKET STUBDOM STUBDIR PTPMDIR DOM0DIR: see xen_hub.h. Rings come in at SOCKET; STUBDIR
 * gets the stubs' sockets; the proxy listens in PTPMDIR; vtpmctl of dom0 comes in at DOM0DIR/admin.
 * Events are printed one a line.
 */
#include "tests/integration/xen_hub.h"

#include "lib/hex.h"
#include "lib/log.h"
#include "lib/proto_agent.h"
#include "lib/rbuf.h"
#include "lib/uuid.h"
#include "tools/agent/agent_admin.h"
#include "tools/agent/agent_ptpm.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define HELLO_MS 5000

struct played {
	uint8_t uuid[UUID_SIZE];
	struct stub *stub; /* NULL: there is no such domain */
};

static struct {
	struct hub hub;
	struct played domains[HUB_DOMAINS];
	struct agent agent; /* the real one's roles for the proxy and for vtpmctl */
} it;

void hub_die(enum err e, const char *what)
{
	printf("failed %s: %s\n", what, err_text(e));
	exit(EXIT_FAILURE);
}

void hub_must(enum err e, const char *what)
{
	if (e)
		hub_die(e, what);
}

/* ---- the agent: stub domains ---------------------------------------------------------------- */

struct caller {
	struct channel *channel;
	uint32_t domid;
};

static uint32_t domain_of(const struct agent_spawn *what)
{
	struct played *empty = NULL;

	for (uint32_t i = 0; i < HUB_DOMAINS; i++) {
		struct played *d = &it.domains[i];

		if (d->stub && uuid_equal(d->uuid, what->uuid))
			return HUB_FIRST_DOM + i;
		if (!d->stub && !empty)
			empty = d;
	}
	if (!empty)
		hub_die(ERR_FULL, "domains");
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
	struct played *d = &it.domains[caller->domid - HUB_FIRST_DOM];

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
		hub_die(ERR_NO_MEMORY, "caller");
	caller->channel = ring;
	hub_must(channel_attach(ring, it.hub.loop, on_worker_msg, on_worker_gone, caller), "ring");
}

/* ---- the agent: the proxy, and vtpmctl of dom0 ---------------------------------------------- */

/* Rings come by themselves here. */
void agent_look_again(struct agent *a)
{
	(void)a;
}

/* The connection of the one before ends first, whatever it was for. */
static void serve_ptpm(size_t role, struct channel *ring)
{
	for (size_t i = 0; i < AGENT_PTPMS; i++)
		agent_ptpm_drop(it.agent.ptpm[i]);
	printf("ptpm %s\n", agent_ptpm_name(role));
	agent_ptpm_take(it.agent.ptpm[role], ring);
}

static void serve_relay(struct channel *ring)
{
	agent_admin_drop(it.agent.admin);
	agent_admin_take(it.agent.admin, ring);
	printf("relay\n");
}

static void start_agent(const char *ptpm, const char *run_dir)
{
	static struct agent_options options = {.admin_mode = 0666};

	options.ptpm = ptpm;
	options.run_dir = run_dir;
	it.agent = (struct agent){.options = &options, .loop = it.hub.loop, .xsm = XSM_DUMMY};
	hub_must(agent_admin_new(&it.agent, &it.agent.admin), run_dir);
	for (size_t i = 0; i < AGENT_PTPMS; i++)
		hub_must(agent_ptpm_new(&it.agent, i, &it.agent.ptpm[i]), "ptpm");
}

/* ---- rings ---------------------------------------------------------------------------------- */

static void route(uint32_t peer, const char *path, struct channel *ring)
{
	char name[16];
	unsigned domid;

	if (peer == 0 && strncmp(path, "data/vtpmmgr/agent/worker/", 26) == 0)
		serve_worker(ring);
	else if (peer == 0 && strcmp(path, "data/vtpmmgr/agent/keys") == 0)
		serve_ptpm(0, ring);
	else if (peer == 0 && strcmp(path, "data/vtpmmgr/agent/provision") == 0)
		serve_ptpm(1, ring);
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
	static int rings;
	struct loop_source *source;

	if (argc != 6)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_init("xen_hub", LOG_LEVEL_INFO);
	it.hub = (struct hub){.dir = argv[3], .fd = open(argv[2], O_RDONLY | O_CLOEXEC)};
	hub_must(loop_new(&it.hub.loop), "loop");
	start_agent(argv[4], argv[5]);
	hub_must(channel_listen(argv[1], 0600, &rings), argv[1]);
	hub_must(loop_add(it.hub.loop, rings, EPOLLIN, on_ring, &rings, &source), "rings");
	hub_must(loop_run(it.hub.loop), "loop");
	return 0;
}
