/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/boot.h"

#include "lib/early.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#define NEW_ROOT "/new"

/* In the order in which they need each other. */
static const char *const modules[] = {"xen-evtchn", "xen-gntdev"};

static const struct early_mount mounts[] = {
    {"tmpfs", NEW_ROOT, "size=64k,mode=0755", MS_NOSUID | MS_NODEV | MS_NOEXEC},
    {"devtmpfs", NEW_ROOT "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC},
    {"proc", NEW_ROOT "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
};

static enum err load_modules(void)
{
	return early_modules(modules, sizeof(modules) / sizeof(modules[0]));
}

static enum err mount_all(void)
{
	return early_mounts(mounts, sizeof(mounts) / sizeof(mounts[0]));
}

/*
 * The kernel's first root can be neither moved nor left, and leaving its root is what a worker's
 * sandbox starts with.
 */
static enum err change_root(void)
{
	if (chdir(NEW_ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
	    chdir("/") != 0)
		return err_from_errno(errno);
	return ERR_OK;
}

static enum err read_cmdline(char *out, size_t cap)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, cap);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return ERR_IO;
	if ((size_t)n == cap)
		return ERR_TOO_BIG;
	out[n] = '\0';
	return ERR_OK;
}

static const struct {
	const char *what;
	enum err (*take)(void);
} steps[] = {
    {"drivers", load_modules},
    {"file systems", mount_all},
    {"a root that can be left", change_root},
    {"console", early_console},
};

enum err boot(int *worker, char *cmdline, size_t cap)
{
	int fd = open(BOOT_WORKER, O_RDONLY | O_CLOEXEC);
	enum err e = fd < 0 ? err_from_errno(errno) : ERR_OK;

	if (e)
		log_error("%s: %s", BOOT_WORKER, err_text(e));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !e; i++) {
		e = steps[i].take();
		if (e)
			log_error("%s: %s", steps[i].what, err_text(e));
	}
	if (!e)
		e = read_cmdline(cmdline, cap);
	if (!e)
		*worker = fd;
	return e;
}

/* A kernel that cannot power off panics when process 1 ends, and that ends the domain too. */
void boot_power_off(void)
{
	reboot(RB_POWER_OFF);
	_exit(1);
}
