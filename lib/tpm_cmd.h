/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpm_cmd: the 10-byte headers of TPM 2.0 commands and responses (TPM 2.0
 * Library, part 1, 18), all that the proxy and the worker look at.
 */
#ifndef LIB_TPM_CMD_H
#define LIB_TPM_CMD_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define TPM_HEADER_SIZE     10
#define TPM_ST_NO_SESSIONS_ 0x8001
#define TPM_ST_SESSIONS_    0x8002

struct tpm_header {
	uint16_t tag;
	uint32_t size;
	uint32_t code; /* TPM_CC of a command, TPM_RC of a response */
};

/* ERR_FORMAT unless buf holds exactly one well-formed command or response of len bytes. */
enum err tpm_header_decode(const uint8_t *buf, size_t len, struct tpm_header *out) MUST_USE;

/* A response of a header alone: tag TPM_ST_NO_SESSIONS, size 10, rc. */
void tpm_response_rc(uint32_t rc, uint8_t out[TPM_HEADER_SIZE]);

/* "NV_Extend" for a TPM_CC value; "unknown" otherwise. For logs. */
const char *tpm_cc_name(uint32_t cc);

#endif
