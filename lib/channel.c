/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/channel.h"

#include "lib/channel_ops.h"
#include "lib/secret.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

/* A message that the transport had no room for. */
struct waiting {
	STAILQ_ENTRY(waiting) link;
	struct msg m; /* body and descriptors are our own copies */
	uint8_t body[];
};

struct channel {
	struct channel_link *link; /* NULL once closed */
	size_t body_max;
	uint8_t *buf; /* what was received last; allocated when needed */
	size_t buf_used;
	STAILQ_HEAD(, waiting) queue;
	size_t queued;    /* bytes */
	enum err end;     /* why nothing can be sent any more */
	bool in_callback; /* on_event() still needs the struct */
	struct loop_source *source;
	channel_msg_fn on_msg;
	channel_gone_fn on_gone;
	void *arg;
};

enum err channel_over(struct channel_link *link, size_t body_max, struct channel **out)
{
	struct channel *c = body_max <= MSG_BODY_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (!c) {
		link->ops->close(link);
		return body_max <= MSG_BODY_MAX ? ERR_NO_MEMORY : ERR_ARG;
	}
	c->link = link;
	c->body_max = body_max;
	STAILQ_INIT(&c->queue);
	*out = c;
	return ERR_OK;
}

/* Bodies carry keys now and then: none stays behind in freed memory. */
static void drop_buffer(struct channel *c)
{
	if (c->buf)
		secret_wipe(c->buf, c->buf_used);
	free(c->buf);
	c->buf = NULL;
	c->buf_used = 0;
}

static void drop_first(struct channel *c)
{
	struct waiting *w = STAILQ_FIRST(&c->queue);

	STAILQ_REMOVE_HEAD(&c->queue, link);
	c->queued -= MSG_HEADER_SIZE + w->m.len;
	msg_close_fds(&w->m);
	secret_wipe(w->body, w->m.len);
	free(w);
}

static void drop_queue(struct channel *c)
{
	while (!STAILQ_EMPTY(&c->queue))
		drop_first(c);
}

void channel_close(struct channel *c)
{
	if (!c)
		return;
	if (c->link) {
		loop_del(c->source);
		c->source = NULL;
		drop_queue(c);
		c->link->ops->close(c->link);
		c->link = NULL;
		c->end = ERR_EOF;
	}
	if (c->in_callback)
		return;
	drop_buffer(c);
	free(c);
}

enum err channel_peer(const struct channel *c, struct channel_peer *out)
{
	return c->link->ops->peer(c->link, out);
}

/*
 * Nothing is sent from now on. The receiving half lives until it comes to the
 * end that shut() makes it see: what the peer said last is still heard, and
 * on_gone is called from the loop, never from within channel_send().
 */
static void end_sending(struct channel *c, enum err why)
{
	c->end = why;
	drop_queue(c);
	c->link->ops->shut(c->link);
}

static uint32_t wanted_events(const struct channel *c)
{
	return STAILQ_EMPTY(&c->queue) ? EPOLLIN : EPOLLIN | EPOLLOUT;
}

static enum err watch(struct channel *c)
{
	return c->source ? loop_modify(c->source, wanted_events(c)) : ERR_OK;
}

static enum err transmit(struct channel *c, const struct msg *m)
{
	uint8_t header[MSG_HEADER_SIZE];
	enum err e = msg_encode_header(m, header);

	return e ? e : c->link->ops->send(c->link, header, m);
}

static void flush(struct channel *c)
{
	enum err e = ERR_OK;

	if (STAILQ_EMPTY(&c->queue))
		return;
	while (!e && !STAILQ_EMPTY(&c->queue)) {
		e = transmit(c, &STAILQ_FIRST(&c->queue)->m);
		if (!e)
			drop_first(c);
	}
	if (!e)
		e = watch(c);
	if (e && e != ERR_AGAIN)
		end_sending(c, e);
}

static enum err copy_fds(const struct msg *m, struct msg *copy)
{
	copy->nfds = 0;
	for (size_t i = 0; i < m->nfds; i++) {
		copy->fds[i] = fcntl(m->fds[i], F_DUPFD_CLOEXEC, 0);
		if (copy->fds[i] < 0) {
			msg_close_fds(copy);
			return ERR_IO;
		}
		copy->nfds++;
	}
	return ERR_OK;
}

static enum err enqueue(struct channel *c, const struct msg *m)
{
	struct waiting *w;
	enum err e;

	if (c->queued + MSG_HEADER_SIZE + m->len > CHANNEL_QUEUE_MAX) {
		end_sending(c, ERR_FULL);
		return ERR_FULL;
	}
	w = malloc(sizeof(*w) + m->len);
	if (!w)
		return ERR_NO_MEMORY;
	w->m = *m;
	e = copy_fds(m, &w->m);
	if (e) {
		free(w);
		return e;
	}
	if (m->len > 0)
		memcpy(w->body, m->body, m->len);
	w->m.body = w->body;
	STAILQ_INSERT_TAIL(&c->queue, w, link);
	c->queued += MSG_HEADER_SIZE + m->len;
	return watch(c);
}

enum err channel_send(struct channel *c, const struct msg *m)
{
	enum err e;

	if (!c->end)
		flush(c);
	if (c->end)
		return c->end;
	if (m->len > MSG_BODY_MAX)
		return ERR_TOO_BIG;
	if (m->nfds > MSG_FDS_MAX)
		return ERR_ARG;
	e = STAILQ_EMPTY(&c->queue) ? transmit(c, m) : ERR_AGAIN;
	if (e == ERR_AGAIN) {
		/* A part of it may be on its way: it cannot be taken back. */
		e = enqueue(c, m);
		if (e && !c->end)
			end_sending(c, e);
	} else if (e == ERR_EOF) {
		end_sending(c, e);
	}
	return e;
}

size_t channel_waiting(const struct channel *c)
{
	return c->queued;
}

static enum err decode(const struct channel *c, const struct channel_frame *f, struct msg *m)
{
	size_t len;
	enum err e;

	if (f->len < MSG_HEADER_SIZE)
		return ERR_FORMAT;
	e = msg_decode_header(c->buf, m, &len);
	if (e)
		return e;
	return len == f->len - MSG_HEADER_SIZE ? ERR_OK : ERR_FORMAT;
}

static enum err receive(struct channel *c, struct msg *m)
{
	size_t cap = MSG_HEADER_SIZE + c->body_max;
	struct channel_frame f = {0};
	struct msg got = {0};
	enum err e;

	if (!c->buf)
		c->buf = malloc(cap);
	if (!c->buf)
		return ERR_NO_MEMORY;
	e = c->link->ops->recv(c->link, c->buf, cap, &f);
	c->buf_used = f.len > c->buf_used ? f.len : c->buf_used;
	if (e)
		return e == ERR_EOF && c->end ? c->end : e;
	memcpy(got.fds, f.fds, sizeof(f.fds));
	got.nfds = f.nfds;
	e = decode(c, &f, &got);
	if (e) {
		msg_close_fds(&got);
		return e;
	}
	got.body = c->buf + MSG_HEADER_SIZE;
	got.len = f.len - MSG_HEADER_SIZE;
	*m = got;
	return ERR_OK;
}

enum err channel_renew(struct channel *c)
{
	enum err e;

	if (c->source || !c->end || !c->link->ops->renew)
		return ERR_STATE;
	e = c->link->ops->renew(c->link);
	if (!e)
		c->end = ERR_OK;
	return e;
}

static void gone(struct channel *c, enum err why)
{
	loop_del(c->source);
	c->source = NULL;
	end_sending(c, why);
	c->on_gone(c->arg, why);
}

/* One message an event: epoll tells again if there is more, and others get their turn. */
static void deliver(struct channel *c)
{
	struct msg m;
	enum err e = receive(c, &m);

	if (e == ERR_AGAIN)
		return;
	if (!e) {
		e = c->on_msg(c->arg, &m);
		msg_close_fds(&m);
	}
	/* A hundred idle channels need no hundred buffers. */
	drop_buffer(c);
	if (e && c->link)
		gone(c, e);
}

static void on_event(void *arg, uint32_t events)
{
	struct channel *c = arg;

	c->in_callback = true;
	if (events & ~(uint32_t)EPOLLOUT)
		deliver(c);
	/* Not only at EPOLLOUT: receiving may have taken the event that says there is room. */
	flush(c);
	c->in_callback = false;
	if (!c->link)
		channel_close(c);
}

enum err channel_attach(struct channel *c, struct loop *l, channel_msg_fn on_msg,
			channel_gone_fn on_gone, void *arg)
{
	if (c->source)
		return ERR_STATE;
	c->on_msg = on_msg;
	c->on_gone = on_gone;
	c->arg = arg;
	return loop_add(l, c->link->fd, wanted_events(c), on_event, c, &c->source);
}

enum err channel_recv(struct channel *c, struct msg *m)
{
	enum err e;

	if (c->source)
		return ERR_STATE;
	e = receive(c, m);
	flush(c);
	return e;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Until something may have changed, or the deadline has passed. */
static enum err wait_until(const struct channel *c, uint64_t deadline)
{
	struct pollfd p = {
	    .fd = c->link->fd,
	    .events = STAILQ_EMPTY(&c->queue) ? POLLIN : POLLIN | POLLOUT,
	};
	uint64_t now = now_ms();

	if (now >= deadline)
		return ERR_TIMEOUT;
	poll(&p, 1, (int)(deadline - now));
	return ERR_OK;
}

/* The next message; ERR_TIMEOUT if none has come by the deadline. */
static enum err receive_by(struct channel *c, uint64_t deadline, struct msg *m)
{
	enum err e;

	do {
		e = wait_until(c, deadline);
		if (!e)
			e = channel_recv(c, m);
	} while (e == ERR_AGAIN);
	return e;
}

enum err channel_call(struct channel *c, const struct msg *request, unsigned timeout_ms,
		      struct msg *reply)
{
	uint64_t deadline = now_ms() + timeout_ms;
	struct msg m;
	enum err e;

	if (c->source)
		return ERR_STATE;
	if (timeout_ms > CHANNEL_TIMEOUT_MAX)
		return ERR_ARG;
	e = channel_send(c, request);
	while (!e) {
		e = receive_by(c, deadline, &m);
		if (!e && m.id == request->id) {
			*reply = m;
			return ERR_OK;
		}
		if (!e)
			msg_close_fds(&m);
	}
	return e;
}
