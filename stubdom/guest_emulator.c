/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TPM emulator protocol as a guest transport: who is connected, what he
 * has sent so far, and who waits for what. Frames and control commands are
 * data.c's and ctrl.c's.
 */
#include "stubdom/guest.h"

#include "lib/log.h"
#include "lib/tpm_cmd.h"
#include "stubdom/ctrl.h"
#include "stubdom/data.h"
#include "stubdom/tpm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATA_CLIENTS  1 /* a TPM has one bus; the next connection waits */
#define CTRL_CLIENTS  4 /* so that one who is silent keeps nobody from cancelling */
#define PARTIAL_MS    5000
#define OWED_COPY_MAX 16

struct client;
struct emulator;

/* Handles one whole request at the start of the buffer, of *used bytes. */
typedef enum err (*serve_fn)(struct client *c, size_t *used);

struct port {
	struct emulator *emulator;
	serve_fn serve;
	size_t buffer; /* bytes of the longest request */
	size_t max;    /* clients at once */
	int fd;        /* listening */
	struct loop_source *source;
	struct client *clients[CTRL_CLIENTS];
};

struct client {
	struct port *port;
	int fd;
	struct loop_source *source;
	struct loop_timer *timer; /* runs while a request is incomplete */
	bool paused;              /* not read: the vTPM is busy */
	size_t have;
	uint8_t buf[];
};

struct emulator {
	struct loop *loop;
	struct vtpm *vtpm;
	struct port data;
	struct port ctrl;
	/* The response that waits for the commit, and whose it is; NULL: he left. */
	struct client *owed;
	struct vtpm_response owed_response;
	uint8_t owed_copy[OWED_COPY_MAX];
	/* For the signal handler, which runs only while a command executes; -1: none. */
	volatile int cancel_fds[CTRL_CLIENTS];
	volatile int early_fd; /* a control connection that it has accepted */
};

static void adopt_early(struct emulator *e);

static size_t count_clients(const struct port *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->max; i++)
		n += p->clients[i] != NULL;
	return n;
}

static void client_close(struct client *c)
{
	struct emulator *e = c->port->emulator;

	for (size_t i = 0; i < c->port->max; i++) {
		if (c->port->clients[i] != c)
			continue;
		c->port->clients[i] = NULL;
		if (c->port == &e->ctrl)
			e->cancel_fds[i] = -1;
	}
	if (e->owed == c)
		e->owed = NULL;
	loop_del(c->source);
	loop_cancel(c->timer);
	close(c->fd);
	if (loop_modify(c->port->source, EPOLLIN) != ERR_OK)
		log_warning("no further guest connections can be accepted");
	free(c);
}

/* A client that leaves so many responses unread that one does not fit is not waited for. */
static enum err client_send(const struct client *c, const uint8_t *bytes, size_t len)
{
	ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n == (ssize_t)len ? ERR_OK : ERR_EOF;
}

/* Answers now, or once what the request changed is anchored. */
static enum err client_respond(struct client *c, const uint8_t *bytes, size_t len)
{
	struct emulator *e = c->port->emulator;

	if (!e->vtpm->held)
		return client_send(c, bytes, len);
	e->owed = c;
	e->owed_response = (struct vtpm_response){bytes, len};
	return ERR_OK;
}

static enum err serve_data(struct client *c, size_t *used)
{
	struct emulator *e = c->port->emulator;
	uint8_t refusal[TPM_HEADER_SIZE];
	struct vtpm_response response;
	enum err err;

	err = data_frame(c->buf, c->have, used);
	if (err == ERR_FORMAT) {
		tpm_response_rc(VTPM_RC_COMMAND_SIZE, refusal);
		if (client_send(c, refusal, sizeof(refusal)) != ERR_OK)
			return ERR_EOF;
	}
	if (err)
		return err;
	if (vtpm_busy(e->vtpm))
		return ERR_STATE;
	vtpm_execute(e->vtpm, c->buf, *used, &response);
	adopt_early(e);
	return client_respond(c, response.bytes, response.len);
}

static void on_partial_timeout(void *arg)
{
	struct client *c = arg;

	c->timer = NULL;
	client_close(c);
}

/* The clock runs while a request is incomplete and we are not the ones who hold it up. */
static enum err client_watch_partial(struct client *c)
{
	bool partial = c->have > 0 && !c->paused;

	if (!partial) {
		loop_cancel(c->timer);
		c->timer = NULL;
		return ERR_OK;
	}
	if (c->timer)
		return ERR_OK;
	return loop_after(c->port->emulator->loop, PARTIAL_MS, on_partial_timeout, c, &c->timer);
}

static enum err client_pause(struct client *c, bool pause)
{
	if (c->paused == pause)
		return ERR_OK;
	c->paused = pause;
	return loop_modify(c->source, pause ? 0 : EPOLLIN);
}

/* Serves every whole request that is in the buffer. Closes the client on any error. */
static void client_serve(struct client *c)
{
	enum err err = ERR_OK;
	size_t used;

	while (c->have > 0 && !err) {
		err = c->port->serve(c, &used);
		if (err)
			break;
		c->have -= used;
		memmove(c->buf, c->buf + used, c->have);
	}
	if (err == ERR_STATE)
		err = client_pause(c, true);
	else if (err == ERR_AGAIN)
		err = ERR_OK;
	if (!err && (c->have > 0 || c->timer))
		err = client_watch_partial(c);
	if (err)
		client_close(c);
}

/* CANCEL for a command that has not begun: it is answered, and never executed. */
static void cancel_waiting(void *arg)
{
	struct emulator *e = arg;
	struct client *c = e->data.clients[0];
	uint8_t canceled[TPM_HEADER_SIZE];
	size_t len;

	if (!c || !c->paused || c == e->owed || data_frame(c->buf, c->have, &len) != ERR_OK)
		return;
	tpm_response_rc(VTPM_RC_CANCELED, canceled);
	if (client_send(c, canceled, sizeof(canceled)) != ERR_OK ||
	    client_pause(c, false) != ERR_OK) {
		client_close(c);
		return;
	}
	c->have -= len;
	memmove(c->buf, c->buf + len, c->have);
	client_serve(c);
}

static enum err serve_ctrl(struct client *c, size_t *used)
{
	struct emulator *e = c->port->emulator;
	const struct ctrl_host host = {e->vtpm, cancel_waiting, e};
	uint8_t response[CTRL_RESPONSE_MAX];
	struct ctrl_request request;
	bool was_held = e->vtpm->held;
	enum err err;
	size_t len;

	err = ctrl_frame(c->buf, c->have, &request);
	if (err == ERR_AGAIN)
		return err;
	if (err) {
		len = ctrl_refuse(err, response);
		return client_send(c, response, len) == ERR_OK ? err : ERR_EOF;
	}
	if (request.waits && vtpm_busy(e->vtpm))
		return ERR_STATE;
	*used = request.len;
	len = ctrl_handle(&host, c->buf, request.len, response);
	if (was_held || !e->vtpm->held)
		return client_send(c, response, len);
	if (len > sizeof(e->owed_copy))
		return ERR_INTERNAL;
	memcpy(e->owed_copy, response, len);
	return client_respond(c, e->owed_copy, len);
}

static void on_client(void *arg, uint32_t events)
{
	struct client *c = arg;
	ssize_t n;

	if (c->paused) {
		if (events & (EPOLLHUP | EPOLLERR))
			client_close(c);
		return;
	}
	/* Neither more requests nor a half-closed connection matter before the answer. */
	if (c == c->port->emulator->owed) {
		if (client_pause(c, true) != ERR_OK)
			client_close(c);
		return;
	}
	n = recv(c->fd, c->buf + c->have, c->port->buffer - c->have, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(c);
		return;
	}
	c->have += (size_t)n;
	client_serve(c);
}

/* SIGIO for what arrives, so that a CANCEL is seen while a command executes. */
static bool want_sigio(int fd)
{
	return fcntl(fd, F_SETOWN, getpid()) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) == 0;
}

static bool holds_cancel(int fd)
{
	uint8_t command[4];

	return fd >= 0 &&
	       recv(fd, command, sizeof(command), MSG_PEEK | MSG_DONTWAIT) ==
		   (ssize_t)sizeof(command) &&
	       ctrl_is_cancel(command);
}

/* In the signal handler: whoever wants to cancel may well connect only now. */
static bool probe_cancel(void *arg)
{
	struct emulator *e = arg;
	bool found = false;

	if (e->early_fd < 0 && count_clients(&e->ctrl) < e->ctrl.max) {
		e->early_fd = accept4(e->ctrl.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (e->early_fd >= 0)
			want_sigio(e->early_fd);
	}
	for (size_t i = 0; i < CTRL_CLIENTS; i++)
		found = found || holds_cancel(e->cancel_fds[i]);
	return found || holds_cancel(e->early_fd);
}

static enum err client_new(struct port *p, int fd, size_t slot)
{
	struct client *c = malloc(sizeof(*c) + p->buffer);
	enum err e = ERR_NO_MEMORY;

	if (!c) {
		close(fd);
		return e;
	}
	*c = (struct client){.port = p, .fd = fd};
	p->clients[slot] = c;
	e = loop_add(p->emulator->loop, fd, EPOLLIN, on_client, c, &c->source);
	if (!e && p == &p->emulator->ctrl) {
		p->emulator->cancel_fds[slot] = fd;
		e = want_sigio(fd) ? ERR_OK : ERR_INTERNAL;
	}
	if (e)
		client_close(c);
	return e;
}

/* Takes a connection as a client of the port, which then has a free slot. */
static void port_admit(struct port *p, int fd)
{
	size_t slot = 0;

	while (p->clients[slot])
		slot++;
	if (client_new(p, fd, slot) == ERR_OK && count_clients(p) == p->max &&
	    loop_modify(p->source, 0) != ERR_OK)
		log_warning("the guest port cannot be paused");
}

static void adopt_early(struct emulator *e)
{
	int fd = e->early_fd;

	if (fd < 0)
		return;
	e->early_fd = -1;
	port_admit(&e->ctrl, fd);
}

static void on_connection(void *arg, uint32_t events)
{
	struct port *p = arg;
	int fd;

	(void)events;
	if (count_clients(p) == p->max)
		return;
	fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		port_admit(p, fd);
}

static void resume_port(struct port *p)
{
	for (size_t i = 0; i < p->max && !vtpm_busy(p->emulator->vtpm); i++) {
		struct client *c = p->clients[i];

		if (!c || !c->paused)
			continue;
		if (client_pause(c, false) == ERR_OK)
			client_serve(c);
		else
			client_close(c);
	}
}

static void resume_all(struct emulator *e)
{
	resume_port(&e->ctrl);
	resume_port(&e->data);
}

static void emulator_released(void *self)
{
	struct emulator *e = self;
	struct client *c = e->owed;

	e->owed = NULL;
	if (c && client_send(c, e->owed_response.bytes, e->owed_response.len) != ERR_OK)
		client_close(c);
	resume_all(e);
}

static enum err port_open(struct port *p)
{
	return loop_add(p->emulator->loop, p->fd, EPOLLIN, on_connection, p, &p->source);
}

static enum err emulator_open(void *self)
{
	struct emulator *e = self;
	enum err err;

	err = tpm_watch_cancel(probe_cancel, e);
	if (!err)
		err = port_open(&e->data);
	if (!err)
		err = port_open(&e->ctrl);
	if (!err && !want_sigio(e->ctrl.fd))
		err = ERR_INTERNAL;
	return err;
}

static void port_close(struct port *p)
{
	for (size_t i = 0; i < p->max; i++)
		if (p->clients[i])
			client_close(p->clients[i]);
	loop_del(p->source);
}

static void emulator_close(void *self)
{
	struct emulator *e = self;

	port_close(&e->data);
	port_close(&e->ctrl);
	free(e);
}

static const struct guest_ops emulator_ops = {emulator_open, emulator_released, emulator_close};

enum err guest_emulator_new(struct loop *l, struct vtpm *v, int data_fd, int ctrl_fd,
			    struct guest_transport *out)
{
	struct emulator *e = calloc(1, sizeof(*e));

	if (!e)
		return ERR_NO_MEMORY;
	e->loop = l;
	e->vtpm = v;
	e->data = (struct port){.emulator = e,
				.serve = serve_data,
				.buffer = TPM_COMMAND_MAX,
				.max = DATA_CLIENTS,
				.fd = data_fd};
	e->ctrl = (struct port){.emulator = e,
				.serve = serve_ctrl,
				.buffer = CTRL_REQUEST_MAX,
				.max = CTRL_CLIENTS,
				.fd = ctrl_fd};
	e->early_fd = -1;
	for (size_t i = 0; i < CTRL_CLIENTS; i++)
		e->cancel_fds[i] = -1;
	*out = (struct guest_transport){&emulator_ops, e};
	return ERR_OK;
}
