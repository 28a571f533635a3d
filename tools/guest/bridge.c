/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/guest/bridge.h"

#include "lib/log.h"
#include "tools/guest/command.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PACKET_MAX 4096 /* of both drivers */
#define RC_FAILURE 0x101u

struct packet {
	uint8_t bytes[PACKET_MAX];
	size_t len;
};

static enum err receive(int fd, struct packet *p)
{
	ssize_t n = read(fd, p->bytes, sizeof(p->bytes));

	if (n < 0)
		return err_from_errno(errno);
	p->len = (size_t)n;
	return ERR_OK;
}

static enum err transmit(int fd, const struct packet *p)
{
	ssize_t n = write(fd, p->bytes, p->len);

	if (n < 0)
		return err_from_errno(errno);
	return (size_t)n == p->len ? ERR_OK : ERR_IO;
}

/* One command of p, whose response takes its place. A TPM that fails it has answered, so to say. */
static enum err execute(struct packet *p)
{
	enum err e = transmit(BRIDGE_FD_TPM, p);

	if (!e)
		e = receive(BRIDGE_FD_TPM, p);
	if (!e && p->len >= TPM_HEADER_SIZE)
		return ERR_OK;
	if (e == ERR_EOF) {
		log_error("the TPM's device is gone");
		return e;
	}
	log_debug("the TPM failed a command (%s)", err_name(e));
	tpm_response_rc(RC_FAILURE, p->bytes);
	p->len = TPM_HEADER_SIZE;
	return ERR_OK;
}

/* A driver that has waited long enough takes no response any more, but the next one. */
static enum err answer(const struct packet *p)
{
	return transmit(BRIDGE_FD_SERVER, p) == ERR_EOF ? ERR_EOF : ERR_OK;
}

static enum err serve_one(struct packet *p)
{
	uint8_t own[TPM_HEADER_SIZE];
	enum err e = receive(BRIDGE_FD_SERVER, p);

	if (e) {
		log_error("the kernel takes the new device away: %s", err_text(e));
		return ERR_EOF;
	}
	if (command_is_ours(p->bytes, p->len, own)) {
		memcpy(p->bytes, own, sizeof(own));
		p->len = sizeof(own);
	} else {
		e = execute(p);
	}
	return e ? e : answer(p);
}

/* The kernel waits for its first answer meanwhile: nothing is served that is no TPM 2.0. */
static enum err probe(struct packet *p)
{
	enum err e;

	p->len = command_probe(p->bytes);
	e = execute(p);
	if (!e && !command_probe_succeeded(p->bytes, p->len)) {
		log_error("the device is no TPM 2.0, or one that has failed");
		e = ERR_UNSUPPORTED;
	}
	return e;
}

static enum err shut_down(struct packet *p)
{
	p->len = command_shutdown(p->bytes);
	return execute(p);
}

enum err bridge_run(void)
{
	struct pollfd fds[] = {{.fd = BRIDGE_FD_SERVER, .events = POLLIN}, {.fd = BRIDGE_FD_STOP}};
	struct packet p;
	enum err e = probe(&p);

	while (!e) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			return err_from_errno(errno);
		if (fds[1].revents)
			return shut_down(&p);
		e = serve_one(&p);
	}
	return e;
}
