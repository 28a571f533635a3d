/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_hops FILE MODE WRITERS COUNT: the system calls of a durable NV write
 * and nothing else: processes that pass messages as long as ours on unix
 * sockets, without TPM, cryptography or pTPM, and one that writes whole blocks
 * in place and syncs them. What no manager of so many processes can beat here.
 *
 *	sync     each client writes twice and syncs, itself
 *	session  client -> worker -> broker (write, sync) -> worker -> client
 *	strict   client -> worker -> keeper -> broker (writes, sync) -> keeper -> worker -> client
 *
 * Whoever serves several takes all that have asked, and syncs once for them. Prints
 * writes a second, p50 and p99 in microseconds, as bench_socket writers does.
 */
#include "tests/bench/bench_tpm.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS_MAX 64
#define BLOCK       4096

/* Bytes of the messages, header included. */
enum { COMMAND = 99, RESPONSE = 19, BLOB = 1513, MARK = 93, DURABLE = 26, ANCHORED = 32 };

static struct {
	int file;
	int writers;
	unsigned count;
	double *us;
	/* [0] is the end of the one who asks */
	int guest[WRITERS_MAX][2], broker[WRITERS_MAX][2], keeper[WRITERS_MAX][2], commit[2];
} b;

static uint8_t bytes[WRITERS_MAX * BLOCK];

static void put(int fd, size_t len)
{
	if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		_exit(1);
}

static void get(int fd)
{
	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		_exit(1);
}

static void client(int i)
{
	double *us = b.us + (size_t)i * b.count;

	for (unsigned k = 0; k < b.count; k++) {
		double start = bench_now();

		put(b.guest[i][0], COMMAND);
		get(b.guest[i][0]);
		us[k] = bench_now() - start;
	}
}

static void session_worker(int i)
{
	for (;;) {
		get(b.guest[i][1]);
		put(b.broker[i][0], BLOB);
		get(b.broker[i][0]);
		put(b.guest[i][1], RESPONSE);
	}
}

static void strict_worker(int i)
{
	for (;;) {
		get(b.guest[i][1]);
		put(b.broker[i][0], BLOB);
		put(b.keeper[i][0], MARK);
		get(b.keeper[i][0]);
		put(b.guest[i][1], RESPONSE);
	}
}

/* The other slot each time. The root, which is number 0, takes as many blocks as it has leaves for.
 */
static void write_slot(int number, size_t blocks)
{
	static unsigned turn[WRITERS_MAX + 1];
	off_t at = ((off_t)number * 2 + (turn[number]++ & 1)) * WRITERS_MAX * BLOCK;

	if (pwrite(b.file, bytes, blocks * BLOCK, at) != (ssize_t)(blocks * BLOCK))
		_exit(1);
}

static void sync_file(void)
{
	if (fdatasync(b.file))
		_exit(1);
}

static void sync_client(int i)
{
	double *us = b.us + (size_t)i * b.count;

	for (unsigned k = 0; k < b.count; k++) {
		double start = bench_now();

		write_slot(i + 1, 1);
		write_slot(0, 1);
		sync_file();
		us[k] = bench_now() - start;
	}
}

/* Who has asked, by number. */
static int ready(int sockets[][2], int who[WRITERS_MAX])
{
	struct pollfd p[WRITERS_MAX];
	int n = 0, i;

	for (i = 0; i < b.writers; i++)
		p[i] = (struct pollfd){.fd = sockets[i][1], .events = POLLIN};
	if (poll(p, (nfds_t)b.writers, -1) < 0)
		_exit(1);
	for (i = 0; i < b.writers; i++)
		if (p[i].revents)
			who[n++] = i;
	return n;
}

static void session_broker(int unused)
{
	int who[WRITERS_MAX], n, i;

	(void)unused;
	for (;;) {
		n = ready(b.broker, who);
		for (i = 0; i < n; i++) {
			get(b.broker[who[i]][1]);
			write_slot(who[i] + 1, 1);
		}
		sync_file();
		for (i = 0; i < n; i++)
			put(b.broker[who[i]][1], DURABLE);
	}
}

static size_t root_blocks(void)
{
	return (183 + 204 * (size_t)b.writers + BLOCK - 1) / BLOCK;
}

static void strict_broker(int unused)
{
	int who[WRITERS_MAX], i;
	ssize_t n;

	(void)unused;
	for (;;) {
		n = recv(b.commit[1], who, sizeof(who), 0) / (ssize_t)sizeof(who[0]);
		get(b.commit[1]); /* the root */
		for (i = 0; i < n; i++) {
			get(b.broker[who[i]][1]);
			write_slot(who[i] + 1, 1);
		}
		write_slot(0, root_blocks());
		sync_file();
		put(b.commit[1], DURABLE);
	}
}

static void keeper(int unused)
{
	int who[WRITERS_MAX], n, i;

	(void)unused;
	for (;;) {
		n = ready(b.keeper, who);
		for (i = 0; i < n; i++)
			get(b.keeper[who[i]][1]);
		if (send(b.commit[0], who, (size_t)n * sizeof(who[0]), MSG_NOSIGNAL) < 0)
			_exit(1);
		put(b.commit[0], root_blocks() * BLOCK);
		get(b.commit[0]);
		for (i = 0; i < n; i++)
			put(b.keeper[who[i]][1], ANCHORED);
	}
}

static const struct mode {
	const char *name;
	void (*client)(int number);
	void (*worker)(int number);
	void (*broker)(int);
	void (*keeper)(int);
} modes[] = {
    {"sync", sync_client, NULL, NULL, NULL},
    {"session", client, session_worker, session_broker, NULL},
    {"strict", client, strict_worker, strict_broker, keeper},
};

static pid_t fork_to(void (*fn)(int), int number)
{
	pid_t pid = fn ? fork() : 0;

	if (pid != 0 || !fn)
		return pid;
	fn(number);
	_exit(0);
}

/* Every block is written once before: from then on a write changes no metadata. */
static int make_file(const char *path)
{
	b.file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (int i = 0; b.file >= 0 && i < 2 * (b.writers + 1); i++)
		if (write(b.file, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
			return -1;
	return b.file < 0 ? -1 : fsync(b.file);
}

static int make_sockets(void)
{
	int bad = socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b.commit);

	for (int i = 0; i < b.writers; i++)
		bad |= socketpair(AF_UNIX, SOCK_STREAM, 0, b.guest[i]) |
		       socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b.broker[i]) |
		       socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b.keeper[i]);
	return bad;
}

/* Microseconds until all clients have what they asked for; negative: somebody failed. */
static double run(const struct mode *m)
{
	pid_t others[WRITERS_MAX + 2];
	int n = 0, i, status, failed = 0;
	double start;

	for (i = 0; i < b.writers; i++)
		others[n++] = fork_to(m->worker, i);
	others[n++] = fork_to(m->broker, 0);
	others[n++] = fork_to(m->keeper, 0);
	start = bench_now();
	for (i = 0; i < b.writers; i++)
		fork_to(m->client, i);
	for (i = 0; i < b.writers && wait(&status) > 0; i++)
		failed |= status;
	start = bench_now() - start;
	for (i = 0; i < n; i++)
		if (others[i] > 0)
			kill(others[i], SIGKILL);
	return failed ? -1 : start;
}

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct mode *mode = argc == 5 ? find_mode(argv[2]) : NULL;
	double took;
	size_t all;

	b.writers = argc == 5 ? atoi(argv[3]) : 0;
	b.count = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
	all = (size_t)b.writers * b.count;
	if (!mode || b.writers < 1 || b.writers > WRITERS_MAX || b.count == 0) {
		fprintf(stderr, "usage: bench_hops FILE sync|session|strict WRITERS COUNT\n");
		return 2;
	}
	b.us = mmap(NULL, all * sizeof(*b.us), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (b.us == MAP_FAILED || make_file(argv[1]) || make_sockets())
		return 1;
	took = run(mode);
	if (took < 0)
		return 1;
	printf("%.0f %.1f", (double)all / took * 1e6, bench_quantile(b.us, all, 0.5));
	printf(" %.1f\n", bench_quantile(b.us, all, 0.99));
	return 0;
}
