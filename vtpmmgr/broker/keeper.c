/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/keeper.h"

#include "lib/log.h"

#include <stdlib.h>

/* The longest that a request may take: provisioning a slow pTPM makes several keys. */
#define ANSWER_MS 180000

struct keeper_call {
	LIST_ENTRY(keeper_call) link;
	uint32_t id;
	uint16_t expected; /* the type of the answer */
	struct loop_timer *timer;
	keeper_fn fn;
	void *arg;
};

/* What is not in here is answered by KEYS_DONE. */
static const struct {
	uint16_t request;
	uint16_t answer;
} answers[] = {
    {KEYS_PCRS, KEYS_PCR_VALUES}, {KEYS_OPEN, KEYS_OPENED},       {KEYS_STATUS, KEYS_STATUS_IS},
    {KEYS_WEAR, KEYS_WEAR_IS},    {KEYS_INSPECT, KEYS_INSPECTED},
};

static uint16_t answer_to(uint16_t request)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].request == request)
			return answers[i].answer;
	return KEYS_DONE;
}

void keeper_init(struct keeper *k, struct loop *l, channel_msg_fn on_msg, channel_gone_fn on_gone,
		 void *arg)
{
	*k = (struct keeper){.loop = l, .on_msg = on_msg, .on_gone = on_gone, .arg = arg};
	LIST_INIT(&k->calls);
}

static void finish(struct keeper_call *c, enum err e, const char *detail, const struct msg *reply)
{
	struct keeper_call done = *c;

	LIST_REMOVE(c, link);
	loop_cancel(c->timer);
	free(c);
	done.fn(done.arg, e, detail, reply);
}

void keeper_disconnect(struct keeper *k)
{
	channel_close(k->channel);
	k->channel = NULL;
	while (!LIST_EMPTY(&k->calls))
		finish(LIST_FIRST(&k->calls), ERR_UNAVAILABLE, "the key keeper has ended", NULL);
}

static void on_gone(void *arg, enum err why)
{
	struct keeper *k = arg;

	keeper_disconnect(k);
	k->on_gone(k->arg, why);
}

static struct keeper_call *find(struct keeper *k, uint32_t id, uint16_t type)
{
	struct keeper_call *c;

	/* Whatever was asked for, KEYS_DONE may say why there is none. */
	LIST_FOREACH(c, &k->calls, link)
	if (c->id == id && (c->expected == type || type == KEYS_DONE))
		return c;
	return NULL;
}

static bool is_answer(uint16_t type)
{
	return type == KEYS_DONE || type == KEYS_PCR_VALUES || type == KEYS_OPENED ||
	       type == KEYS_STATUS_IS || type == KEYS_WEAR_IS || type == KEYS_INSPECTED;
}

static enum err on_answer(struct keeper *k, const struct msg *m)
{
	struct keeper_call *c = find(k, m->id, m->type);
	struct keys_done done;
	enum err e;

	/* One that was given up. */
	if (!c)
		return ERR_OK;
	if (m->type != KEYS_DONE) {
		finish(c, ERR_OK, "", m);
		return ERR_OK;
	}
	e = keys_done_decode(m->body, m->len, &done);
	if (!e && !done.err && c->expected != KEYS_DONE)
		e = ERR_FORMAT;
	if (!e)
		finish(c, err_from_wire(done.err), done.detail, NULL);
	return e;
}

static enum err on_msg(void *arg, struct msg *m)
{
	struct keeper *k = arg;
	enum err e = is_answer(m->type) ? on_answer(k, m) : k->on_msg(k->arg, m);

	msg_close_fds(m);
	return e;
}

enum err keeper_connect(struct keeper *k, int fd)
{
	enum err e;

	keeper_disconnect(k);
	e = channel_new(fd, MSG_BODY_MAX, &k->channel);
	if (!e)
		e = channel_attach(k->channel, k->loop, on_msg, on_gone, k);
	if (e)
		keeper_disconnect(k);
	return e;
}

static void on_timeout(void *arg)
{
	struct keeper_call *c = arg;

	c->timer = NULL;
	finish(c, ERR_TIMEOUT, "the key keeper did not answer", NULL);
}

static enum err send(struct keeper *k, uint16_t type, uint32_t id, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .id = id, .body = body, .len = len};

	return k->channel ? channel_send(k->channel, &m) : ERR_UNAVAILABLE;
}

static struct keeper_call *call_new(struct keeper *k, uint64_t ms, uint16_t type, keeper_fn fn,
				    void *arg)
{
	struct keeper_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	/* 0 means "no request" on the wire. */
	if (++k->last_id == 0)
		++k->last_id;
	*c = (struct keeper_call){
	    .id = k->last_id, .expected = answer_to(type), .fn = fn, .arg = arg};
	if (loop_after(k->loop, ms, on_timeout, c, &c->timer) != ERR_OK) {
		free(c);
		return NULL;
	}
	LIST_INSERT_HEAD(&k->calls, c, link);
	return c;
}

void keeper_ask_within(struct keeper *k, uint64_t ms, const struct msg *m, keeper_fn fn, void *arg)
{
	struct keeper_call *c = call_new(k, ms, m->type, fn, arg);

	if (!c)
		fn(arg, ERR_NO_MEMORY, err_text(ERR_NO_MEMORY), NULL);
	else if (send(k, m->type, c->id, m->body, m->len))
		finish(c, ERR_UNAVAILABLE, "the key keeper is not running", NULL);
}

void keeper_ask(struct keeper *k, uint16_t type, const uint8_t *body, size_t len, keeper_fn fn,
		void *arg)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	keeper_ask_within(k, ANSWER_MS, &m, fn, arg);
}

void keeper_tell(struct keeper *k, uint16_t type, const uint8_t *body, size_t len)
{
	enum err e = send(k, type, 0, body, len);

	if (e)
		log_info("the key keeper cannot be told: %s", err_text(e));
}
