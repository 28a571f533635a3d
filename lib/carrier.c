/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/carrier.h"

#include "lib/proto_carrier.h"

#include <stdlib.h>
#include <unistd.h>

/* What the peer's messages are of. */
enum peer {
	PEER_QUIET, /* it has no conversation: it has nothing to send */
	PEER_OLD,   /* an older conversation than ours: they are dropped */
	PEER_HERE,
};

enum side { OPENER, FOLLOWER };

struct carrier {
	struct loop *loop;
	struct channel *ring; /* NULL once it is gone */
	struct channel *end;  /* NULL: none now */
	size_t body_max;
	const struct carrier_ops *ops;
	void *arg;
	uint32_t n;  /* the newest conversation */
	bool untold; /* the end is lost, and the owner will say how */
	enum peer peer;
	bool in_callback; /* somebody below us still needs the struct */
	bool freed;
};

static enum side side(const struct carrier *c)
{
	return c->ops->open ? FOLLOWER : OPENER;
}

static enum err leave(struct carrier *c, enum err e)
{
	c->in_callback = false;
	if (c->freed)
		free(c);
	return e;
}

/* An error here is not looked at: the ring has ended then, and its on_gone follows. */
static void tell(struct carrier *c, uint16_t type, const uint8_t *body, size_t len)
{
	struct msg m = {.type = type, .body = body, .len = len};

	(void)!channel_send(c->ring, &m);
}

static void tell_number(struct carrier *c, uint16_t type)
{
	uint8_t body[8];
	size_t len;

	if (carrier_number_encode(c->n, body, sizeof(body), &len) == ERR_OK)
		tell(c, type, body, len);
}

static void tell_closed(struct carrier *c, uint8_t how, uint8_t code)
{
	struct carrier_closed m = {.n = c->n, .how = how, .code = code};
	uint8_t body[8];
	size_t len;

	if (carrier_closed_encode(&m, body, sizeof(body), &len) == ERR_OK)
		tell(c, CARRIER_CLOSED, body, len);
}

/* Whether there was a conversation on this side. */
static bool drop_end(struct carrier *c)
{
	bool had = c->end || c->untold;

	channel_close(c->end);
	c->end = NULL;
	c->untold = false;
	return had;
}

static void closed(struct carrier *c, uint8_t how, uint8_t code)
{
	if (c->ops->closed)
		c->ops->closed(c->arg, how, code);
}

/* The unix end went away, or did what it must not. The owner may have said so before he returns. */
static void lose_end(struct carrier *c)
{
	drop_end(c);
	c->untold = true;
	if (c->ops->lost && c->ops->lost(c->arg))
		return;
	if (!c->untold)
		return;
	c->untold = false;
	tell_closed(c, 0, 0);
	closed(c, 0, 0);
}

static bool has_fds(const struct msg *m)
{
	for (size_t i = 0; i < m->nfds; i++)
		if (m->fds[i] >= 0)
			return true;
	return false;
}

/* From the unix end to the ring. */
static enum err carry_out(struct carrier *c, struct msg *m)
{
	bool drop = false;
	enum err e = carrier_type(m->type) ? ERR_DENIED : ERR_OK;

	if (!e && c->ops->outgoing)
		e = c->ops->outgoing(c->arg, m, &drop);
	if (e || drop || !c->ring)
		return e;
	if (has_fds(m))
		return ERR_DENIED;
	m->nfds = 0;
	return channel_send(c->ring, m);
}

static enum err on_end_msg(void *arg, struct msg *m)
{
	struct carrier *c = arg;

	c->in_callback = true;
	return leave(c, carry_out(c, m));
}

static void on_end_gone(void *arg, enum err why)
{
	struct carrier *c = arg;

	(void)why;
	c->in_callback = true;
	lose_end(c);
	(void)leave(c, ERR_OK);
}

static enum err take_end(struct carrier *c, int fd)
{
	enum err e;

	if (!c->ring) {
		close(fd);
		return ERR_EOF;
	}
	e = channel_new(fd, c->body_max, &c->end);
	if (!e)
		e = channel_attach(c->end, c->loop, on_end_msg, on_end_gone, c);
	if (e)
		drop_end(c);
	return e;
}

/*
 * From the ring to the unix end. One that is gone says so itself, from the loop and after its
 * last words; one that cannot take a message has missed it and cannot go on.
 */
static enum err carry_in(struct carrier *c, struct msg *m)
{
	enum err e;

	if (c->peer == PEER_QUIET || m->nfds > 0)
		return ERR_DENIED;
	if (c->peer == PEER_OLD || !c->end)
		return ERR_OK;
	e = channel_send(c->end, m);
	if (e && e != ERR_EOF && e != ERR_FULL)
		lose_end(c);
	return ERR_OK;
}

static enum err on_open(void *ctx, struct msg *m)
{
	struct carrier *c = ctx;
	uint32_t n = 0;
	int fd = -1;
	enum err e = carrier_number_decode(m->body, m->len, &n);

	if (e || n <= c->n)
		return e ? e : ERR_DENIED;
	drop_end(c);
	c->n = n;
	c->peer = PEER_HERE;
	e = c->ops->open(c->arg, n, &fd);
	if (!e)
		e = take_end(c, fd);
	if (!e)
		tell_number(c, CARRIER_OPENED);
	else if (c->ring)
		tell_closed(c, 0, 0);
	return ERR_OK;
}

static enum err on_opened(void *ctx, struct msg *m)
{
	struct carrier *c = ctx;
	uint32_t n = 0;
	enum err e = carrier_number_decode(m->body, m->len, &n);

	if (!e && (n > c->n || c->peer == PEER_HERE))
		e = ERR_DENIED;
	if (!e)
		c->peer = n == c->n ? PEER_HERE : PEER_OLD;
	return e;
}

/* Of an older one only an opener may hear: the follower had not seen the newer one yet. */
static enum err on_closed(void *ctx, struct msg *m)
{
	struct carrier *c = ctx;
	struct carrier_closed said = {0};
	enum err e = carrier_closed_decode(m->body, m->len, &said);

	if (!e && (said.n > c->n || (said.n < c->n && side(c) == FOLLOWER)))
		e = ERR_DENIED;
	if (e)
		return e;
	c->peer = PEER_QUIET;
	if (said.n == c->n && drop_end(c))
		closed(c, said.how, said.code);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {CARRIER_OPEN, "CARRIER_OPEN", MSG_IN(FOLLOWER), 4, 4, 0, on_open},
    {CARRIER_OPENED, "CARRIER_OPENED", MSG_IN(OPENER), 4, 4, 0, on_opened},
    {CARRIER_CLOSED, "CARRIER_CLOSED", MSG_ANY_STATE, 6, 6, 0, on_closed},
};

static enum err on_ring_msg(void *arg, struct msg *m)
{
	struct carrier *c = arg;
	enum err e;

	c->in_callback = true;
	if (carrier_type(m->type))
		e = msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), side(c), c, m);
	else
		e = carry_in(c, m);
	return leave(c, e);
}

static void on_ring_gone(void *arg, enum err why)
{
	struct carrier *c = arg;

	c->in_callback = true;
	drop_end(c);
	channel_close(c->ring);
	c->ring = NULL;
	c->ops->gone(c->arg, why);
	(void)leave(c, ERR_OK);
}

enum err carrier_new(struct loop *l, struct channel *ring, size_t body_max,
		     const struct carrier_ops *ops, void *arg, struct carrier **out)
{
	struct carrier *c = calloc(1, sizeof(*c));
	enum err e;

	if (!c) {
		channel_close(ring);
		return ERR_NO_MEMORY;
	}
	*c =
	    (struct carrier){.loop = l, .ring = ring, .body_max = body_max, .ops = ops, .arg = arg};
	e = channel_attach(ring, l, on_ring_msg, on_ring_gone, c);
	if (e) {
		carrier_free(c);
		return e;
	}
	*out = c;
	return ERR_OK;
}

enum err carrier_open(struct carrier *c, int fd)
{
	bool had;
	enum err e;

	if (side(c) != OPENER || c->n == UINT32_MAX) {
		close(fd);
		return ERR_STATE;
	}
	had = drop_end(c);
	e = take_end(c, fd);
	if (e && had && c->ring)
		tell_closed(c, 0, 0);
	if (e)
		return e;
	c->n++;
	if (c->peer == PEER_HERE)
		c->peer = PEER_OLD;
	tell_number(c, CARRIER_OPEN);
	return ERR_OK;
}

void carrier_close_end(struct carrier *c, uint8_t how, uint8_t code)
{
	if (drop_end(c) && c->ring)
		tell_closed(c, how, code);
}

void carrier_free(struct carrier *c)
{
	if (!c)
		return;
	drop_end(c);
	channel_close(c->ring);
	c->ring = NULL;
	c->freed = true;
	if (!c->in_callback)
		free(c);
}
