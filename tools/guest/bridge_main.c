/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpm-bridge: gives a guest whose driver knows no TPM 2.0 one that it does know.
 *
 * This process opens both devices, which takes root, and then only waits. What
 * moves the commands is this program once more, with nothing but the two
 * descriptors and the end of a pipe that says when to stop.
 */
#include "config.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/spawn.h"
#include "tools/guest/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vtpm_proxy.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define NAME       "vtpm-bridge"
#define CONTROL    "/dev/vtpmx"
#define UID        65534 /* in a user namespace where it is nobody's */
#define MAX_MEMORY (16u * 1024 * 1024)
#define MAX_FILES  8
#define MAX_LOG    (1024u * 1024) /* standard error may be a file */

static const char serve[] = "--serve"; /* as the second process; nobody else's to say */

static const char help[] =
    "Usage: " NAME " [DEVICE]\n"
    "Makes a TPM 2.0 of DEVICE (/dev/tpm0), with a resource manager, by " CONTROL ".\n\n"
    "  --help, --version\n";

/* ---- the one that moves commands ------------------------------------------------------------ */

static const int syscalls[] = {
    SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(poll), SCMP_SYS(ppoll), /* which poll(3) is on ARM64 */
    SCMP_SYS(brk),  SCMP_SYS(exit_group),
};

static int move_commands(void)
{
	static const struct sandbox sandbox = {
	    .uid = UID,
	    .gid = UID,
	    .syscalls = syscalls,
	    .nsyscalls = sizeof(syscalls) / sizeof(syscalls[0]),
	    .max_memory = MAX_MEMORY,
	    .max_file = MAX_LOG,
	    .max_files = MAX_FILES,
	};

	if (sandbox_enter(&sandbox) != ERR_OK || bridge_run() != ERR_OK)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* ---- the one that waits --------------------------------------------------------------------- */

struct bridge {
	int tpm, server, stop[2], signals, self, child;
	pid_t pid;
};

static enum err open_file(const char *path, int flags, int *out)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0) {
		log_error("%s: %s", path, strerror(errno));
		return err_from_errno(errno);
	}
	*out = fd;
	return ERR_OK;
}

static enum err make_device(int *out)
{
	struct vtpm_proxy_new_dev device = {.flags = VTPM_PROXY_FLAG_TPM2};
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	int rc = fd < 0 ? -1 : ioctl(fd, VTPM_PROXY_IOC_NEW_DEV, &device);
	enum err e = rc < 0 ? err_from_errno(errno) : ERR_OK;

	if (e)
		log_error(CONTROL ": %s; the module tpm_vtpm_proxy makes it", strerror(errno));
	else
		log_info("/dev/tpm%u and /dev/tpmrm%u", device.tpm_num, device.tpm_num);
	if (!e)
		*out = (int)device.fd;
	if (fd >= 0)
		close(fd);
	return e;
}

/* Blocked before there is a child, and read where its end is waited for. */
static enum err take_signals(int *out)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_from_errno(errno);
	*out = signalfd(-1, &set, SFD_CLOEXEC);
	return *out < 0 ? err_from_errno(errno) : ERR_OK;
}

static enum err prepare(struct bridge *b, const char *device)
{
	enum err e = take_signals(&b->signals);

	if (!e && pipe2(b->stop, O_CLOEXEC) != 0)
		e = err_from_errno(errno);
	if (!e)
		e = open_file("/proc/self/exe", O_RDONLY, &b->self);
	if (!e)
		e = open_file(device, O_RDWR, &b->tpm);
	return e ? e : make_device(&b->server);
}

static enum err start(struct bridge *b)
{
	char *argv[] = {(char[]){NAME}, (char[sizeof(serve)]){0}, NULL};
	const struct spawn_fd fds[] = {
	    {b->tpm, BRIDGE_FD_TPM}, {b->server, BRIDGE_FD_SERVER}, {b->stop[0], BRIDGE_FD_STOP}};
	enum err e;

	memcpy(argv[1], serve, sizeof(serve));
	e = spawn(b->self, argv, fds, sizeof(fds) / sizeof(fds[0]), SPAWN_PID_NAMESPACE, &b->pid,
		  &b->child);
	if (e)
		log_error("cannot start its second process: %s", err_text(e));
	/* The devices go when that one goes. */
	close(b->tpm);
	close(b->server);
	return e;
}

static int wait_for_end(struct bridge *b)
{
	struct pollfd fds[] = {{.fd = b->signals, .events = POLLIN},
			       {.fd = b->child, .events = POLLIN}};
	int status = 0;

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		log_error("poll: %s", strerror(errno));
	close(b->stop[1]);
	if (waitpid(b->pid, &status, 0) != b->pid || !WIFEXITED(status))
		return EXIT_FAILURE;
	return WEXITSTATUS(status);
}

static int bridge(const char *device)
{
	struct bridge b;

	if (prepare(&b, device) != ERR_OK || start(&b) != ERR_OK)
		return EXIT_FAILURE;
	return wait_for_end(&b);
}

int main(int argc, char **argv)
{
	log_init(NAME, LOG_LEVEL_INFO);
	if (argc == 2 && strcmp(argv[1], serve) == 0)
		return move_commands();
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts(NAME " " PACKAGE_VERSION) < 0;
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	return bridge(argc == 2 ? argv[1] : "/dev/tpm0");
}
