/* SPDX-License-Identifier: BSD-3-Clause */
/* process: a child that was started, by its pidfd, so that no signal hits another one. */
#ifndef VTPMMGR_PROCESS_H
#define VTPMMGR_PROCESS_H

#include "lib/proto_super.h"

#include <sys/types.h>

struct process {
	pid_t pid; /* 0: none */
	int pidfd;
};

/* SIGKILL; it is reaped by process_reap(), once pidfd becomes readable. */
void process_kill(const struct process *p);

/* Collects one that has ended, and closes pidfd. */
void process_reap(struct process *p, uint8_t *how, uint8_t *code);

#endif
