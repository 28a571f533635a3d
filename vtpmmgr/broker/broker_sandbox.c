/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/broker_sandbox.h"

#include "lib/proto_root.h"
#include "vtpmmgr/broker/admin.h"

#include <seccomp.h>

/* Every worker may have a state pending, and every client a policy under way, many times over. */
#define MAX_MEMORY (512u * 1024 * 1024)
#define MIN_FILE   (64u * 1024 * 1024) /* standard error may be a file */

/* Each with the reason why it is here. */
static const int syscalls[] = {
    /* the loop */
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(clock_gettime), /* where the vDSO cannot answer */
    SCMP_SYS(time),
    /* channels, admin clients, syslog */
    SCMP_SYS(accept4),
    SCMP_SYS(getsockopt), /* SO_PEERCRED */
    SCMP_SYS(setsockopt),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(shutdown),
    SCMP_SYS(fcntl),
    SCMP_SYS(close),
    /* store and initial policy */
    SCMP_SYS(pread64),
    SCMP_SYS(pwritev),
    SCMP_SYS(fdatasync),
    /* log */
    SCMP_SYS(write),
    SCMP_SYS(writev),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(madvise),
    SCMP_SYS(mprotect),
    /* OpenSSL's random generator, and its locks */
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit_group),
    /* qsort(3) of over 128 leaves asks for the memory there is */
    SCMP_SYS(sysinfo),
};

struct sandbox broker_sandbox(uid_t uid, gid_t gid, uint64_t store_size)
{
	return (struct sandbox){.uid = uid,
				.gid = gid,
				.syscalls = syscalls,
				.nsyscalls = sizeof(syscalls) / sizeof(syscalls[0]),
				.max_memory = MAX_MEMORY,
				.max_file = store_size > MIN_FILE ? store_size : MIN_FILE,
				.max_files = 2 * LEAVES_MAX + ADMIN_CLIENTS + 32,
				.host_users = true};
}
