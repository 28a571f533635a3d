/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/vchan/vchan_sandbox.h"

#include "lib/proto_agent.h"
#include "lib/sandbox.h"

#include <linux/capability.h>
#include <seccomp.h>
#include <string.h>

#define MAX_MEMORY  (64u * 1024 * 1024)
#define MAX_ADMIN   (512u * 1024 * 1024) /* each client may have a policy under way */
#define MAX_LOG     (64u * 1024 * 1024)  /* standard error may be a file */
#define MAX_FILES   48
#define CAP_BIT(c)  (1ull << (c))
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Each with the reason why it is here. */
static const int carrying[] = {
    /* the loop */
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(clock_gettime), /* where the vDSO cannot answer */
    /* the manager's channels */
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(fcntl),
    SCMP_SYS(close),
    /* rings: to notify, what is pending, to unmask */
    SCMP_SYS(ioctl),
    SCMP_SYS(read),
    SCMP_SYS(write), /* the log, too */
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit_group),
};

static const int connecting[] = {
    /* to the admin socket */
    SCMP_SYS(socket),
    SCMP_SYS(setsockopt),
    SCMP_SYS(connect),
    /* as whom */
    SCMP_SYS(getuid),
    SCMP_SYS(getgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
};

enum err vchan_sandbox_enter(const struct child_args *args)
{
	const struct sandbox s = {.uid = args->uid,
				  .gid = args->gid,
				  .syscalls = carrying,
				  .nsyscalls = COUNT(carrying),
				  .max_memory = MAX_MEMORY,
				  .max_file = MAX_LOG,
				  .max_files = MAX_FILES};

	return sandbox_enter(&s);
}

enum err vchan_sandbox_enter_admin(const struct child_args *args)
{
	int all[COUNT(carrying) + COUNT(connecting)];
	const struct sandbox s = {.uid = args->uid,
				  .gid = args->gid,
				  .syscalls = all,
				  .nsyscalls = COUNT(all),
				  .max_memory = MAX_ADMIN,
				  .max_file = MAX_LOG,
				  .max_files = MAX_FILES + AGENT_CLIENTS_MAX,
				  .host_users = true,
				  .root = args->run_dir,
				  .caps = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID)};

	memcpy(all, carrying, sizeof(carrying));
	memcpy(all + COUNT(carrying), connecting, sizeof(connecting));
	return sandbox_enter(&s);
}
