/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_relay LISTEN TARGET DELAY: stands between the key keeper and ptpm-proxy
 * (unix SEQPACKET, lib/proto_ptpm.h) and times what lies beyond: the proxy and
 * the physical TPM. On SIGUSR1 it prints, and forgets,
 *
 *	COMMAND-CODE count p50 p99 total
 *
 * in microseconds, one line a command code, then "end".
 *
 * On SIGUSR2 it reads from the file DELAY how many milliseconds a write of the
 * TPM's NV memory takes longer from now on, and prints "delay": a discrete TPM
 * is slow, and the one behind this relay is not.
 */
#include "lib/msg.h"
#include "tests/bench/bench_tpm.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CODES_MAX   64
#define SAMPLES_MAX 65536
#define CODE_AT     (MSG_HEADER_SIZE + 6) /* of the TPM command in the message */

struct code_times {
	uint32_t code;
	size_t n;
	double *us;
};

struct relay {
	int listen, signals;
	int client, target; /* -1: nobody is connected */
	const char *target_path;
	const char *delay_path;
	unsigned delay_ms;
	double sent;
	uint32_t code;
	struct code_times times[CODES_MAX];
};

static struct code_times *times_of(struct relay *r, uint32_t code)
{
	size_t i;

	for (i = 0; i < CODES_MAX; i++) {
		struct code_times *t = &r->times[i];

		if (!t->us) {
			t->code = code;
			t->us = calloc(SAMPLES_MAX, sizeof(*t->us));
		}
		if (t->code == code && t->us)
			return t;
	}
	return NULL;
}

static void record(struct relay *r)
{
	struct code_times *t = times_of(r, r->code);

	if (t && t->n < SAMPLES_MAX)
		t->us[t->n++] = bench_now() - r->sent;
}

static void print_times(struct relay *r)
{
	size_t i, k;

	for (i = 0; i < CODES_MAX && r->times[i].us; i++) {
		struct code_times *t = &r->times[i];
		double total = 0;

		for (k = 0; k < t->n; k++)
			total += t->us[k];
		if (t->n)
			printf("%x %zu %.1f %.1f %.1f\n", (unsigned)t->code, t->n,
			       bench_quantile(t->us, t->n, 0.5), bench_quantile(t->us, t->n, 0.99),
			       total);
		t->n = 0;
	}
	printf("end\n");
	fflush(stdout);
}

static int unix_socket(const char *path, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(addr->sun_path))
		return -1;
	strcpy(addr->sun_path, path);
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static void hang_up(struct relay *r)
{
	close(r->client);
	close(r->target);
	r->client = r->target = -1;
}

static void pick_up(struct relay *r)
{
	struct sockaddr_un addr;

	r->client = accept(r->listen, NULL, NULL);
	r->target = unix_socket(r->target_path, &addr);
	if (r->client < 0 || connect(r->target, (struct sockaddr *)&addr, sizeof(addr)))
		hang_up(r);
}

static const uint32_t nv_writes[] = {0x134, 0x136, 0x137}; /* Increment, Extend, Write */

/* The answer is late; nobody else's commands wait for it, for there is one client. */
static void be_slow(const struct relay *r)
{
	const struct timespec t = {r->delay_ms / 1000, (long)(r->delay_ms % 1000) * 1000000};
	size_t i;

	for (i = 0; r->delay_ms && i < sizeof(nv_writes) / sizeof(nv_writes[0]); i++) {
		if (nv_writes[i] == r->code)
			nanosleep(&t, NULL);
	}
}

static void read_delay(struct relay *r)
{
	FILE *f = fopen(r->delay_path, "r");

	if (!f || fscanf(f, "%u", &r->delay_ms) != 1)
		fprintf(stderr, "bench_relay: %s holds no number\n", r->delay_path);
	else
		printf("delay\n");
	fflush(stdout);
	if (f)
		fclose(f);
}

static void on_signal(struct relay *r)
{
	struct signalfd_siginfo info;

	if (read(r->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		print_times(r);
	else
		read_delay(r);
}

/* Passes on one message. Each command has one answer, and no other follows before it. */
static void pass(struct relay *r, int from, int to)
{
	uint8_t buf[MSG_HEADER_SIZE + BENCH_BUFFER];
	ssize_t n = recv(from, buf, sizeof(buf), 0);

	if (from == r->target && n > 0) {
		be_slow(r);
		record(r);
	}
	if (n <= 0 || send(to, buf, (size_t)n, MSG_NOSIGNAL) != n) {
		hang_up(r);
		return;
	}
	if (from == r->client && (size_t)n > CODE_AT + 3) {
		r->code = (uint32_t)buf[CODE_AT] << 24 | (uint32_t)buf[CODE_AT + 1] << 16 |
			  (uint32_t)buf[CODE_AT + 2] << 8 | buf[CODE_AT + 3];
		r->sent = bench_now();
	}
}

static void turn(struct relay *r)
{
	struct pollfd p[] = {
	    {r->signals, POLLIN, 0},
	    {r->client < 0 ? r->listen : r->client, POLLIN, 0},
	    {r->target, POLLIN, 0},
	};

	if (poll(p, 3, -1) < 0)
		return;
	if (p[0].revents)
		on_signal(r);
	if (p[1].revents && r->client < 0)
		pick_up(r);
	else if (p[1].revents)
		pass(r, r->client, r->target);
	else if (p[2].revents)
		pass(r, r->target, r->client);
}

int main(int argc, char **argv)
{
	static struct relay r = {.client = -1, .target = -1};
	struct sockaddr_un addr;
	sigset_t set;

	if (argc != 4) {
		fprintf(stderr, "usage: bench_relay LISTEN TARGET DELAY\n");
		return 2;
	}
	r.target_path = argv[2];
	r.delay_path = argv[3];
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r.signals = signalfd(-1, &set, SFD_CLOEXEC);
	r.listen = unix_socket(argv[1], &addr);
	if (bind(r.listen, (struct sockaddr *)&addr, sizeof(addr)) || listen(r.listen, 8)) {
		fprintf(stderr, "bench_relay: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (;;)
		turn(&r);
}
