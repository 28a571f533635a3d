/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/worker_sandbox.h"

#include <seccomp.h>

#define MAX_MEMORY (64u * 1024 * 1024)
#define MAX_FILES  32
#define MAX_LOG    (64u * 1024 * 1024) /* standard error may be a file */

/* Each with the reason why it is here. */
static const int syscalls[] = {
    /* the loop */
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),   /* which epoll_wait(3) is on ARM64 */
    SCMP_SYS(clock_gettime), /* where the vDSO cannot answer */
    /* channels */
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(fcntl), /* and SIGIO of a control client */
    SCMP_SYS(close),
    /* guests */
    SCMP_SYS(accept4),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(rt_sigaction), /* SIGIO */
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(getpid), /* F_SETOWN; OpenSSL notices forks by it */
    /* log */
    SCMP_SYS(write),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    /* OpenSSL's random generator, and its locks */
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(exit_group),
};

struct sandbox worker_sandbox(uid_t uid, gid_t gid)
{
	return (struct sandbox){.uid = uid,
				.gid = gid,
				.syscalls = syscalls,
				.nsyscalls = sizeof(syscalls) / sizeof(syscalls[0]),
				.max_memory = MAX_MEMORY,
				.max_file = MAX_LOG,
				.max_files = MAX_FILES};
}
