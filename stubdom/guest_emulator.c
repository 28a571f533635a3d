/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TPM emulator protocol as a guest transport: a data port and a control
 * port, and who waits for what. Frames and control commands are data.c's and
 * ctrl.c's.
 */
#include "stubdom/guest.h"

#include "lib/log.h"
#include "lib/tpm_cmd.h"
#include "stubdom/ctrl.h"
#include "stubdom/data.h"
#include "stubdom/port.h"
#include "stubdom/tpm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATA_CLIENTS  1            /* a TPM has one bus; the next connection waits */
#define CTRL_CLIENTS  PORT_CLIENTS /* so that one who is silent keeps nobody from cancelling */
#define OWED_COPY_MAX 16

struct emulator {
	struct vtpm *vtpm;
	struct port data;
	struct port ctrl;
	/* The response that waits for the commit, and whose it is; NULL: he left. */
	struct port_client *owed;
	struct vtpm_response owed_response;
	uint8_t owed_copy[OWED_COPY_MAX];
	/* Who passed the data connection that is served; NULL: nobody did, or he has left. */
	struct port_client *bus_owner;
	bool bus_passed;
	/* For the signal handler, which runs only while a command executes; -1: none. */
	volatile int cancel_fds[CTRL_CLIENTS];
	volatile int early_fd; /* a control connection that it has accepted */
};

static struct emulator *emulator_of(const struct port_client *c)
{
	return c->port->arg;
}

/* Answers now, or once what the request changed is anchored. */
static enum err respond(struct port_client *c, const uint8_t *bytes, size_t len)
{
	struct emulator *e = emulator_of(c);

	if (!e->vtpm->held)
		return port_send(c, bytes, len);
	c->owed = true;
	e->owed = c;
	e->owed_response = (struct vtpm_response){bytes, len};
	return ERR_OK;
}

static void forget_owed(struct port_client *c)
{
	struct emulator *e = emulator_of(c);

	if (e->owed == c)
		e->owed = NULL;
}

/* ---- cancel --------------------------------------------------------------------------------- */

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

	if (e->early_fd < 0 && port_count(&e->ctrl) < e->ctrl.max) {
		e->early_fd = accept4(e->ctrl.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (e->early_fd >= 0)
			want_sigio(e->early_fd);
	}
	for (size_t i = 0; i < CTRL_CLIENTS; i++)
		found = found || holds_cancel(e->cancel_fds[i]);
	return found || holds_cancel(e->early_fd);
}

static void admit_early(struct emulator *e)
{
	int fd = e->early_fd;

	e->early_fd = -1;
	if (fd >= 0 && port_admit(&e->ctrl, fd) != ERR_OK)
		log_warning("a guest's connection could not be admitted");
}

/* CANCEL for a command that has not begun: it is answered, and never executed. */
static void cancel_waiting(void *arg)
{
	struct port_client *c = emulator_of(arg)->data.clients[0];
	uint8_t canceled[TPM_HEADER_SIZE];
	size_t len;

	if (!c || !c->paused || c->owed || data_frame(c->buf, c->have, &len) != ERR_OK)
		return;
	tpm_response_rc(VTPM_RC_CANCELED, canceled);
	if (port_send(c, canceled, sizeof(canceled)) == ERR_OK)
		port_skip(c, len);
	else
		port_client_close(c);
}

/* ---- the data port -------------------------------------------------------------------------- */

static enum err serve_data(struct port_client *c, size_t *used)
{
	struct emulator *e = emulator_of(c);
	uint8_t refusal[TPM_HEADER_SIZE];
	struct vtpm_response response;
	enum err err;

	err = data_frame(c->buf, c->have, used);
	if (err == ERR_FORMAT) {
		tpm_response_rc(VTPM_RC_COMMAND_SIZE, refusal);
		if (port_send(c, refusal, sizeof(refusal)) != ERR_OK)
			return ERR_EOF;
	}
	if (err)
		return err;
	if (vtpm_busy(e->vtpm))
		return ERR_STATE;
	vtpm_execute(e->vtpm, c->buf, *used, &response);
	admit_early(e);
	return respond(c, response.bytes, response.len);
}

static void data_closed(struct port_client *c)
{
	forget_owed(c);
	emulator_of(c)->bus_passed = false;
	emulator_of(c)->bus_owner = NULL;
}

static const struct port_ops data_ops = {.serve = serve_data, .closed = data_closed};

static bool is_socket(int fd)
{
	char c;

	return recv(fd, &c, sizeof(c), MSG_PEEK | MSG_DONTWAIT) >= 0 || errno == EAGAIN;
}

/*
 * QEMU makes a pair of sockets and passes one end. Who has the bus keeps it: a
 * second QEMU on this vTPM is told so before it has changed anything.
 */
static enum err set_data_fd(void *arg, int fd)
{
	struct emulator *e = emulator_of(arg);
	enum err err;

	if (!is_socket(fd)) {
		close(fd);
		return ERR_ARG;
	}
	err = port_admit(&e->data, fd);
	if (err)
		return err;
	e->bus_passed = true;
	e->bus_owner = arg;
	return ERR_OK;
}

/* ---- the control port ----------------------------------------------------------------------- */

static enum err ctrl_admitted(struct port_client *c)
{
	struct emulator *e = emulator_of(c);

	for (size_t i = 0; i < CTRL_CLIENTS; i++)
		if (c->port->clients[i] == c)
			e->cancel_fds[i] = c->fd;
	return want_sigio(c->fd) ? ERR_OK : ERR_INTERNAL;
}

static void ctrl_closed(struct port_client *c)
{
	struct emulator *e = emulator_of(c);

	forget_owed(c);
	if (e->bus_owner == c)
		e->bus_owner = NULL;
	for (size_t i = 0; i < CTRL_CLIENTS; i++)
		if (c->port->clients[i] == c)
			e->cancel_fds[i] = -1;
}

static enum err refuse(const struct port_client *c, enum err why)
{
	uint8_t response[CTRL_RESPONSE_MAX];
	size_t len = ctrl_refuse(why, response);

	return port_send(c, response, len) == ERR_OK ? why : ERR_EOF;
}

static enum err serve_ctrl(struct port_client *c, size_t *used)
{
	struct emulator *e = emulator_of(c);
	const struct ctrl_host host = {.vtpm = e->vtpm,
				       .foreign = e->bus_passed && e->bus_owner != c,
				       .passed = &c->passed,
				       .set_data_fd = set_data_fd,
				       .cancel = cancel_waiting,
				       .arg = c};
	uint8_t response[CTRL_RESPONSE_MAX];
	struct ctrl_request request;
	bool was_held = e->vtpm->held;
	enum err err;
	size_t len;

	err = ctrl_frame(c->buf, c->have, &request);
	if (err)
		return err == ERR_AGAIN ? err : refuse(c, err);
	if (request.waits && vtpm_busy(e->vtpm))
		return ERR_STATE;
	*used = request.len;
	len = ctrl_handle(&host, c->buf, request.len, response);
	if (was_held || !e->vtpm->held)
		return port_send(c, response, len);
	if (len > sizeof(e->owed_copy))
		return ERR_INTERNAL;
	memcpy(e->owed_copy, response, len);
	return respond(c, e->owed_copy, len);
}

static const struct port_ops ctrl_ops = {serve_ctrl, ctrl_admitted, ctrl_closed};

/* ---- the transport -------------------------------------------------------------------------- */

static void emulator_released(void *self)
{
	struct emulator *e = self;
	struct port_client *c = e->owed;

	e->owed = NULL;
	if (c) {
		c->owed = false;
		if (port_send(c, e->owed_response.bytes, e->owed_response.len) != ERR_OK)
			port_client_close(c);
	}
	port_resume(&e->ctrl);
	port_resume(&e->data);
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
	e->vtpm = v;
	e->data = (struct port){.loop = l,
				.ops = &data_ops,
				.arg = e,
				.buffer = TPM_COMMAND_MAX,
				.max = DATA_CLIENTS,
				.fd = data_fd};
	e->ctrl = (struct port){.loop = l,
				.ops = &ctrl_ops,
				.arg = e,
				.buffer = CTRL_REQUEST_MAX,
				.max = CTRL_CLIENTS,
				.takes_fds = true,
				.fd = ctrl_fd};
	e->early_fd = -1;
	for (size_t i = 0; i < CTRL_CLIENTS; i++)
		e->cancel_fds[i] = -1;
	*out = (struct guest_transport){&emulator_ops, e};
	return ERR_OK;
}
