/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest transport as it is: sockets, framing, control commands, holding
 * and releasing, with a real libtpms behind. Input: steps of u8 what, u8
 * length, bytes. Every byte that a guest gets back on the data socket must be
 * part of a well-formed response.
 */
#include "lib/log.h"
#include "stubdom/guest.h"
#include "stubdom/tpm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RESPONSE_SIZE_AT 2
#define RECEIVED_MAX     65536

enum client { DATA, CTRL, NCLIENTS };
enum step { SEND_DATA, SEND_CTRL, NEW_DATA, NEW_CTRL, RELEASE, STALL, NSTEPS };

static struct {
	struct loop *loop;
	struct vtpm vtpm;
	struct guest_transport guest;
	int listening[NCLIENTS];
	struct sockaddr_un address[NCLIENTS];
	socklen_t address_len;
	int client[NCLIENTS];
	uint8_t received[RECEIVED_MAX];
	size_t nreceived;
} f;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void on_commit(void *arg, bool anchor)
{
	(void)arg, (void)anchor;
}

static void on_turn(void *arg)
{
	(void)arg;
	loop_stop(f.loop);
}

static void turn(void)
{
	struct loop_timer *timer;

	for (int i = 0; i < 2; i++) {
		check(loop_after(f.loop, 0, on_turn, NULL, &timer) == ERR_OK);
		check(loop_run(f.loop) == ERR_OK);
	}
}

static void drain(void)
{
	uint8_t ctrl[4096];
	ssize_t n;

	while (recv(f.client[CTRL], ctrl, sizeof(ctrl), MSG_DONTWAIT) > 0)
		;
	do {
		n = recv(f.client[DATA], f.received + f.nreceived, RECEIVED_MAX - f.nreceived,
			 MSG_DONTWAIT);
		f.nreceived += n > 0 ? (size_t)n : 0;
	} while (n > 0 && f.nreceived < RECEIVED_MAX);
}

static void check_responses(void)
{
	size_t at = 0;

	while (f.nreceived < RECEIVED_MAX && at < f.nreceived) {
		const uint8_t *size = f.received + at + RESPONSE_SIZE_AT;
		size_t len;

		check(f.nreceived - at >= 10);
		len =
		    (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
		check(len >= 10 && len <= f.nreceived - at);
		at += len;
	}
	f.nreceived = 0;
}

static void dial(enum client which)
{
	drain();
	if (which == DATA)
		check_responses();
	if (f.client[which] >= 0)
		close(f.client[which]);
	turn();
	f.client[which] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(connect(f.client[which], (struct sockaddr *)&f.address[which], f.address_len) == 0);
	turn();
}

static void release(void)
{
	if (!f.vtpm.held)
		return;
	vtpm_release(&f.vtpm);
	f.guest.ops->released(f.guest.self);
}

static void take_step(uint8_t what, const uint8_t *bytes, size_t len)
{
	enum client to = what % NSTEPS == SEND_DATA ? DATA : CTRL;

	switch ((enum step)(what % NSTEPS)) {
	case SEND_DATA:
	case SEND_CTRL:
		(void)!send(f.client[to], bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		break;
	case NEW_DATA:
		dial(DATA);
		break;
	case NEW_CTRL:
		dial(CTRL);
		break;
	case RELEASE:
		release();
		break;
	default:
		f.vtpm.stalled ^= VTPM_STALL_FAILS;
	}
	turn();
	drain();
}

static int listen_abstract(enum client which)
{
	struct sockaddr_un *a = &f.address[which];

	a->sun_family = AF_UNIX;
	snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "fuzz_emulator.%d.%d", getpid(), which);
	f.address_len = sizeof(*a);
	f.listening[which] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	check(bind(f.listening[which], (struct sockaddr *)a, f.address_len) == 0);
	check(listen(f.listening[which], 8) == 0);
	f.client[which] = -1;
	return f.listening[which];
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	log_init("fuzz_emulator", LOG_LEVEL_ERROR);
	vtpm_init(&f.vtpm, 65536, on_commit, NULL);
	check(loop_new(&f.loop) == ERR_OK && tpm_init() == ERR_OK);
	check(guest_emulator_new(f.loop, &f.vtpm, listen_abstract(DATA), listen_abstract(CTRL),
				 &f.guest) == ERR_OK);
	check(f.guest.ops->open(f.guest.self) == ERR_OK);
	return 0;
}

/* Each input starts with a TPM that is on and started, and two new clients. */
static void begin(void)
{
	f.vtpm.stalled = 0;
	release();
	dial(DATA);
	dial(CTRL);
	tpm_set_locality(0); /* TPM2_Startup is not for every one */
	check(tpm_power_on() == ERR_OK && vtpm_startup(&f.vtpm) == ERR_OK);
	release();
	drain();
	f.nreceived = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	while (size >= 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		take_step(data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	release();
	turn();
	drain();
	check_responses();
	return 0;
}
