/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_socket: the same against TPMs behind unix stream sockets.
 *
 *	bench_socket latency COUNT SOCKET       the table of bench_tpm
 *	bench_socket writers COUNT PAUSE SOCKET...  one process a socket, COUNT NV_Writes each, with
 *	                                        pauses of PAUSE microseconds on average; prints
 *	                                        writes a second, all together, then p50 and p99 of
 *	                                        how many microseconds one took
 *	bench_socket start SOCKET COMMAND...    starts COMMAND; prints the microseconds until the
 *	                                        TPM at SOCKET has answered for the first time
 *	bench_socket answer SOCKET...           waits until every one of them has answered
 *	bench_socket crowd FIRST LIST COMMAND...  starts COMMAND once for each socket that the file
 *	                                        LIST names, one a line, with FIRST and up in place
 *	                                        of %; prints the seconds until all have answered
 */
#include "tests/bench/bench_tpm.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS_MAX    128
#define PATIENCE       30e6 /* microseconds until a TPM that does not answer is given up */
#define POLL_INTERVAL  200  /* microseconds */
#define TPM_SIZE_AT    2    /* offset of the size in a response */
#define TPM_SIZE_BYTES 4

static int dial(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		return -1;
	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The size field of what was received so far; the whole buffer while it is not there yet. */
static size_t response_size(const uint8_t *rsp, size_t have)
{
	const uint8_t *s = rsp + TPM_SIZE_AT;

	if (have < TPM_SIZE_AT + TPM_SIZE_BYTES)
		return BENCH_BUFFER;
	return (size_t)s[0] << 24 | (size_t)s[1] << 16 | (size_t)s[2] << 8 | s[3];
}

static enum err exchange(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	int fd = *(int *)ctx;
	size_t have = 0;
	ssize_t n;

	if (send(fd, cmd, len, MSG_NOSIGNAL) != (ssize_t)len)
		return ERR_EOF;
	while (have < response_size(rsp, have)) {
		n = recv(fd, rsp + have, BENCH_BUFFER - have, 0);
		if (n <= 0)
			return ERR_EOF;
		have += (size_t)n;
	}
	*rsp_len = have;
	return ERR_OK;
}

static int say(const char *path, enum err e)
{
	if (e)
		fprintf(stderr, "bench_socket: %s: %s\n", path, err_text(e));
	return e ? 1 : 0;
}

/* Connects, and sets the TPM up. */
static enum err open_tpm(const char *path, int with_key, int *fd, struct bench_tpm *t)
{
	*fd = dial(path);
	if (*fd < 0)
		return ERR_UNAVAILABLE;
	*t = (struct bench_tpm){.exchange = exchange, .ctx = fd, .run = (uint32_t)getpid()};
	return bench_prepare(t, with_key);
}

static int cmd_latency(int argc, char **argv)
{
	struct bench_tpm t;
	enum err e;
	int fd;

	(void)argc;
	e = open_tpm(argv[1], 1, &fd, &t);
	if (!e)
		e = bench_latency(&t, (unsigned)strtoul(argv[0], NULL, 10));
	return say(argv[1], e);
}

/* What every writer does, and where its times go: shared memory, a run of them for each. */
struct writing {
	unsigned count;
	unsigned pause;
	double *us;
};

/* Prepares, tells so by closing `ready`, waits for `go` to be closed, writes. */
static enum err writer(const char *path, const struct writing *w, int number, int ready, int go)
{
	struct bench_tpm t;
	char nothing;
	enum err e;
	int fd;

	e = open_tpm(path, 0, &fd, &t);
	if (e)
		return e;
	close(ready);
	if (read(go, &nothing, 1) != 0)
		return ERR_IO;
	return bench_write(&t, w->count, w->pause, w->us + (size_t)number * w->count);
}

static void fork_writer(const char *path, const struct writing *w, int number, const int ready[2],
			const int go[2])
{
	pid_t pid = fork();

	if (pid != 0)
		return;
	close(ready[0]);
	close(go[1]);
	_exit(say(path, writer(path, w, number, ready[1], go[0])));
}

/* All writers at once; *us gets how long they took together. */
static int run_writers(const struct writing *w, int n, char **sockets, double *us)
{
	int ready[2], go[2], failed = 0, status, i;
	double start;
	char nothing;

	if (pipe(ready) || pipe(go))
		return 1;
	for (i = 0; i < n; i++)
		fork_writer(sockets[i], w, i, ready, go);
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &nothing, 1) != 0) /* until the last writer has closed its end */
		return 1;
	start = bench_now();
	close(go[1]);
	while (wait(&status) > 0)
		failed |= status;
	*us = bench_now() - start;
	return failed ? 1 : 0;
}

static int cmd_writers(int argc, char **argv)
{
	struct writing w = {.count = (unsigned)strtoul(argv[0], NULL, 10),
			    .pause = (unsigned)strtoul(argv[1], NULL, 10)};
	int n = argc - 2;
	size_t all = (size_t)n * w.count;
	double us = 0;

	if (n > WRITERS_MAX || w.count == 0)
		return 1;
	w.us = mmap(NULL, all * sizeof(*w.us), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (w.us == MAP_FAILED || run_writers(&w, n, argv + 2, &us))
		return 1;
	printf("%.0f %.1f", (double)all / us * 1e6, bench_quantile(w.us, all, 0.5));
	printf(" %.1f\n", bench_quantile(w.us, all, 0.99));
	return 0;
}

/* Tries until the TPM there has answered; ERR_TIMEOUT when patience ends. */
static enum err await_answer(const char *path)
{
	double end = bench_now() + PATIENCE;
	struct bench_tpm t = {.exchange = exchange};
	int fd;

	do {
		fd = dial(path);
		t.ctx = &fd;
		if (fd >= 0 && bench_random(&t) == ERR_OK) {
			close(fd);
			return ERR_OK;
		}
		if (fd >= 0)
			close(fd);
		usleep(POLL_INTERVAL);
	} while (bench_now() < end);
	return ERR_TIMEOUT;
}

static int cmd_start(int argc, char **argv)
{
	double start = bench_now();
	pid_t pid = fork();
	enum err e;

	(void)argc;
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(127);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	e = await_answer(argv[0]);
	printf("%.0f\n", bench_now() - start);
	return say(argv[0], e);
}

static int cmd_answer(int argc, char **argv)
{
	enum err e = ERR_OK;
	int i;

	for (i = 0; !e && i < argc; i++)
		e = await_answer(argv[i]);
	return say(argv[i - 1], e);
}

#define CROWD_ARGS 32

/* arg with number in place of its first %. */
static void put_number(const char *arg, unsigned number, char *out, size_t size)
{
	const char *mark = strchr(arg, '%');

	if (mark)
		snprintf(out, size, "%.*s%u%s", (int)(mark - arg), arg, number, mark + 1);
	else
		snprintf(out, size, "%s", arg);
}

/* posix_spawn(), so that nobody pays for a large parent. */
static enum err start_one(int argc, char **argv, unsigned number)
{
	static char args[CROWD_ARGS][PATH_MAX];
	char *copy[CROWD_ARGS + 1] = {NULL};
	pid_t pid;

	for (int i = 0; i < argc; i++) {
		put_number(argv[i], number, args[i], sizeof(args[i]));
		copy[i] = args[i];
	}
	return posix_spawnp(&pid, copy[0], NULL, NULL, copy, environ) ? ERR_UNAVAILABLE : ERR_OK;
}

static size_t read_list(const char *path, char lines[][PATH_MAX], size_t max)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	while (f && n < max && fgets(lines[n], PATH_MAX, f)) {
		lines[n][strcspn(lines[n], "\n")] = '\0';
		n++;
	}
	if (f)
		fclose(f);
	return n;
}

static int cmd_crowd(int argc, char **argv)
{
	static char sockets[WRITERS_MAX][PATH_MAX];
	unsigned first = (unsigned)strtoul(argv[0], NULL, 10), i;
	size_t n = read_list(argv[1], sockets, WRITERS_MAX);
	enum err e = n > 0 && argc - 2 <= CROWD_ARGS ? ERR_OK : ERR_ARG;
	int stdout_was = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	double start = bench_now();

	if (!freopen("/dev/null", "w", stdout))
		return 1;
	for (i = 0; !e && i < n; i++)
		e = start_one(argc - 2, argv + 2, first + i);
	for (i = 0; !e && i < n; i++)
		e = await_answer(sockets[i]);
	dprintf(stdout_was, "%.2f\n", (bench_now() - start) / 1e6);
	return say(argv[1], e);
}

static const struct {
	const char *name;
	int min_args;
	int (*fn)(int argc, char **argv);
} commands[] = {
    {"latency", 2, cmd_latency}, {"writers", 2, cmd_writers}, {"start", 2, cmd_start},
    {"answer", 1, cmd_answer},   {"crowd", 3, cmd_crowd},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].min_args)
			return commands[i].fn(argc - 2, argv + 2);
	}
	fprintf(stderr, "usage: bench_socket latency COUNT SOCKET, writers COUNT PAUSE SOCKET..., "
			"start SOCKET COMMAND..., answer SOCKET..., "
			"crowd FIRST LIST COMMAND...\n");
	return 2;
}
