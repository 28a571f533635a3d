/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/admin.h"

#include "lib/log.h"
#include "lib/uuid.h"
#include "vtpmmgr/broker/admin_rules.h"
#include "vtpmmgr/broker/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* Of ADMIN_CLIENTS, so many are kept for root: the one who has to find out what is going on. */
#define ROOT_CLIENTS 8

struct client {
	LIST_ENTRY(client) link;
	struct admin *a;
	struct channel *channel;
	struct policy_principal who;
	struct request *request; /* the one that is being worked on */
	struct loop_timer *timer;
};

struct admin {
	struct broker *b;
	int listening;
	struct loop_source *source;
	LIST_HEAD(, client) clients;
	LIST_HEAD(, request) requests;
	struct pace pace;
};

/* ---- clients -------------------------------------------------------------------------------- */

static void client_free(struct client *c)
{
	if (c->request && !c->request->begun)
		request_drop(c->request);
	if (c->request)
		c->request->client = NULL;
	LIST_REMOVE(c, link);
	loop_cancel(c->timer);
	channel_close(c->channel);
	free(c);
}

static void on_gone(void *arg, enum err why)
{
	struct client *c = arg;

	if (why != ERR_EOF)
		log_debug("admin client of uid %u closed: %s", (unsigned)c->who.uid, err_text(why));
	client_free(c);
}

static void on_idle(void *arg)
{
	struct client *c = arg;

	c->timer = NULL;
	client_free(c);
}

static enum err set_timer(struct client *c, uint64_t ms)
{
	loop_cancel(c->timer);
	c->timer = NULL;
	return ms ? loop_after(c->a->b->loop, ms, on_idle, c, &c->timer) : ERR_OK;
}

/* Room for one more of this uid? */
static bool room(const struct admin *a, uid_t uid)
{
	const struct client *c;
	unsigned all = 0, own = 0;

	LIST_FOREACH(c, &a->clients, link)
	{
		all++;
		own += c->who.uid == uid;
	}
	if (uid == 0)
		return all < ADMIN_CLIENTS;
	return all < ADMIN_CLIENTS - ROOT_CLIENTS && own < ADMIN_CLIENTS_UID;
}

static enum err admit(struct admin *a, struct channel *channel, struct client **out)
{
	struct channel_peer peer;
	struct client *c;
	enum err e = channel_peer(channel, &peer);

	if (e)
		return e;
	if (!room(a, peer.uid))
		return ERR_FULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	*c = (struct client){.a = a, .channel = channel, .who = {peer.uid, peer.gid}};
	LIST_INSERT_HEAD(&a->clients, c, link);
	*out = c;
	return ERR_OK;
}

static enum err on_msg(void *arg, struct msg *m);

enum err admin_add_client(struct admin *a, int fd)
{
	struct channel *channel;
	struct client *c;
	enum err e = channel_new(fd, MSG_BODY_MAX, &channel);

	if (e)
		return e;
	e = admit(a, channel, &c);
	if (e) {
		channel_close(channel);
		return e;
	}
	e = channel_attach(channel, a->b->loop, on_msg, on_gone, c);
	if (!e)
		e = set_timer(c, ADMIN_FIRST_MS);
	if (e)
		client_free(c);
	return e;
}

static void on_connection(void *arg, uint32_t events)
{
	struct admin *a = arg;
	int fd;
	enum err e = channel_accept(a->listening, &fd);

	(void)events;
	if (!e)
		e = admin_add_client(a, fd);
	if (e && e != ERR_AGAIN)
		log_debug("an admin client was turned away: %s", err_text(e));
}

enum err admin_new(struct broker *b, int listening, struct admin **out)
{
	struct admin *a = calloc(1, sizeof(*a));
	enum err e = ERR_OK;

	if (!a)
		return ERR_NO_MEMORY;
	*a = (struct admin){.b = b, .listening = listening};
	LIST_INIT(&a->clients);
	LIST_INIT(&a->requests);
	if (listening >= 0)
		e = loop_add(b->loop, listening, EPOLLIN, on_connection, a, &a->source);
	if (e)
		free(a);
	else
		*out = a;
	return e;
}

void admin_free(struct admin *a)
{
	if (!a)
		return;
	while (!LIST_EMPTY(&a->clients))
		client_free(LIST_FIRST(&a->clients));
	while (!LIST_EMPTY(&a->requests))
		request_fail(LIST_FIRST(&a->requests), ERR_UNAVAILABLE, NULL);
	loop_del(a->source);
	free(a);
}

void admin_answer(struct client *c, uint32_t id, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = ADMIN_REPLY, .id = id, .body = body, .len = len};
	enum err e = channel_send(c->channel, &m);

	/* Its end comes through the loop; a client without a timer would stay for ever. */
	if (!e)
		e = set_timer(c, ADMIN_IDLE_MS);
	if (e)
		log_debug("an admin client did not get its answer: %s", err_text(e));
}

void admin_forget(struct request *q)
{
	LIST_REMOVE(q, link);
	if (q->client)
		q->client->request = NULL;
}

/* ---- requests ------------------------------------------------------------------------------- */

static bool needs_met(const struct broker *b, enum request_needs needs)
{
	switch (needs) {
	case NEEDS_NOTHING:
		return true;
	case NEEDS_KEEPER:
		return b->keeper.channel && b->opening != OPENING_WAIT;
	case NEEDS_KNOWN:
		return b->known;
	case NEEDS_OPEN:
		return b->opening == OPENING_DONE;
	}
	return false;
}

static void out_of_patience(void *arg)
{
	struct request *q = arg;

	q->timer = NULL;
	request_fail(q, ERR_UNAVAILABLE,
		     q->b->keeper.channel ? "the key keeper has not opened the store yet"
					  : "the key keeper is not there: is ptpm-proxy running?");
}

/* Not yet: wait. Not at all: say why, in the key keeper's words. */
static void postpone(struct request *q)
{
	const struct broker *b = q->b;

	if (b->opening == OPENING_SHUT) {
		request_fail(q, b->open_err, b->open_text);
		return;
	}
	if (q->deferred)
		return;
	q->deferred = true;
	if (loop_after(b->loop, ADMIN_DEFER_MS, out_of_patience, q, &q->timer))
		request_fail(q, ERR_NO_MEMORY, NULL);
}

/* With what it was about to change, the store has been opened, or not. */
static void tell_opening(struct request *q)
{
	if (q->b->opening == OPENING_DONE)
		request_done(q);
	else if (q->b->opening == OPENING_SHUT)
		request_fail(q, q->b->open_err, q->b->open_text);
}

static void run(struct request *q)
{
	if (q->wait == WAIT_OPENING) {
		tell_opening(q);
		return;
	}
	if (!needs_met(q->b, q->rule->needs)) {
		postpone(q);
		return;
	}
	loop_cancel(q->timer);
	q->timer = NULL;
	q->deferred = false;
	q->begun = true;
	q->rule->fn(q);
}

/* Who it speaks for is asked anew for every request: the policy may have changed. */
static void identify(struct request *q)
{
	const struct policy *p = q->b->rules.policy;
	const char *stakeholder = p ? policy_stakeholder_of(p, &q->who) : NULL;

	snprintf(q->subject, sizeof(q->subject), "%s", stakeholder ? stakeholder : "");
}

static struct request *request_new(struct client *c, const struct request_rule *rule,
				   const struct msg *m)
{
	struct request *q = calloc(1, sizeof(*q) + m->len);

	if (!q)
		return NULL;
	q->b = c->a->b;
	q->client = c;
	q->rule = rule;
	q->id = m->id;
	q->who = c->who;
	q->len = m->len;
	if (m->len > 0)
		memcpy(q->body, m->body, m->len);
	identify(q);
	c->request = q;
	LIST_INSERT_HEAD(&c->a->requests, q, link);
	return q;
}

static void on_turn(void *arg)
{
	struct request *q = arg;

	q->timer = NULL;
	run(q);
}

/* Root is who could do worse by other means. */
static void take_up(struct request *q)
{
	struct admin *a = q->b->admin;
	uint64_t wait = q->who.uid ? pace_take(&a->pace, q->who.uid, loop_now()) : 0;

	if (wait == 0)
		run(q);
	else if (loop_after(q->b->loop, wait, on_turn, q, &q->timer))
		request_fail(q, ERR_NO_MEMORY, NULL);
}

/* One message of a client; an error ends the client. */
static enum err on_msg(void *arg, struct msg *m)
{
	struct client *c = arg;
	const struct request_rule *rule = admin_rule(m->type, m->len);
	struct request *q;
	enum err e;

	msg_close_fds(m);
	if (!rule)
		return ERR_FORMAT;
	if (c->request)
		return ERR_STATE;
	e = set_timer(c, 0);
	q = e ? NULL : request_new(c, rule, m);
	if (!q)
		return ERR_NO_MEMORY;
	take_up(q);
	return ERR_OK;
}

/* A request that is run may finish others, so each round looks for the next one from the start. */
static struct request *next_kicked(const struct admin *a)
{
	struct request *q;

	LIST_FOREACH(q, &a->requests, link)
	if (q->kicked)
		return q;
	return NULL;
}

void admin_kick(struct admin *a)
{
	struct request *q;

	LIST_FOREACH(q, &a->requests, link)
	q->kicked = q->deferred || q->wait == WAIT_OPENING;
	while ((q = next_kicked(a)) != NULL) {
		q->kicked = false;
		run(q);
	}
}

/* ---- waiting for a vTPM --------------------------------------------------------------------- */

/* Whether q's wait is over. A stop that is asked for goes on waiting while the vTPM fails. */
static bool is_over(const struct request *q, const struct vtpm *v)
{
	return q->wait != WAIT_STOPPED || v->life == LIFE_STOPPED || v->life == LIFE_RUNNING;
}

static struct request *next_waiting(const struct admin *a, const struct vtpm *v)
{
	struct request *q;

	LIST_FOREACH(q, &a->requests, link)
	if (q->wait != WAIT_NONE && q->wait != WAIT_OPENING && uuid_equal(q->uuid, v->leaf.uuid) &&
	    is_over(q, v))
		return q;
	return NULL;
}

/* What to tell who wanted it suspended and finds it running, or failed. */
static const char *not_suspended(const struct vtpm *v, enum err why)
{
	if (v->life != LIFE_RUNNING)
		return "its worker ended before it was suspended";
	switch (why) {
	case ERR_FULL:
		return "what it has in RAM and its state together are over its quota: it goes on "
		       "running";
	case ERR_STATE:
		return "its guest has switched it off: stop it instead";
	default:
		return "its state could not be anchored (see vtpmctl status): it goes on running";
	}
}

static bool is_as_wanted(const struct request *q, const struct vtpm *v)
{
	if (q->wait == WAIT_RUNNING)
		return v->life == LIFE_RUNNING;
	return v->life == LIFE_STOPPED && (q->wait == WAIT_STOPPED || leaf_is_suspended(&v->leaf));
}

static void settle(struct request *q, const struct vtpm *v, enum err why)
{
	if (is_as_wanted(q, v))
		request_show(q, v);
	else
		request_fail(q, why ? why : ERR_UNAVAILABLE,
			     q->wait == WAIT_SUSPENDED ? not_suspended(v, why) : NULL);
}

void admin_settled(struct admin *a, const struct vtpm *v, enum err why)
{
	struct request *q;

	while ((q = next_waiting(a, v)) != NULL)
		settle(q, v, why);
}
