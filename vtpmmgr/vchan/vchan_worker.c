/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands for the worker in a stub domain: has dom0's agent make that domain, and carries the three
 * channels of the worker to and from it. It ends as the worker ends, and when it is killed the
 * worker is, because its rings go.
 */
#include "lib/carrier.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "lib/proto_agent.h"
#include "lib/proto_super.h"
#include "lib/uuid.h"
#include "lib/xen/channel_xen.h"
#include "vtpmmgr/vchan/vchan.h"
#include "vtpmmgr/vchan/vchan_sandbox.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAWN_MS   60000 /* how long the agent may take to make a domain */
#define DRAIN_MS   1000  /* for the last words on the other rings, once the worker has ended */
#define DESTROY_MS 500   /* for the agent to take what it is told last */
#define SMALL_BODY 1024  /* of everything but a state */
/* Bytes each way that lie in the control page: a domain may grant 1024 pages, for all its vTPMs. */
#define SMALL_RING 1024

enum which { SUPER, KEYS, BROKER, ENDS };

static const struct {
	const char *name;
	int fd;
	size_t ring; /* bytes each way */
	size_t body_max;
} table[ENDS] = {
    [SUPER] = {"super", FD_SUPER, SMALL_RING, SMALL_BODY},
    [KEYS] = {"keys", FD_WORKER_KEYS, SMALL_RING, SMALL_BODY},
    [BROKER] = {"broker", FD_WORKER_BROKER, 32768, MSG_BODY_MAX},
};

struct end {
	struct worker *w;
	enum which which;
	struct channel *ring;
	struct carrier *carrier;
	bool over; /* it has nothing more to say */
};

enum state { CALLING, CARRYING, DRAINING, DONE };

struct worker {
	struct loop *loop;
	struct agent_spawn what;
	struct channel *agent;
	bool answered;   /* by the agent that is there */
	uint32_t domain; /* the stub's */
	struct end ends[ENDS];
	enum state state;
	int code;
};

/* ---- the end -------------------------------------------------------------------------------- */

static void on_time(void *arg)
{
	struct worker *w = arg;

	loop_stop(w->loop);
}

static void on_drained(void *arg);

static void stop_after(struct worker *w, uint64_t ms, loop_timer_fn fn)
{
	struct loop_timer *t;

	if (loop_after(w->loop, ms, fn, w, &t) != ERR_OK)
		loop_stop(w->loop);
}

/* A worker that has ended cleanly needs its domain no more; the agent closes the ring then. */
static void finish(struct worker *w)
{
	const struct msg m = {.type = AGENT_DESTROY};

	w->state = DONE;
	if (w->code == EXIT_SUCCESS && channel_send(w->agent, &m) == ERR_OK)
		stop_after(w, DESTROY_MS, on_time);
	else
		loop_stop(w->loop);
}

static void on_drained(void *arg)
{
	struct worker *w = arg;

	if (w->state == DRAINING)
		finish(w);
}

static void finish_if_drained(struct worker *w)
{
	if (w->state == DRAINING && w->ends[KEYS].over && w->ends[BROKER].over)
		finish(w);
}

static int exit_code(uint8_t how, uint8_t code)
{
	if (how == EXITED_CODE)
		return code;
	return how == EXITED_SIGNAL ? 128 + code : EXIT_FAILURE;
}

/* What it said last on the other rings is still to come: they are not one stream. */
static void worker_ended(struct worker *w, uint8_t how, uint8_t code)
{
	w->state = DRAINING;
	w->code = exit_code(how, code);
	stop_after(w, DRAIN_MS, on_drained);
	finish_if_drained(w);
}

static void fail(struct worker *w)
{
	w->code = EXIT_FAILURE;
	w->state = DONE;
	loop_stop(w->loop);
}

/* ---- carrying ------------------------------------------------------------------------------- */

/* The worker gets a new key keeper or broker: a new conversation; vtpm-init makes the pair there.
 */
static enum err on_super_out(void *arg, struct msg *m, bool *drop)
{
	struct worker *w = ((struct end *)arg)->w;
	struct super_peer peer;
	struct end *to;
	enum err e;

	if (m->type != SUPER_PEER)
		return ERR_OK;
	*drop = true;
	e = super_peer_decode(m->body, m->len, &peer);
	if (e || m->nfds != 1)
		return e ? e : ERR_FORMAT;
	if (peer.role != ROLE_KEYS && peer.role != ROLE_BROKER)
		return ERR_ARG;
	to = &w->ends[peer.role == ROLE_KEYS ? KEYS : BROKER];
	to->over = false;
	return carrier_open(to->carrier, msg_take_fd(m, 0));
}

static void on_closed(void *arg, uint8_t how, uint8_t code)
{
	struct end *end = arg;

	end->over = true;
	if (end->which == SUPER)
		worker_ended(end->w, how, code);
	else
		finish_if_drained(end->w);
}

static void on_gone(void *arg, enum err why)
{
	struct end *end = arg;

	end->over = true;
	if (end->w->state != CARRYING) {
		finish_if_drained(end->w);
		return;
	}
	log_error("the stub domain's %s ring has gone: %s", table[end->which].name, err_text(why));
	fail(end->w);
}

static const struct carrier_ops super_ops = {
    .outgoing = on_super_out, .closed = on_closed, .gone = on_gone};
static const struct carrier_ops peer_ops = {.closed = on_closed, .gone = on_gone};

static enum err serve_stub(struct worker *w)
{
	enum err e = ERR_OK;
	char path[64];

	for (unsigned i = 0; !e && i < ENDS; i++) {
		snprintf(path, sizeof(path), VCHAN_PATH "stub/%u/%s", (unsigned)w->domain,
			 table[i].name);
		e = channel_xen_serve(w->domain, path, table[i].ring, table[i].body_max,
				      &w->ends[i].ring);
	}
	return e;
}

static enum err carry(struct worker *w)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; !e && i < ENDS; i++) {
		struct end *end = &w->ends[i];

		end->w = w;
		end->which = (enum which)i;
		e = carrier_new(w->loop, end->ring, table[i].body_max,
				i == SUPER ? &super_ops : &peer_ops, end, &end->carrier);
		if (!e)
			e = carrier_open(end->carrier, table[i].fd);
	}
	return e ? e : loop_run(w->loop);
}

/* ---- the agent ------------------------------------------------------------------------------ */

static enum err on_spawned(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	uint32_t domain;
	enum err e = agent_spawned_decode(m->body, m->len, &domain);

	if (e)
		return e;
	w->answered = true;
	if (w->state == CALLING) {
		w->domain = domain;
		w->state = CARRYING;
		loop_stop(w->loop);
	} else if (domain != w->domain) {
		log_error("vtpmmgr-agent has made another stub domain");
		fail(w);
	}
	return ERR_OK;
}

static enum err on_failed(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	struct agent_failed failed;
	enum err e = agent_failed_decode(m->body, m->len, &failed);

	if (e)
		return e;
	log_error("stub domain of %s: %s: %s", uuid_format(w->what.uuid).s, err_text(failed.err),
		  failed.detail);
	fail(w);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {AGENT_SPAWNED, "AGENT_SPAWNED", MSG_IN(CALLING) | MSG_IN(CARRYING), 4, 4, 0, on_spawned},
    {AGENT_FAILED, "AGENT_FAILED", MSG_IN(CALLING) | MSG_IN(CARRYING), 1, SMALL_BODY, 0, on_failed},
};

static enum err on_agent_msg(void *arg, struct msg *m)
{
	struct worker *w = arg;

	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), w->state, w, m);
}

static enum err send_spawn(struct worker *w)
{
	uint8_t body[256];
	struct msg m = {.type = AGENT_SPAWN, .body = body};
	enum err e = agent_spawn_encode(&w->what, body, sizeof(body), &m.len);

	return e ? e : channel_send(w->agent, &m);
}

static void on_agent_gone(void *arg, enum err why);

/*
 * The next agent finds the ring where it was, without our reaching xenstore, and hears that the
 * domain is still needed. One that goes before it has answered is not waited for again.
 */
static enum err call_again(struct worker *w)
{
	enum err e = w->state == CARRYING && w->answered ? channel_renew(w->agent) : ERR_STATE;

	w->answered = false;
	if (!e)
		e = channel_attach(w->agent, w->loop, on_agent_msg, on_agent_gone, w);
	return e ? e : send_spawn(w);
}

static void on_agent_gone(void *arg, enum err why)
{
	struct worker *w = arg;

	if (w->state == DONE) {
		loop_stop(w->loop);
		return;
	}
	log_warning("vtpmmgr-agent has gone away: %s", err_text(why));
	if (call_again(w))
		fail(w);
}

static void on_no_answer(void *arg)
{
	struct worker *w = arg;

	if (w->state != CALLING)
		return;
	log_error("vtpmmgr-agent in dom0 has made no stub domain in %d s", SPAWN_MS / 1000);
	fail(w);
}

/* Until there is a domain, or there will be none. */
static enum err call_agent(struct worker *w)
{
	char path[128];
	enum err e;

	snprintf(path, sizeof(path), VCHAN_PATH "agent/worker/%s", uuid_format(w->what.uuid).s);
	e = channel_xen_serve(VCHAN_AGENT, path, SMALL_RING, SMALL_BODY, &w->agent);
	if (!e)
		e = channel_attach(w->agent, w->loop, on_agent_msg, on_agent_gone, w);
	if (!e)
		e = send_spawn(w);
	if (!e)
		stop_after(w, SPAWN_MS, on_no_answer);
	return e ? e : loop_run(w->loop);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static enum err parse_guest(const char *text, struct guest *out)
{
	if (strcmp(text, "none") == 0)
		return ERR_OK;
	if (strncmp(text, "xen:", 4) != 0)
		return ERR_ARG;
	out->kind = GUEST_XEN;
	return uuid_parse(text + 4, out->id);
}

static enum err parse(char *const argv[], struct agent_spawn *out)
{
	enum err e = uuid_parse(argv[0], out->uuid);

	if (!e)
		e = parse_guest(argv[1], &out->guest);
	if (!e && strlen(argv[2]) > NAME_MAX_LEN)
		e = ERR_TOO_BIG;
	if (!e)
		snprintf(out->stakeholder, sizeof(out->stakeholder), "%s", argv[2]);
	if (!e && argv[3])
		e = hex_decode(argv[3], out->image.b, sizeof(out->image.b));
	return e;
}

int vchan_worker(const struct child_args *args, char *const argv[])
{
	struct worker w = {.state = CALLING};
	enum err e = parse(argv, &w.what);

	if (!e)
		e = loop_new(&w.loop);
	if (!e)
		e = call_agent(&w);
	if (!e && w.state != CARRYING)
		return w.code;
	if (!e)
		e = serve_stub(&w);
	if (!e)
		e = vchan_sandbox_enter(args);
	if (!e)
		e = carry(&w);
	if (e)
		log_error("the worker of %s: %s", argv[0], err_text(e));
	return e ? EXIT_FAILURE : w.code;
}
