/* SPDX-License-Identifier: BSD-3-Clause */
/* worker_sandbox: what a vTPM worker is left with; the probe of its walls uses the same. */
#ifndef STUBDOM_WORKER_SANDBOX_H
#define STUBDOM_WORKER_SANDBOX_H

#include "lib/sandbox.h"

struct sandbox worker_sandbox(uid_t uid, gid_t gid);

#endif
