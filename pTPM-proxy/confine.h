/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * confine: what the proxy gives up before the first peer can connect.
 *
 * lib/sandbox.h does not fit: it takes every file away, and a proxy must be
 * able to open the TPM again. What remains here is that one device node, and
 * the connection to a software TPM; no capability, no program to start, no
 * socket to open to listeners.
 */
#ifndef PTPM_PROXY_CONFINE_H
#define PTPM_PROXY_CONFINE_H

#include "lib/err.h"
#include "pTPM-proxy/tcti.h"

/*
 * The whole program, its listening sockets open: loads the TCTI's library, becomes the
 * owner of the TPM's node, gives up all capabilities, is not dumpable, no_new_privs,
 * landlock with the device alone, seccomp with an allow-list that kills.
 * Every step that fails is an error; ERR_NOT_FOUND: there is no such device.
 */
enum err confine_proxy(const struct tcti *tcti) MUST_USE;

/* The device process, a child of the former: narrower system calls; no process, no peer. */
enum err confine_device(void) MUST_USE;

#endif
