/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * syscalls: the system calls of the proxy's two processes, one table. The
 * device process is forked by the proxy and inherits its filter, so the proxy
 * must have every call that the device process needs.
 */
#ifndef PTPM_PROXY_SYSCALLS_H
#define PTPM_PROXY_SYSCALLS_H

#include "lib/err.h"

enum syscalls_who { SYSCALLS_PROXY = 1, SYSCALLS_DEVICE = 2 };

/* From now on any other call kills the process. Needs no_new_privs. */
enum err syscalls_restrict(enum syscalls_who who) MUST_USE;

#endif
