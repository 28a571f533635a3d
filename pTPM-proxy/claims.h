/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * claims: the transient objects and sessions that one peer owns. A peer may
 * name no others; what it leaves behind is flushed.
 */
#ifndef PTPM_PROXY_CLAIMS_H
#define PTPM_PROXY_CLAIMS_H

#include "lib/err.h"
#include "pTPM-proxy/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Far above what a TPM, or the kernel's resource manager, keeps for one user. */
#define CLAIMS_MAX 32

struct claims {
	uint32_t handles[CLAIMS_MAX];
	size_t n;
};

/* Whether handle is of a kind that is owned at all: transient object, HMAC or policy session. */
bool claims_apply_to(uint32_t handle);

bool claims_have(const struct claims *c, uint32_t handle);

/* Adding twice is adding once. ERR_FULL past CLAIMS_MAX. */
enum err claims_add(struct claims *c, uint32_t handle) MUST_USE;
void claims_remove(struct claims *c, uint32_t handle);

/*
 * Whether a peer with these claims may send the command: ERR_DENIED where it
 * names, or asks for, what is not its own; ERR_FULL where it would come to own
 * more than CLAIMS_MAX.
 */
enum err claims_permit(const struct claims *c, const struct command *command) MUST_USE;

/* What a command that succeeded took from its peer: flushed handles and ended sessions. */
void claims_settle(struct claims *c, const struct command *command);

#endif
