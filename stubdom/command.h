/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command: what the worker knows about TPM 2.0 commands: which of them never
 * touch the permanent state.
 */
#ifndef STUBDOM_COMMAND_H
#define STUBDOM_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a command may change the permanent state. False only for those that
 * need no authorisation (a failed one is remembered) and write no NV.
 */
bool command_may_store(uint32_t code);

#endif
