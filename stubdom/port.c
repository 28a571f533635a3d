/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/port.h"

#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PARTIAL_MS 5000
#define PASSED_MAX 4 /* descriptors that a client may try to pass at once; one is what is taken */

size_t port_count(const struct port *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->max; i++)
		n += p->clients[i] != NULL;
	return n;
}

static void drop_passed(struct port_client *c)
{
	if (c->passed >= 0)
		close(c->passed);
	c->passed = -1;
}

void port_client_close(struct port_client *c)
{
	struct port *p = c->port;

	if (p->ops->closed)
		p->ops->closed(c);
	for (size_t i = 0; i < p->max; i++)
		if (p->clients[i] == c)
			p->clients[i] = NULL;
	loop_del(c->source);
	loop_cancel(c->timer);
	drop_passed(c);
	close(c->fd);
	if (loop_modify(p->source, EPOLLIN) != ERR_OK)
		log_warning("no further guest connections can be accepted");
	free(c);
}

enum err port_send(const struct port_client *c, const uint8_t *bytes, size_t len)
{
	ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n == (ssize_t)len ? ERR_OK : ERR_EOF;
}

/* ---- requests ------------------------------------------------------------------------------- */

static void on_partial_timeout(void *arg)
{
	struct port_client *c = arg;

	c->timer = NULL;
	port_client_close(c);
}

/* The clock runs while a request is incomplete and we are not the ones who hold it up. */
static enum err watch_partial(struct port_client *c)
{
	bool partial = c->have > 0 && !c->paused;

	if (!partial) {
		loop_cancel(c->timer);
		c->timer = NULL;
		return ERR_OK;
	}
	if (c->timer)
		return ERR_OK;
	return loop_after(c->port->loop, PARTIAL_MS, on_partial_timeout, c, &c->timer);
}

static enum err pause_client(struct port_client *c, bool pause)
{
	if (c->paused == pause)
		return ERR_OK;
	c->paused = pause;
	return loop_modify(c->source, pause ? 0 : EPOLLIN);
}

static void consume(struct port_client *c, size_t len)
{
	c->have -= len;
	memmove(c->buf, c->buf + len, c->have);
}

static enum err serve_all(struct port_client *c)
{
	enum err e = ERR_OK;
	size_t used;

	while (c->have > 0 && !e) {
		e = c->port->ops->serve(c, &used);
		if (!e)
			consume(c, used);
	}
	return e;
}

/* A descriptor that no request wanted is one too many. */
static bool left_over(const struct port_client *c)
{
	return c->passed >= 0 && c->have == 0;
}

/* Serves every whole request that is in the buffer. Closes the client on any error. */
static void serve(struct port_client *c)
{
	enum err e = serve_all(c);

	if (e == ERR_STATE)
		e = pause_client(c, true);
	else if (e == ERR_AGAIN)
		e = ERR_OK;
	if (!e && left_over(c))
		e = ERR_FORMAT;
	if (!e && (c->have > 0 || c->timer))
		e = watch_partial(c);
	if (e)
		port_client_close(c);
}

void port_skip(struct port_client *c, size_t len)
{
	if (pause_client(c, false) != ERR_OK) {
		port_client_close(c);
		return;
	}
	consume(c, len);
	serve(c);
}

/* ---- reading -------------------------------------------------------------------------------- */

union ancillary {
	char bytes[CMSG_SPACE(PASSED_MAX * sizeof(int))];
	struct cmsghdr align;
};

/* Keeps the first descriptor and closes the others; false if there was more than the one. */
static bool take_fds(struct port_client *c, struct msghdr *h)
{
	bool ok = (h->msg_flags & MSG_CTRUNC) == 0;

	for (struct cmsghdr *m = CMSG_FIRSTHDR(h); m; m = CMSG_NXTHDR(h, m)) {
		size_t n = (m->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(m) + i * sizeof(fd), sizeof(fd));
			if (c->passed < 0) {
				c->passed = fd;
			} else {
				close(fd);
				ok = false;
			}
		}
	}
	return ok;
}

/* As recv(2); a client that passes more descriptors than the one counts as one that left. */
static ssize_t receive_with_fds(struct port_client *c, void *buf, size_t len)
{
	struct iovec part = {buf, len};
	union ancillary space;
	struct msghdr h = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = &space,
			   .msg_controllen = sizeof(space)};
	ssize_t n = recvmsg(c->fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	return n < 0 || take_fds(c, &h) ? n : 0;
}

static ssize_t receive(struct port_client *c)
{
	void *end = c->buf + c->have;
	size_t room = c->port->buffer - c->have;

	return c->port->takes_fds ? receive_with_fds(c, end, room)
				  : recv(c->fd, end, room, MSG_DONTWAIT);
}

static void on_client(void *arg, uint32_t events)
{
	struct port_client *c = arg;
	ssize_t n;

	if (c->paused) {
		if (events & (EPOLLHUP | EPOLLERR))
			port_client_close(c);
		return;
	}
	/* Neither more requests nor a half-closed connection matter before the answer. */
	if (c->owed) {
		if (pause_client(c, true) != ERR_OK)
			port_client_close(c);
		return;
	}
	n = receive(c);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		port_client_close(c);
		return;
	}
	c->have += (size_t)n;
	serve(c);
}

/* ---- coming and going ----------------------------------------------------------------------- */

static size_t free_slot(const struct port *p)
{
	size_t i = 0;

	while (i < p->max && p->clients[i])
		i++;
	return i;
}

static enum err client_new(struct port *p, int fd, size_t slot)
{
	struct port_client *c = malloc(sizeof(*c) + p->buffer);
	enum err e;

	if (!c) {
		close(fd);
		return ERR_NO_MEMORY;
	}
	*c = (struct port_client){.port = p, .fd = fd, .passed = -1};
	p->clients[slot] = c;
	e = loop_add(p->loop, fd, EPOLLIN, on_client, c, &c->source);
	if (!e && p->ops->admitted)
		e = p->ops->admitted(c);
	if (e)
		port_client_close(c);
	return e;
}

enum err port_admit(struct port *p, int fd)
{
	size_t slot = free_slot(p);
	enum err e;

	if (slot == p->max) {
		close(fd);
		return ERR_FULL;
	}
	e = client_new(p, fd, slot);
	if (!e && port_count(p) == p->max && loop_modify(p->source, 0) != ERR_OK)
		log_warning("the guest port cannot be paused");
	return e;
}

static void on_connection(void *arg, uint32_t events)
{
	struct port *p = arg;
	int fd;

	(void)events;
	if (port_count(p) == p->max)
		return;
	fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0 && port_admit(p, fd) != ERR_OK)
		log_warning("a guest's connection could not be admitted");
}

void port_resume(struct port *p)
{
	for (size_t i = 0; i < p->max; i++) {
		struct port_client *c = p->clients[i];

		if (!c || !c->paused)
			continue;
		if (pause_client(c, false) == ERR_OK)
			serve(c);
		else
			port_client_close(c);
	}
}

enum err port_open(struct port *p)
{
	return loop_add(p->loop, p->fd, EPOLLIN, on_connection, p, &p->source);
}

void port_close(struct port *p)
{
	for (size_t i = 0; i < p->max; i++)
		if (p->clients[i])
			port_client_close(p->clients[i]);
	loop_del(p->source);
}
