/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_fsync DIR WRITERS COUNT SIZE: what a file a vTPM costs when it is made
 * durable: every writer writes a new file, syncs it, renames it over the old
 * one and syncs the directory. Prints writes a second, all together.
 */
#include "tests/bench/bench_tpm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE_MAX_ (128 * 1024)

static int write_once(int dir, const char *name, const char *temporary, size_t size)
{
	static const char bytes[SIZE_MAX_];
	int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int bad;

	if (fd < 0)
		return -1;
	bad = write(fd, bytes, size) != (ssize_t)size || fsync(fd);
	close(fd);
	return bad || renameat(dir, temporary, dir, name) || fsync(dir) ? -1 : 0;
}

static int writer(const char *path, int number, unsigned count, size_t size)
{
	int dir = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	char name[32], temporary[32];
	unsigned i;

	snprintf(name, sizeof(name), "%d", number);
	snprintf(temporary, sizeof(temporary), "%d.new", number);
	for (i = 0; i < count; i++) {
		if (write_once(dir, name, temporary, size))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int writers, status, failed = 0, i;
	unsigned count;
	size_t size;
	double start;

	if (argc != 5) {
		fprintf(stderr, "usage: bench_fsync DIR WRITERS COUNT SIZE\n");
		return 2;
	}
	writers = atoi(argv[2]);
	count = (unsigned)strtoul(argv[3], NULL, 10);
	size = strtoul(argv[4], NULL, 10);
	if (size > SIZE_MAX_)
		return 2;
	start = bench_now();
	for (i = 0; i < writers; i++) {
		if (fork() == 0)
			_exit(writer(argv[1], i, count, size));
	}
	while (wait(&status) > 0)
		failed |= status;
	printf("%.0f\n", writers * (double)count / (bench_now() - start) * 1e6);
	return failed ? 1 : 0;
}
