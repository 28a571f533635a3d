/* SPDX-License-Identifier: BSD-3-Clause */
/* broker_sandbox: what the broker may still do once it listens to anybody. */
#ifndef VTPMMGR_BROKER_SANDBOX_H
#define VTPMMGR_BROKER_SANDBOX_H

#include "lib/sandbox.h"

/* store_size: how far the image may be written. */
struct sandbox broker_sandbox(uid_t uid, gid_t gid, uint64_t store_size);

#endif
