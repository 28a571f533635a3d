/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command: what the bridge looks at in a command of the guest's kernel. All but
 * one go to the vTPM as they are: Linux's tpm_vtpm_proxy driver asks for a
 * locality in a command of its own (linux/vtpm_proxy.h), which no TPM knows.
 */
#ifndef TOOLS_GUEST_COMMAND_H
#define TOOLS_GUEST_COMMAND_H

#include "lib/tpm_cmd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether the command is for the bridge itself: then response is what to answer.
 * Xen's frontend uses locality 0 alone, so that is the only one granted; what is
 * no TPM 2.0 command is answered here as well.
 */
bool command_is_ours(const uint8_t *command, size_t len, uint8_t response[TPM_HEADER_SIZE]);

/* Room for the longest one of these below. */
#define COMMAND_MAX 32

/*
 * TPM2_SelfTest of what has not been tested: the first thing that the kernel asks of
 * the new device, and it waits for two seconds, which a virtual machine may need.
 * Asked before, it is answered at once. Its length.
 */
size_t command_probe(uint8_t out[COMMAND_MAX]);

/* Whether what has answered that is a TPM 2.0 that the kernel can go on with. */
bool command_probe_succeeded(const uint8_t *response, size_t len);

/* TPM2_Shutdown(CLEAR), as a driver sends it that goes. Its length. */
size_t command_shutdown(uint8_t out[COMMAND_MAX]);

#endif
