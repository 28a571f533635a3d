/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpm: the physical TPM as the proxy's loop sees it: one command out, one
 * answer back, never blocking.
 *
 * tpm2-tss 3.2's swtpm TCTI blocks in receive whatever timeout it is given and
 * has no descriptor to poll; neither it nor the device TCTI can cancel. So the
 * TCTI lives in a process of its own (device.c). When a command takes too long,
 * that process is killed and a new one opens the TPM: a late answer dies with
 * the connection it would have come on, and can never be given to another command.
 */
#ifndef PTPM_PROXY_TPM_H
#define PTPM_PROXY_TPM_H

#include "lib/err.h"
#include "lib/loop.h"
#include "pTPM-proxy/tcti.h"

#include <stddef.h>
#include <stdint.h>

struct tpm;

/*
 * The answer to the last tpm_send(), from the loop. ERR_UNAVAILABLE: the command
 * was not executed. ERR_TIMEOUT: no answer; whether it was executed is unknown.
 */
typedef void (*tpm_answer_fn)(void *arg, enum err e, const uint8_t *response, size_t len);

/* tcti must outlive the result. Nothing is opened before the first command. */
enum err tpm_new(struct loop *l, const struct tcti *tcti, unsigned timeout_ms, tpm_answer_fn fn,
		 void *arg, struct tpm **out) MUST_USE;
void tpm_free(struct tpm *t);

/* Sends a command; its answer follows unless this fails. Never two at a time. */
enum err tpm_send(struct tpm *t, const uint8_t *command, size_t len) MUST_USE;

#endif
