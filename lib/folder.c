/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/folder.h"

#include "lib/lock.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
	e = lock_take(fd);
	if (!e) {
		*lock = fd;
		return ERR_OK;
	}
	if (e == ERR_EXISTS)
		log_error("another process serves in %s: stop it, or give this one a --run-dir of "
			  "its own",
			  path);
	else
		log_error("cannot lock %s: %s", path, err_text(e));
	close(fd);
	return e;
}
