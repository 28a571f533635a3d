/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_ptpm: key keeper <-> ptpm-proxy. One command at a time: the next one
 * is accepted only after the answer to the last.
 *
 * The body of PTPM_COMMAND and PTPM_RESPONSE is a TPM 2.0 command or response
 * as in TPM 2.0 Library, part 3. PTPM_ERROR's is u16 err: ERR_DENIED (not on
 * this peer's allow-list, or another peer's handle), ERR_FORMAT, ERR_FULL (too many
 * handles of this peer), ERR_UNAVAILABLE (no TPM: it was not executed), ERR_TIMEOUT (no
 * answer; whether the command took effect is unknown).
 */
#ifndef LIB_PROTO_PTPM_H
#define LIB_PROTO_PTPM_H

#include "lib/err.h"
#include "lib/msg.h"

#define PTPM_BUFFER_MAX 4096 /* bytes of one TPM command or response */

enum ptpm_msg { PTPM_COMMAND = 0x0601, PTPM_RESPONSE = 0x0602, PTPM_ERROR = 0x0603 };

enum err ptpm_error_encode(enum err e, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err ptpm_error_decode(const uint8_t *in, size_t len, enum err *out) MUST_USE;

#endif
