/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/lock.h"

#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#define WAIT_MS 3000
#define POLL_MS 20

enum err lock_take(int fd)
{
	for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += POLL_MS) {
		if (errno != EWOULDBLOCK)
			return ERR_IO;
		if (waited >= WAIT_MS)
			return ERR_EXISTS;
		usleep(POLL_MS * 1000);
	}
	return ERR_OK;
}
