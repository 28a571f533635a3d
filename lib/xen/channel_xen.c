/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/xen/channel_xen.h"

#include "lib/channel_ops.h"
#include "lib/xen/vchan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * An event channel tells once, and only what was asked for; its descriptor is always writable.
 * So the descriptor that channel polls is an epoll of it and of an eventfd, which is readable
 * while there may be something to receive that no further event will tell.
 */
struct channel_xen {
	struct channel_link link;
	struct libxenvchan *vchan;
	uint32_t peer;
	int more; /* the eventfd */
	bool is_more;
	size_t sent; /* bytes of the message that is on its way out */
	size_t got;  /* bytes of the one that is coming in */
	bool shut;
	size_t last; /* bytes that had come when it was shut */
};

static struct channel_xen *of(struct channel_link *link)
{
	return (struct channel_xen *)link;
}

static void set_more(struct channel_xen *x, bool more)
{
	uint64_t n = 1;

	if (more == x->is_more)
		return;
	x->is_more = more;
	if (more)
		(void)!write(x->more, &n, sizeof(n));
	else
		(void)!read(x->more, &n, sizeof(n));
}

/* The peer can write anything there: more in the ring than there is room. The library stalls. */
static bool ring_broken(const struct libxenvchan_ring *r)
{
	uint32_t prod = __atomic_load_n(&r->shr->prod, __ATOMIC_ACQUIRE);
	uint32_t cons = __atomic_load_n(&r->shr->cons, __ATOMIC_ACQUIRE);

	return prod - cons > 1u << r->order;
}

static bool is_broken(const struct channel_xen *x)
{
	return ring_broken(&x->vchan->read) || ring_broken(&x->vchan->write);
}

/* bytes are those of the message from first on. */
static enum err put(struct channel_xen *x, const uint8_t *bytes, size_t first, size_t len)
{
	int n;

	while (x->sent < first + len) {
		n = libxenvchan_write(x->vchan, bytes + (x->sent - first), first + len - x->sent);
		if (n < 0 || (n == 0 && is_broken(x)))
			return ERR_EOF;
		if (n == 0)
			return ERR_AGAIN;
		x->sent += (size_t)n;
	}
	return ERR_OK;
}

static enum err xen_send(struct channel_link *link, const uint8_t header[MSG_HEADER_SIZE],
			 const struct msg *m)
{
	struct channel_xen *x = of(link);
	enum err e;

	if (m->nfds > 0)
		return ERR_ARG;
	if (x->shut)
		return ERR_EOF;
	e = put(x, header, 0, MSG_HEADER_SIZE);
	if (!e)
		e = put(x, m->body, MSG_HEADER_SIZE, m->len);
	if (e != ERR_AGAIN)
		x->sent = 0;
	return e;
}

/* libxenvchan_read(), and after shut() no more than had come by then. */
static int take(struct channel_xen *x, uint8_t *out, size_t len)
{
	int n;

	if (x->shut && len > x->last)
		len = x->last;
	n = len > 0 ? libxenvchan_read(x->vchan, out, len) : -1;
	if (x->shut && n <= 0)
		return -1;
	if (x->shut)
		x->last -= (size_t)n;
	return n;
}

/* Until end bytes of the message are in buf. */
static enum err get(struct channel_xen *x, uint8_t *buf, size_t end)
{
	int n;

	while (x->got < end) {
		n = take(x, buf + x->got, end - x->got);
		if (n < 0)
			return ERR_EOF;
		if (n == 0)
			return is_broken(x) ? ERR_FORMAT : ERR_AGAIN;
		x->got += (size_t)n;
	}
	return ERR_OK;
}

/* All of the next message, and not a byte of the one after it. */
static enum err get_message(struct channel_xen *x, uint8_t *buf, size_t cap)
{
	struct msg m;
	size_t len;
	enum err e = get(x, buf, MSG_HEADER_SIZE);

	if (!e)
		e = msg_decode_header(buf, &m, &len);
	if (!e && len > cap - MSG_HEADER_SIZE)
		e = ERR_FORMAT;
	return e ? e : get(x, buf, MSG_HEADER_SIZE + len);
}

/* Whether it is worth to look again without waiting for an event; if not, one is asked for. */
static bool more_to_see(struct channel_xen *x)
{
	return x->shut || libxenvchan_data_ready(x->vchan) != 0 ||
	       libxenvchan_is_open(x->vchan) == 0 || is_broken(x);
}

static enum err xen_recv(struct channel_link *link, uint8_t *buf, size_t cap,
			 struct channel_frame *out)
{
	struct channel_xen *x = of(link);
	enum err e;

	(void)!libxenvchan_wait(x->vchan); /* takes the event, if there is one */
	e = get_message(x, buf, cap);
	*out = (struct channel_frame){.len = x->got};
	if (e != ERR_AGAIN)
		x->got = 0;
	set_more(x, e != ERR_AGAIN && more_to_see(x));
	return e;
}

static enum err xen_peer(const struct channel_link *link, struct channel_peer *out)
{
	const struct channel_xen *x = (const struct channel_xen *)link;

	*out =
	    (struct channel_peer){.pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1, .domid = x->peer};
	return ERR_OK;
}

static void xen_shut(struct channel_link *link)
{
	struct channel_xen *x = of(link);
	struct libxenvchan *v = x->vchan;
	int ready;

	if (x->shut)
		return;
	ready = libxenvchan_data_ready(v);
	x->last = ready > 0 ? (size_t)ready : 0;
	x->shut = true;
	*(v->is_server ? &v->ring->srv_live : &v->ring->cli_live) = 0;
	xenevtchn_notify(v->event, v->event_port);
	set_more(x, true);
}

static enum err xen_renew(struct channel_link *link)
{
	struct channel_xen *x = of(link);
	enum err e = vchan_offer_again(x->vchan);

	if (e)
		return e;
	x->sent = x->got = x->last = 0;
	x->shut = false;
	set_more(x, true);
	return ERR_OK;
}

static void xen_close(struct channel_link *link)
{
	struct channel_xen *x = of(link);

	if (link->fd >= 0)
		close(link->fd);
	if (x->more >= 0)
		close(x->more);
	libxenvchan_close(x->vchan);
	free(x);
}

static const struct channel_ops xen_ops = {
    .send = xen_send,
    .recv = xen_recv,
    .peer = xen_peer,
    .shut = xen_shut,
    .renew = xen_renew,
    .close = xen_close,
};

static enum err poll_both(struct channel_xen *x)
{
	int event = libxenvchan_fd_for_select(x->vchan);
	struct epoll_event ev = {.events = EPOLLIN};

	x->link.fd = epoll_create1(EPOLL_CLOEXEC);
	x->more = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (x->link.fd < 0 || x->more < 0 || fcntl(event, F_SETFL, O_NONBLOCK) != 0 ||
	    epoll_ctl(x->link.fd, EPOLL_CTL_ADD, event, &ev) != 0 ||
	    epoll_ctl(x->link.fd, EPOLL_CTL_ADD, x->more, &ev) != 0)
		return err_from_errno(errno);
	return ERR_OK;
}

static enum err channel_over_vchan(struct libxenvchan *v, uint32_t peer, size_t body_max,
				   struct channel **out)
{
	struct channel_xen *x = calloc(1, sizeof(*x));
	enum err e;

	if (!x) {
		libxenvchan_close(v);
		return ERR_NO_MEMORY;
	}
	*x = (struct channel_xen){
	    .link = {.ops = &xen_ops, .fd = -1}, .vchan = v, .peer = peer, .more = -1};
	e = poll_both(x);
	if (e) {
		xen_close(&x->link);
		return e;
	}
	/* What was there before us has no event. */
	set_more(x, true);
	return channel_over(&x->link, body_max, out);
}

enum err channel_xen_serve(uint32_t peer, const char *path, size_t ring, size_t body_max,
			   struct channel **out)
{
	struct libxenvchan *v;
	enum err e = vchan_serve(peer, path, ring, &v);

	return e ? e : channel_over_vchan(v, peer, body_max, out);
}

enum err channel_xen_connect(uint32_t server, const char *path, size_t body_max,
			     struct channel **out)
{
	struct libxenvchan *v;
	enum err e = vchan_join(server, path, &v);

	return e ? e : channel_over_vchan(v, server, body_max, out);
}
