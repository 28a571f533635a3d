/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_tcti: a TCTI (TSS 2.0 TPM Command Transmission Interface, TCG) over the
 * key keeper's channel to ptpm-proxy. One command, one answer.
 */
#ifndef VTPMMGR_KEYS_TCTI_H
#define VTPMMGR_KEYS_TCTI_H

#include "lib/channel.h"
#include "lib/err.h"

#include <stdint.h>
#include <tss2/tss2_tcti.h>

/* Longer than the proxy's own limit, so that its answer is what is seen. Milliseconds. */
#define KEYS_TCTI_TIMEOUT_MS (150u * 1000)

/* What the TSS sees where there was no answer of the TPM; keys_tcti_why() says more. */
#define KEYS_TCTI_REFUSED (TSS2_RESMGR_RC_LAYER | TSS2_BASE_RC_IO_ERROR)

/* The channel stays the caller's and must outlive the context. Free with keys_tcti_free(). */
enum err keys_tcti_new(struct channel *ptpm, TSS2_TCTI_CONTEXT **out) MUST_USE;
void keys_tcti_free(TSS2_TCTI_CONTEXT *tcti);

/* The command that was handed over but not sent yet never will be: its answer is a refusal. */
void keys_tcti_abandon(TSS2_TCTI_CONTEXT *tcti);

/* Commands sent to the pTPM so far. */
uint64_t keys_tcti_commands(const TSS2_TCTI_CONTEXT *tcti);

/* Why the last command got no TPM response: the proxy's word, or the channel's. */
enum err keys_tcti_why(const TSS2_TCTI_CONTEXT *tcti);

#endif
