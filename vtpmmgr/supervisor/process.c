/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/process.h"

#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

void process_kill(const struct process *p)
{
	if (p->pid > 0)
		pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
}

void process_reap(struct process *p, uint8_t *how, uint8_t *code)
{
	siginfo_t info = {0};

	waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED);
	*how = info.si_code == CLD_EXITED ? EXITED_CODE : EXITED_SIGNAL;
	*code = (uint8_t)info.si_status;
	close(p->pidfd);
	*p = (struct process){.pid = 0, .pidfd = -1};
}
