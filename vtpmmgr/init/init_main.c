/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpmmgr-init: process 1 of the manager's domain. It starts the manager with
 * the arguments that it has been given itself, which the kernel takes from
 * behind "--" on its command line, and waits. When the manager ends, so does
 * the domain: by itself it is switched off; after a failure it is started
 * again, as often as the toolstack does that.
 */
#include "lib/early.h"
#include "lib/log.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANAGER SBINDIR "/vtpmmgr"

static const char *const modules[] = {"xen-evtchn", "xen-gntalloc", "xen-gntdev", "xen-blkfront"};

/* A vTPM's rings are granted pages; by itself the driver lets a domain grant those of 36. */
static const struct early_parameter parameters[] = {{"xen_gntalloc", "limit", "8192"}};

static const struct early_mount mounts[] = {
    {"devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC},
    {"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
    {"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
    {"tmpfs", "/run", "size=1m,mode=0755", MS_NOSUID | MS_NODEV | MS_NOEXEC},
};

static enum err prepare(void)
{
	enum err e = early_mounts(mounts, sizeof(mounts) / sizeof(mounts[0]));

	if (!e)
		e = early_console();
	if (!e)
		e = early_modules(modules, sizeof(modules) / sizeof(modules[0]));
	if (!e)
		e = early_parameters(parameters, sizeof(parameters) / sizeof(parameters[0]));
	return e;
}

/* What ends here beside the manager are orphans of its own. */
static int await(pid_t manager)
{
	int status;
	pid_t pid;

	do
		pid = wait(&status);
	while (pid != manager && (pid > 0 || errno == EINTR));
	return pid == manager && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(char *argv[])
{
	static char name[] = "vtpmmgr";
	pid_t pid = fork();

	if (pid == 0) {
		argv[0] = name;
		execv(MANAGER, argv);
		log_error("%s: %s", MANAGER, strerror(errno));
		_exit(1);
	}
	return pid < 0 ? -1 : await(pid);
}

int main(int argc, char *argv[])
{
	bool well;

	(void)argc;
	log_init("vtpmmgr-init", LOG_LEVEL_INFO);
	well = prepare() == ERR_OK && run(argv) == 0;
	if (!well)
		log_error("the manager has failed: this domain starts again");
	reboot(well ? RB_POWER_OFF : RB_AUTOBOOT);
	return 1; /* a kernel that cannot do either panics now, which ends the domain too */
}
