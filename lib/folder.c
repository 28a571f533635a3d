/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/folder.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err failed(const char *what, const char *path)
{
	int number = errno;

	log_error("cannot %s %s: %s", what, path, strerror(number));
	return err_from_errno(number);
}

enum err folder_claim(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return failed("make", path);
	if (lstat(path, &st) < 0)
		return failed("look at", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return ERR_OK;
	log_error("%s is not a folder that uid %u alone may write in: refused", path,
		  (unsigned)geteuid());
	return ERR_DENIED;
}

enum err folder_lock(const char *path, int *lock)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum err e;

	if (fd < 0)
		return failed("open", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*lock = fd;
		return ERR_OK;
	}
	if (errno == EWOULDBLOCK) {
		log_error("another process serves in %s: stop it, or give this one a --run-dir of "
			  "its own",
			  path);
		e = ERR_EXISTS;
	} else {
		e = failed("lock", path);
	}
	close(fd);
	return e;
}
