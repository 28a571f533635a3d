/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker: one vTPM's life. It gets its key and the mark of its current state
 * from the key keeper, the state from the broker, and serves its guest; every
 * changed state goes to the broker as a blob and to the key keeper as a mark,
 * and is held until the key keeper says that it is anchored.
 */
#ifndef STUBDOM_WORKER_H
#define STUBDOM_WORKER_H

#include "lib/err.h"

/* Serves on the fixed descriptors (lib/proto_super.h) until told to stop. The process' exit code.
 */
int worker_run(void);

#endif
