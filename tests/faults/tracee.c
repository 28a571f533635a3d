/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/tracee.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#define IOVECS_MAX 8

static const char *const role_names[TRACEE_ROLES] = {
    [TRACEE_UNKNOWN] = "unknown", [TRACEE_SUPERVISOR] = "supervisor", [TRACEE_BROKER] = "broker",
    [TRACEE_KEYS] = "keys",       [TRACEE_WORKER] = "worker",         [TRACEE_PROXY] = "proxy",
    [TRACEE_DEVICE] = "device",
};

const char *tracee_role_name(enum tracee_role r)
{
	return role_names[r];
}

enum tracee_role tracee_role_of(const char *name)
{
	for (int r = 1; r < TRACEE_ROLES; r++)
		if (strcmp(name, role_names[r]) == 0)
			return (enum tracee_role)r;
	return TRACEE_UNKNOWN;
}

/* ---- starting ------------------------------------------------------------------------------- */

#define TRACE_IF(call)                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    TRACE_IF(SYS_pwritev),
    TRACE_IF(SYS_fdatasync),
    TRACE_IF(SYS_fadvise64),
    TRACE_IF(SYS_sendmsg),
    TRACE_IF(SYS_recvmsg),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* No new privileges are no loss: everything here is root, and nothing is setuid. */
static bool enter_filter(void)
{
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static _Noreturn void become(char *const argv[], const char *log)
{
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	int in = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (out >= 0 && in >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0 &&
	    close_range(3, ~0u, 0) == 0 && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 &&
	    raise(SIGSTOP) == 0 && enter_filter())
		execv(argv[0], argv);
	_exit(127);
}

pid_t tracee_start(char *const argv[], const char *log)
{
	pid_t pid = fork();

	if (pid == 0)
		become(argv, log);
	return pid;
}

void tracee_set_options(pid_t pid)
{
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		   PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
}

enum tracee_role tracee_executes(pid_t pid)
{
	static const struct {
		const char *ending;
		enum tracee_role role;
	} programs[] = {
	    {"vtpmmgr-broker", TRACEE_BROKER}, {"vtpmmgr-keys", TRACEE_KEYS},
	    {"vtpm-stubdom", TRACEE_WORKER},   {"ptpm-proxy", TRACEE_PROXY},
	    {"vtpmmgr", TRACEE_SUPERVISOR},
	};
	char path[64], name[4096] = "";
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, sizeof(name) - 1);
		close(fd);
	}
	for (size_t i = 0; n > 0 && i < sizeof(programs) / sizeof(programs[0]); i++) {
		size_t len = strlen(programs[i].ending);

		if (strlen(name) >= len &&
		    strcmp(name + strlen(name) - len, programs[i].ending) == 0)
			return programs[i].role;
	}
	return TRACEE_UNKNOWN;
}

/* ---- calls ---------------------------------------------------------------------------------- */

bool tracee_read_call(pid_t pid, struct tracee_call *c)
{
	struct __ptrace_syscall_info info = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return false;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		c->result = (long)info.exit.rval;
		return true;
	}
	if (info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return false;
	c->nr = (long)info.seccomp.nr;
	memcpy(c->args, info.seccomp.args, sizeof(c->args));
	c->result = 0;
	return true;
}

#if defined(__x86_64__)
static void set_registers(pid_t pid, bool skip, long result)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0)
		return;
	if (skip)
		r.orig_rax = (unsigned long long)-1;
	r.rax = (unsigned long long)result;
	ptrace(PTRACE_SETREGS, pid, NULL, &r);
}
#elif defined(__aarch64__)
static void set_registers(pid_t pid, bool skip, long result)
{
	struct user_regs_struct r;
	struct iovec regs = {&r, sizeof(r)};
	int none = -1;
	struct iovec nr = {&none, sizeof(none)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &regs) != 0)
		return;
	r.regs[0] = (unsigned long long)result;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &regs);
	if (skip)
		ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &nr);
}
#else
#error "how a system call's result is set is not known here"
#endif

void tracee_skip(pid_t pid, long result)
{
	set_registers(pid, true, result);
}

void tracee_set_result(pid_t pid, long result)
{
	set_registers(pid, false, result);
}

/* ---- memory --------------------------------------------------------------------------------- */

size_t tracee_peek(pid_t pid, uint64_t address, void *out, size_t len)
{
	struct iovec here = {out, len};
	struct iovec there = {(void *)(uintptr_t)address, len};
	ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return n > 0 ? (size_t)n : 0;
}

void tracee_poke(pid_t pid, uint64_t address, const void *in, size_t len)
{
	struct iovec here = {(void *)(uintptr_t)in, len};
	struct iovec there = {(void *)(uintptr_t)address, len};

	(void)!process_vm_writev(pid, &here, 1, &there, 1, 0);
}

size_t tracee_gather(pid_t pid, uint64_t iov, size_t niov, uint8_t *out, size_t cap)
{
	struct iovec v[IOVECS_MAX] = {{0}};
	size_t done = 0;

	if (niov > IOVECS_MAX)
		niov = IOVECS_MAX;
	if (tracee_peek(pid, iov, v, niov * sizeof(v[0])) != niov * sizeof(v[0]))
		return 0;
	for (size_t i = 0; i < niov && done < cap; i++) {
		size_t len = v[i].iov_len < cap - done ? v[i].iov_len : cap - done;

		done += tracee_peek(pid, (uint64_t)(uintptr_t)v[i].iov_base, out + done, len);
	}
	return done;
}

size_t tracee_message(pid_t pid, uint64_t msghdr, uint8_t *out, size_t cap)
{
	struct msghdr h = {0};

	if (tracee_peek(pid, msghdr, &h, sizeof(h)) != sizeof(h))
		return 0;
	return tracee_gather(pid, (uint64_t)(uintptr_t)h.msg_iov, h.msg_iovlen, out, cap);
}

void tracee_replace_message(pid_t pid, uint64_t msghdr, const uint8_t *in, size_t len)
{
	struct msghdr h = {0};
	struct iovec v[IOVECS_MAX] = {{0}};

	if (tracee_peek(pid, msghdr, &h, sizeof(h)) != sizeof(h) || h.msg_iovlen > IOVECS_MAX)
		return;
	tracee_peek(pid, (uint64_t)(uintptr_t)h.msg_iov, v, h.msg_iovlen * sizeof(v[0]));
	for (size_t i = 0; i < h.msg_iovlen; i++) {
		if (v[i].iov_len > len)
			v[i].iov_len = len;
		tracee_poke(pid, (uint64_t)(uintptr_t)v[i].iov_base, in, v[i].iov_len);
		in += v[i].iov_len;
		len -= v[i].iov_len;
	}
	tracee_poke(pid, (uint64_t)(uintptr_t)h.msg_iov, v, h.msg_iovlen * sizeof(v[0]));
}

bool tracee_message_has_fds(pid_t pid, uint64_t msghdr)
{
	struct msghdr h = {0};

	return tracee_peek(pid, msghdr, &h, sizeof(h)) == sizeof(h) && h.msg_controllen > 0;
}

bool tracee_send_again(pid_t pid, int fd, const uint8_t *bytes, size_t len)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int own = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	bool sent = own >= 0 && send(own, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;

	if (own >= 0)
		close(own);
	if (pidfd >= 0)
		close(pidfd);
	return sent;
}
