/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_stamp FIFO...: makes these FIFOs, and prints every line that is written
 * to one of them, at once:
 *
 *	SECONDS NAME LINE
 *
 * SECONDS of CLOCK_MONOTONIC when the line ended; NAME: the last part of the
 * FIFO's path.
 */
#include "tests/bench/bench_tpm.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCES_MAX 8

struct source {
	const char *name;
	char line[512]; /* what is longer is cut off */
	size_t used;
};

static int open_fifo(const char *path)
{
	/* For writing, too: it does not end with those who write. */
	return mkfifo(path, 0600) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
}

static void end_line(struct source *s)
{
	printf("%.4f %s %.*s\n", bench_now() / 1e6, s->name, (int)s->used, s->line);
	fflush(stdout);
	s->used = 0;
}

static void take(struct source *s, int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\n')
			end_line(s);
		else if (s->used < sizeof(s->line))
			s->line[s->used++] = buf[i];
	}
}

int main(int argc, char **argv)
{
	static struct source sources[SOURCES_MAX];
	struct pollfd fds[SOURCES_MAX];
	int n = argc - 1;

	if (n < 1 || n > SOURCES_MAX) {
		fprintf(stderr, "usage: bench_stamp FIFO...\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		const char *slash = strrchr(argv[i + 1], '/');

		sources[i].name = slash ? slash + 1 : argv[i + 1];
		fds[i] = (struct pollfd){open_fifo(argv[i + 1]), POLLIN, 0};
		if (fds[i].fd < 0) {
			perror(argv[i + 1]);
			return 1;
		}
	}
	while (poll(fds, (nfds_t)n, -1) >= 0)
		for (int i = 0; i < n; i++)
			if (fds[i].revents)
				take(&sources[i], fds[i].fd);
	return 1;
}
