/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/emulator.h"

#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "lib/wbuf.h"
#include "stubdom/init/rc.h"
#include "stubdom/init/tpmif.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESPONSE_MAX 4096
#define SIZE_END     6 /* tag and size field of a response */
#define CTRL_SUCCESS 0
#define RETRY_MS     200
#define REQUEST_MAX  16

enum { DATA, CTRL, NSOCKETS };

/*
 * What the worker is doing for us. A reset goes through the first five in this order; STOP comes
 * first, for the size of the buffer is set while the TPM is off: no response may be larger than
 * what a page holds.
 */
enum phase {
	STOP,
	BUFFER_SIZE,
	INIT,
	LOCALITY_0,
	STARTUP,
	LOCALITY,
	EXECUTE,
	CANCEL,
	NPHASES,
	IDLE
};

struct emulator {
	struct loop *loop;
	const struct emulator_ops *ops;
	void *arg;
	int fd[NSOCKETS]; /* -1: no worker */
	struct loop_source *source[NSOCKETS];
	struct loop_timer *retry; /* of TPM2_Startup */
	enum phase phase;         /* of all but CANCEL, which comes beside EXECUTE */
	bool cancelling;          /* the worker has yet to say that it saw CANCEL */
	bool orphan;              /* what executes is nobody's any more */
	bool reset;               /* is due */
	uint8_t locality;         /* as the worker knows it, or will */
	const uint8_t *command;   /* NULL: nothing is submitted */
	size_t command_len;
	uint8_t command_locality;
	size_t have[NSOCKETS];
	uint8_t in[NSOCKETS][RESPONSE_MAX];
};

/* ---- what is sent --------------------------------------------------------------------------- */

/* Requests that are the same every time, and how long the reply is; 0: as it says itself. */
static const struct request {
	int socket;
	uint8_t bytes[REQUEST_MAX];
	size_t len;
	size_t reply;
} requests[NPHASES] = {
    [STOP] = {CTRL, {0, 0, 0, 0x0e}, 4, 4},
    [BUFFER_SIZE] = {CTRL,
		     {0, 0, 0, 0x11, 0, 0, TPMIF_PACKET_MAX >> 8, TPMIF_PACKET_MAX & 0xff},
		     8,
		     16},
    [INIT] = {CTRL, {0, 0, 0, 0x02, 0, 0, 0, 1}, 8, 4},
    [LOCALITY_0] = {CTRL, {0, 0, 0, 0x05}, 8, 4},
    [STARTUP] = {DATA, {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44}, 12, 0},
    [LOCALITY] = {CTRL, {0, 0, 0, 0x05}, 8, 4}, /* and the locality, in the fifth byte */
    [EXECUTE] = {DATA, {0}, 0, 0},              /* what was submitted instead */
    [CANCEL] = {CTRL, {0, 0, 0, 0x09}, 4, 4},
};

#define LOCALITY_AT 4

static void drop_sockets(struct emulator *e)
{
	for (int i = 0; i < NSOCKETS; i++) {
		loop_del(e->source[i]);
		e->source[i] = NULL;
		if (e->fd[i] >= 0)
			close(e->fd[i]);
		e->fd[i] = -1;
		e->have[i] = 0;
	}
	loop_cancel(e->retry);
	e->retry = NULL;
}

static void answer(struct emulator *e, const uint8_t *response, size_t len)
{
	if (!e->command)
		return;
	e->command = NULL;
	e->ops->answer(e->arg, response, len);
}

static void answer_rc(struct emulator *e, uint32_t rc)
{
	uint8_t response[TPM_HEADER_SIZE];

	tpm_response_rc(rc, response);
	answer(e, response, sizeof(response));
}

void emulator_disconnect(struct emulator *e)
{
	bool executing = e->phase == EXECUTE && !e->orphan;

	drop_sockets(e);
	e->phase = IDLE;
	e->cancelling = e->orphan = false;
	if (executing)
		answer_rc(e, RC_FAILURE);
}

static void lose(struct emulator *e)
{
	emulator_disconnect(e);
	e->ops->lost(e->arg);
}

/* One request is under way on a socket at most, so it always has room. */
static void send_request(struct emulator *e, int socket, const uint8_t *bytes, size_t len)
{
	if (send(e->fd[socket], bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		lose(e);
}

static void enter(struct emulator *e, enum phase phase)
{
	uint8_t bytes[REQUEST_MAX];

	e->phase = phase;
	memcpy(bytes, requests[phase].bytes, sizeof(bytes));
	if (phase == LOCALITY)
		bytes[LOCALITY_AT] = e->locality = e->command_locality;
	if (phase == EXECUTE)
		send_request(e, DATA, e->command, e->command_len);
	else
		send_request(e, requests[phase].socket, bytes, requests[phase].len);
}

/* A CANCEL that the worker has yet to read would cancel whatever is sent after it. */
static void advance(struct emulator *e)
{
	if (e->fd[DATA] < 0 || e->phase != IDLE || e->cancelling)
		return;
	if (e->reset)
		enter(e, STOP);
	else if (e->command)
		enter(e, e->command_locality == e->locality ? EXECUTE : LOCALITY);
}

/* ---- what comes back ------------------------------------------------------------------------ */

static void on_retry(void *arg)
{
	struct emulator *e = arg;

	e->retry = NULL;
	enter(e, STARTUP);
}

/* While the pTPM is away the worker cannot store what TPM2_Startup changes. */
static void started(struct emulator *e, uint32_t rc)
{
	if (rc == RC_RETRY && loop_after(e->loop, RETRY_MS, on_retry, e, &e->retry) == ERR_OK)
		return;
	if (rc != 0)
		log_warning("TPM2_Startup: 0x%x", rc);
	e->reset = false;
	e->phase = IDLE;
	advance(e);
}

static void on_ctrl_reply(struct emulator *e, uint32_t result)
{
	if (e->cancelling) {
		e->cancelling = false;
		advance(e);
	} else if (result != CTRL_SUCCESS) {
		log_error("control request of phase %d: 0x%x", e->phase, result);
		lose(e);
	} else if (e->phase == LOCALITY) {
		e->phase = IDLE;
		advance(e);
	} else {
		if (e->phase == LOCALITY_0)
			e->locality = 0;
		enter(e, e->phase + 1);
	}
}

static void on_data_reply(struct emulator *e, const uint8_t *response, size_t len)
{
	struct tpm_header h;

	if (e->phase == STARTUP) {
		started(e, tpm_header_decode(response, len, &h) == ERR_OK ? h.code : RC_FAILURE);
		return;
	}
	e->phase = IDLE;
	if (!e->orphan)
		answer(e, response, len);
	e->orphan = false;
	advance(e);
}

/* Which request's reply this socket is waited on for; NPHASES: none. */
static enum phase awaited(const struct emulator *e, int socket)
{
	if (socket == CTRL && e->cancelling)
		return CANCEL;
	if (e->phase == IDLE || e->retry || requests[e->phase].socket != socket)
		return NPHASES;
	return e->phase;
}

/* The length of the reply that has begun; 0: not to be told yet. Too large: nonsense. */
static size_t reply_len(const struct emulator *e, int socket)
{
	size_t fixed = requests[awaited(e, socket)].reply;
	struct rbuf r;

	if (fixed > 0)
		return fixed;
	if (e->have[socket] < SIZE_END)
		return 0;
	rbuf_init(&r, e->in[socket], SIZE_END);
	rbuf_u16(&r);
	return rbuf_u32(&r);
}

/* ERR_FORMAT: more than the reply, or nothing that could be one. */
static enum err check_reply(const struct emulator *e, int socket)
{
	size_t len;

	if (awaited(e, socket) == NPHASES)
		return ERR_FORMAT;
	len = reply_len(e, socket);
	if (len == 0)
		return ERR_AGAIN;
	if (socket == DATA && len < TPM_HEADER_SIZE)
		return ERR_FORMAT;
	if (len > RESPONSE_MAX || e->have[socket] > len)
		return ERR_FORMAT;
	return e->have[socket] == len ? ERR_OK : ERR_AGAIN;
}

static void take_reply(struct emulator *e, int socket)
{
	size_t len = e->have[socket];
	struct rbuf r;

	e->have[socket] = 0;
	if (socket == DATA) {
		on_data_reply(e, e->in[DATA], len);
		return;
	}
	rbuf_init(&r, e->in[CTRL], len);
	on_ctrl_reply(e, rbuf_u32(&r));
}

static void on_socket(struct emulator *e, int socket)
{
	size_t room = sizeof(e->in[socket]) - e->have[socket];
	ssize_t n = recv(e->fd[socket], e->in[socket] + e->have[socket], room, MSG_DONTWAIT);
	enum err err;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	e->have[socket] += n > 0 ? (size_t)n : 0;
	err = n > 0 ? check_reply(e, socket) : ERR_EOF;
	if (err == ERR_OK)
		take_reply(e, socket);
	else if (err != ERR_AGAIN)
		lose(e);
}

static void on_data(void *arg, uint32_t events)
{
	(void)events;
	on_socket(arg, DATA);
}

static void on_ctrl(void *arg, uint32_t events)
{
	(void)events;
	on_socket(arg, CTRL);
}

/* ---- what is asked for ---------------------------------------------------------------------- */

enum err emulator_new(struct loop *l, const struct emulator_ops *ops, void *arg,
		      struct emulator **out)
{
	struct emulator *e = calloc(1, sizeof(*e));

	if (!e)
		return ERR_NO_MEMORY;
	e->loop = l;
	e->ops = ops;
	e->arg = arg;
	e->phase = IDLE;
	e->fd[DATA] = e->fd[CTRL] = -1;
	*out = e;
	return ERR_OK;
}

void emulator_free(struct emulator *e)
{
	if (!e)
		return;
	drop_sockets(e);
	free(e);
}

enum err emulator_connect(struct emulator *e, int data_fd, int ctrl_fd)
{
	enum err err;

	emulator_disconnect(e);
	e->fd[DATA] = data_fd;
	e->fd[CTRL] = ctrl_fd;
	e->locality = 0;
	err = loop_add(e->loop, data_fd, EPOLLIN, on_data, e, &e->source[DATA]);
	if (!err)
		err = loop_add(e->loop, ctrl_fd, EPOLLIN, on_ctrl, e, &e->source[CTRL]);
	if (err)
		drop_sockets(e);
	else
		advance(e);
	return err;
}

void emulator_reset(struct emulator *e)
{
	e->reset = true;
	advance(e);
}

void emulator_submit(struct emulator *e, uint8_t locality, const uint8_t *command, size_t len)
{
	e->command = command;
	e->command_len = len;
	e->command_locality = locality;
	advance(e);
}

/* What has not been sent yet never is. */
void emulator_cancel(struct emulator *e)
{
	if (e->phase != EXECUTE || e->orphan) {
		answer_rc(e, RC_CANCELED);
	} else if (!e->cancelling) {
		e->cancelling = true;
		send_request(e, CTRL, requests[CANCEL].bytes, requests[CANCEL].len);
	}
}

void emulator_forget(struct emulator *e)
{
	if (e->command && e->phase == EXECUTE)
		e->orphan = true;
	e->command = NULL;
}
