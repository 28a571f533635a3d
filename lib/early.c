/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/early.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONSOLE "/dev/console"

static enum err load(const struct early_module *m)
{
	char path[64];
	enum err e;
	int fd;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", m->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_OK : err_from_errno(errno);
	e = syscall(SYS_finit_module, fd, m->options, 0) == 0 || errno == EEXIST
		? ERR_OK
		: err_from_errno(errno);
	close(fd);
	return e;
}

enum err early_modules(const struct early_module *modules, size_t n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e; i++) {
		e = load(&modules[i]);
		if (e)
			log_error("module %s: %s", modules[i].name, err_text(e));
	}
	return e;
}

enum err early_mounts(const struct early_mount *mounts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((mkdir(mounts[i].at, 0755) != 0 && errno != EEXIST) ||
		    mount("none", mounts[i].at, mounts[i].type, mounts[i].flags, mounts[i].data) !=
			0) {
			log_error("%s cannot be mounted", mounts[i].type);
			return err_from_errno(errno);
		}
	}
	return ERR_OK;
}

enum err early_console(void)
{
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY);

	while (fd >= 0 && fd < STDERR_FILENO)
		fd = dup(fd);
	if (fd > STDERR_FILENO)
		close(fd);
	return fd < 0 ? err_from_errno(errno) : ERR_OK;
}
