/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sandbox_probe: breaks out of the vTPM worker's own sandbox in every way that
 * it knows, and says what stopped it.
 *
 * Every attempt is made twice. In the sandbox as it is, the system call must
 * kill the process. In the same sandbox whose allow-list has the call added, as
 * if the kernel's filter had failed, the wall behind it must refuse.
 */
#include "config.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/spawn.h"
#include "stubdom/worker_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_UID  61234
#define CALLS_MAX  4
#define KEPT_FD    3 /* a socket, as a worker has */
#define EXIT_WALL  0 /* refused, as expected */
#define EXIT_HOLE  1 /* it worked */
#define EXIT_OTHER 2 /* refused with an errno that is not the wall's; printed */
#define EXIT_SETUP 3
#define SYSCALLS   128

struct context {
	pid_t victim; /* another worker, as the host numbers it */
	const char *secret_file;
	const char *socket_file; /* somebody listens there */
};

/* Each attempt returns 0 if it worked, or the errno. */
static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int try_open(const struct context *c)
{
	return result(open(c->secret_file, O_RDONLY | O_CLOEXEC));
}

static int try_create(const struct context *c)
{
	(void)c;
	return result(open("/escaped", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static int try_list(const struct context *c)
{
	char entries[512];
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)c;
	if (fd < 0)
		return errno;
	return result(syscall(SYS_getdents64, fd, entries, sizeof(entries)));
}

static int try_connect(const struct context *c)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(a.sun_path, c->socket_file, sizeof(a.sun_path) - 1);
	return fd < 0 ? errno : result(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static int try_network(const struct context *c)
{
	struct sockaddr a = {.sa_family = AF_INET, .sa_data = {0, 22, 127, 0, 0, 1}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)c;
	return fd < 0 ? errno : result(connect(fd, &a, sizeof(a)));
}

static int try_ptrace(const struct context *c)
{
	return result(ptrace(PTRACE_ATTACH, c->victim, NULL, NULL));
}

static int try_kill(const struct context *c)
{
	return result(kill(c->victim, SIGKILL));
}

static int try_read_memory(const struct context *c)
{
	uint8_t byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return result(process_vm_readv(c->victim, &here, 1, &there, 1, 0));
}

static int try_exec(const struct context *c)
{
	char name[] = "sh";
	char *argv[] = {name, NULL};

	(void)c;
	return result(execve("/bin/sh", argv, argv + 1));
}

static int try_fork(const struct context *c)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	(void)c;
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int try_mount(const struct context *c)
{
	(void)c;
	return result(mount("none", "/", "tmpfs", 0, NULL));
}

static int try_setuid(const struct context *c)
{
	(void)c;
	return result(setresuid(0, 0, 0));
}

static int try_userns(const struct context *c)
{
	(void)c;
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ? errno : try_mount(c);
}

static int try_dumpable(const struct context *c)
{
	(void)c;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? EPERM : 0;
}

static int try_core_limit(const struct context *c)
{
	const struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};

	(void)c;
	return result(setrlimit(RLIMIT_CORE, &more));
}

static int try_executable_memory(const struct context *c)
{
	(void)c;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED
		   ? errno
		   : 0;
}

static int try_chroot(const struct context *c)
{
	(void)c;
	return result(chroot("/"));
}

static const struct attempt {
	const char *what;
	int (*fn)(const struct context *c);
	int calls[CALLS_MAX]; /* that it needs */
	int wall;             /* errno of the wall behind seccomp; 0: seccomp alone */
} attempts[] = {
    {"open a file of the host", try_open, {SCMP_SYS(openat)}, ENOENT},
    {"create a file", try_create, {SCMP_SYS(openat)}, EROFS},
    {"list the root", try_list, {SCMP_SYS(openat), SCMP_SYS(getdents64)}, EACCES},
    {"connect to a socket of the host", try_connect, {SCMP_SYS(socket), SCMP_SYS(connect)}, ENOENT},
    {"connect to the network", try_network, {SCMP_SYS(socket), SCMP_SYS(connect)}, EACCES},
    {"ptrace another worker", try_ptrace, {SCMP_SYS(ptrace)}, ESRCH},
    {"kill another worker", try_kill, {SCMP_SYS(kill)}, ESRCH},
    {"read another worker's memory", try_read_memory, {SCMP_SYS(process_vm_readv)}, ESRCH},
    {"execute a program", try_exec, {SCMP_SYS(execve)}, ENOENT},
    {"fork", try_fork, {SCMP_SYS(clone)}, EAGAIN},
    {"mount", try_mount, {SCMP_SYS(mount)}, EPERM},
    {"become root", try_setuid, {SCMP_SYS(setresuid)}, EINVAL},
    {"make a user namespace", try_userns, {SCMP_SYS(unshare), SCMP_SYS(mount)}, EPERM},
    {"be dumpable", try_dumpable, {SCMP_SYS(prctl)}, EPERM},
    {"leave a core", try_core_limit, {SCMP_SYS(prlimit64), SCMP_SYS(setrlimit)}, EPERM},
    {"map executable memory", try_executable_memory, {SCMP_SYS(mmap)}, 0},
    {"chroot", try_chroot, {SCMP_SYS(chroot)}, EPERM},
};
#define NATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* Inside: argv is NAME seccomp|wall INDEX VICTIM SECRET SOCKET. */
static int attempt_inside(char *argv[])
{
	const struct context c = {atoi(argv[3]), argv[4], argv[5]};
	const struct attempt *a = &attempts[atoi(argv[2])];
	struct sandbox s = worker_sandbox(PROBE_UID, PROBE_UID);
	int calls[SYSCALLS];
	size_t n = s.nsyscalls;
	int errnum;

	memcpy(calls, s.syscalls, n * sizeof(calls[0]));
	calls[n++] = SCMP_SYS(lseek); /* dprintf()'s */
	for (size_t i = 0; i < CALLS_MAX && a->calls[i] && strcmp(argv[1], "wall") == 0; i++)
		calls[n++] = a->calls[i];
	s.syscalls = calls;
	s.nsyscalls = n;
	if (sandbox_enter(&s) != ERR_OK)
		return EXIT_SETUP;
	errnum = a->fn(&c);
	if (errnum == 0)
		return EXIT_HOLE;
	if (errnum == a->wall)
		return EXIT_WALL;
	dprintf(STDERR_FILENO, "  %s\n", strerror(errnum));
	return EXIT_OTHER;
}

static int run_inside(const char *mode, size_t index, const struct context *c)
{
	char name[] = "sandbox_probe", modes[16], number[16], victim[16], secret[128], path[128];
	char *argv[] = {name, modes, number, victim, secret, path, NULL};
	const struct spawn_fd fds[] = {{STDERR_FILENO, KEPT_FD}};
	int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int pidfd, status = -1;
	pid_t pid;

	snprintf(modes, sizeof(modes), "%s", mode);
	snprintf(number, sizeof(number), "%zu", index);
	snprintf(victim, sizeof(victim), "%d", c->victim);
	snprintf(secret, sizeof(secret), "%s", c->secret_file);
	snprintf(path, sizeof(path), "%s", c->socket_file);
	if (spawn(program, argv, fds, 1, SPAWN_PID_NAMESPACE, &pid, &pidfd) != ERR_OK)
		return -1;
	waitpid(pid, &status, 0);
	close(pidfd);
	close(program);
	return status;
}

static bool expect(bool ok, const char *what, const char *by, int status)
{
	if (ok)
		printf("ok      %s: %s\n", what, by);
	else
		printf("FAILED  %s: %s (status 0x%x)\n", what, by, status);
	return ok;
}

static bool met_wall(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_WALL;
}

static bool killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static bool probe(size_t i, const struct context *c)
{
	const struct attempt *a = &attempts[i];
	int status = run_inside("seccomp", i, c);
	bool ok;

	/* The sanitizers' runtime is allowed a few calls more, but no wall less. */
	ok = expect(killed(status) || (SANITIZED && met_wall(status)), a->what, "killed by seccomp",
		    status);
	if (a->wall == 0)
		return ok;
	status = run_inside("wall", i, c);
	return expect(met_wall(status), a->what, strerror(a->wall), status) && ok;
}

/* Another process of the same uid, as another worker of a careless supervisor would be. */
static pid_t start_victim(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(PROBE_UID, PROBE_UID, PROBE_UID) != 0 ||
		    setresuid(PROBE_UID, PROBE_UID, PROBE_UID) != 0)
			_exit(1);
		prctl(PR_SET_DUMPABLE, 1);
		for (;;)
			pause();
	}
	return pid;
}

static int listen_on(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 1) != 0)
		return -1;
	return fd;
}

int main(int argc, char *argv[])
{
	struct context c = {0};
	bool ok = true;

	log_init("sandbox_probe", LOG_LEVEL_ERROR);
	if (argc == 6)
		return attempt_inside(argv);
	if (argc != 3)
		return EXIT_SETUP;
	c.secret_file = argv[1];
	c.socket_file = argv[2];
	c.victim = start_victim();
	if (c.victim < 0 || listen_on(c.socket_file) < 0)
		return EXIT_SETUP;
	for (size_t i = 0; i < NATTEMPTS; i++)
		ok = probe(i, &c) && ok;
	ok = expect(kill(c.victim, 0) == 0, "the other worker", "lives", 0) && ok;
	kill(c.victim, SIGKILL);
	return ok ? 0 : 1;
}
