/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/syscalls.h"

#include "config.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

#define PROXY SYSCALLS_PROXY
#define BOTH  (SYSCALLS_PROXY | SYSCALLS_DEVICE)

static const struct {
	int nr;
	unsigned who;
} calls[] = {
    /* the event loop and the channels */
    {SCMP_SYS(epoll_wait), BOTH},
    {SCMP_SYS(epoll_pwait), BOTH},
    {SCMP_SYS(epoll_ctl), BOTH},
    {SCMP_SYS(epoll_create1), PROXY},
    {SCMP_SYS(clock_gettime), BOTH},
    {SCMP_SYS(recvmsg), BOTH},
    {SCMP_SYS(sendmsg), BOTH},
    {SCMP_SYS(read), BOTH},
    {SCMP_SYS(write), BOTH},
    {SCMP_SYS(writev), BOTH},
    {SCMP_SYS(close), BOTH},
    {SCMP_SYS(shutdown), BOTH},
    {SCMP_SYS(accept4), PROXY},
    {SCMP_SYS(getsockopt), PROXY},
    {SCMP_SYS(setsockopt), PROXY},
    {SCMP_SYS(socketpair), PROXY},

    /* starting and stopping the device process */
    {SCMP_SYS(clone), PROXY},
    {SCMP_SYS(set_robust_list), PROXY},
    {SCMP_SYS(pidfd_open), PROXY},
    {SCMP_SYS(pidfd_send_signal), PROXY},
    {SCMP_SYS(getpid), PROXY},
    {SCMP_SYS(getppid), PROXY},
    {SCMP_SYS(gettid), PROXY},
    {SCMP_SYS(dup2), PROXY},
    {SCMP_SYS(dup3), PROXY},
    {SCMP_SYS(close_range), PROXY},
    {SCMP_SYS(prctl), PROXY},
    {SCMP_SYS(seccomp), PROXY},
    {SCMP_SYS(rt_sigprocmask), BOTH},

    /* the TPM: its device, or a software TPM's socket */
    {SCMP_SYS(openat), BOTH},
    {SCMP_SYS(newfstatat), BOTH},
    {SCMP_SYS(fcntl), BOTH},
    {SCMP_SYS(poll), BOTH},
    {SCMP_SYS(ppoll), BOTH},
    {SCMP_SYS(socket), BOTH},
    {SCMP_SYS(connect), BOTH},
    {SCMP_SYS(recvfrom), BOTH},
    {SCMP_SYS(sendto), BOTH},

    /* memory, the end, and what the C library needs */
    {SCMP_SYS(brk), BOTH},
    {SCMP_SYS(mmap), BOTH},
    {SCMP_SYS(munmap), BOTH},
    {SCMP_SYS(mremap), BOTH},
    {SCMP_SYS(mprotect), BOTH},
    {SCMP_SYS(madvise), BOTH},
    {SCMP_SYS(futex), BOTH},
    {SCMP_SYS(getrandom), BOTH},
    {SCMP_SYS(rt_sigreturn), BOTH},
    {SCMP_SYS(restart_syscall), BOTH},
    {SCMP_SYS(exit_group), BOTH},

#if SANITIZED
    /* ASan looks for signals' stack before it calls what does not return. */
    {SCMP_SYS(sigaltstack), BOTH},
#endif
};

static enum err allow_calls(scmp_filter_ctx filter, enum syscalls_who who)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].who & who)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].nr, 0);
	return err_from_errno(-rc);
}

enum err syscalls_restrict(enum syscalls_who who)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	enum err e;

	if (!filter)
		return ERR_NO_MEMORY;
	e = allow_calls(filter, who);
	if (e == ERR_OK)
		e = err_from_errno(-seccomp_load(filter));
	seccomp_release(filter);
	return e;
}
