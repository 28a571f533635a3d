/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_device DEVICE COUNT: the same through a guest's TPM driver (/dev/tpm0,
 * /dev/tpmrm0), as its own programs see it. Statically linked: a guest's image
 * needs nothing beside it. Leaves no object behind in the TPM.
 */
#include "tests/bench/bench_tpm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The driver takes a command in one write, and gives its response in one read. */
static enum err exchange(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	int fd = *(int *)ctx;
	ssize_t n;

	if (write(fd, cmd, len) != (ssize_t)len)
		return ERR_IO;
	n = read(fd, rsp, BENCH_BUFFER);
	if (n <= 0)
		return ERR_IO;
	*rsp_len = (size_t)n;
	return ERR_OK;
}

int main(int argc, char **argv)
{
	struct bench_tpm t = {.exchange = exchange, .run = (uint32_t)getpid()};
	unsigned count;
	enum err e;
	int fd;

	count = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	if (count == 0) {
		fprintf(stderr, "usage: bench_device DEVICE COUNT\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	t.ctx = &fd;
	e = fd < 0 ? ERR_UNAVAILABLE : bench_prepare(&t, 0);
	if (!e)
		e = bench_latency(&t, count);
	if (e)
		fprintf(stderr, "bench_device: %s: %s\n", argv[1], err_text(e));
	return e ? 1 : 0;
}
