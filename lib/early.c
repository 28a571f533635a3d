/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/early.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONSOLE "/dev/console"

static enum err load(const char *name)
{
	char path[64];
	enum err e;
	int fd;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_OK : err_from_errno(errno);
	e = syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST || errno == ENOSYS
		? ERR_OK
		: err_from_errno(errno);
	close(fd);
	return e;
}

enum err early_modules(const char *const names[], size_t n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e; i++) {
		e = load(names[i]);
		if (e)
			log_error("module %s: %s", names[i], err_text(e));
	}
	return e;
}

static enum err set(const struct early_parameter *p)
{
	char path[128];
	size_t len = strlen(p->value);
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", p->module, p->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_from_errno(errno);
	n = write(fd, p->value, len);
	close(fd);
	return n == (ssize_t)len ? ERR_OK : ERR_IO;
}

enum err early_parameters(const struct early_parameter *parameters, size_t n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e; i++) {
		e = set(&parameters[i]);
		if (e)
			log_error("module %s: %s: %s", parameters[i].module, parameters[i].name,
				  err_text(e));
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
