/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process: the worker, vtpm-stubdom, as a child of a stub domain's init. It has
 * the descriptors and arguments that the supervisor gives it elsewhere
 * (lib/proto_super.h, lib/child.h).
 */
#ifndef STUBDOM_INIT_PROCESS_H
#define STUBDOM_INIT_PROCESS_H

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"

#include <stdint.h>
#include <sys/types.h>

struct process {
	struct loop *loop;
	int program;          /* an open descriptor of the executable */
	uid_t uid;            /* of the worker */
	enum log_level level; /* of its log */
	/* It has ended, and was reaped. how: enum super_how; code: exit code or signal. */
	void (*ended)(void *arg, uint8_t how, uint8_t code);
	void *arg;
	pid_t pid; /* 0: it does not run */
	int pidfd;
	struct loop_source *source;
};

/* Descriptors of this process; all stay its own. */
struct process_fds {
	int super, keys, broker;
};

/* *data and *ctrl get sockets connected to the worker's two of the TPM emulator protocol. */
enum err process_start(struct process *p, const struct process_fds *fds, int *data,
		       int *ctrl) MUST_USE;

/* Ends it, if it runs; p->ended follows. */
void process_kill(struct process *p);

#endif
