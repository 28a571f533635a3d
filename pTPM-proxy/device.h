/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device: the process that holds the open TPM and does nothing but carry one
 * command to it and one response back, blocking as long as the TPM takes.
 */
#ifndef PTPM_PROXY_DEVICE_H
#define PTPM_PROXY_DEVICE_H

#include "pTPM-proxy/tcti.h"

/*
 * The device process' main, in a child of the proxy. Speaks lib/proto_ptpm.h on
 * fd, opens the TPM when the first command comes, and again after a failure, with a back-off.
 * Returns the exit status when the other side has gone.
 */
int device_main(int fd, const struct tcti *tcti);

#endif
