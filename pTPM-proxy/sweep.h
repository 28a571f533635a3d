/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sweep: finds what nobody owns in the TPM and flushes it.
 *
 * It asks the TPM what is loaded instead of trusting the proxy's own books,
 * because these are incomplete just when it matters: a StartAuthSession that
 * timed out, or whose peer died before the answer, may have made a session
 * whose handle nobody ever saw. Asking is safe: the proxy is the only user of a
 * TPM without a resource manager, and the kernel's resource manager keeps other
 * users' objects and sessions unloaded while ours are asked for.
 *
 * A sweep only says what to send and takes the answers; it does no I/O:
 *
 *	sweep_begin(&s);
 *	while (sweep_next(&s, owned, arg, command, &len))
 *		sweep_answer(&s, response, response_len);
 */
#ifndef PTPM_PROXY_SWEEP_H
#define PTPM_PROXY_SWEEP_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWEEP_LIST_MAX    64 /* handles asked for at once */
#define SWEEP_COMMAND_MAX 32 /* bytes of the longest command */

struct sweep {
	unsigned range; /* which handle range comes next, or is being worked on */
	uint32_t from;  /* where the next list begins; 0: nowhere, this range is done */
	bool listing;   /* the command out is GetCapability */
	uint32_t handles[SWEEP_LIST_MAX];
	size_t n; /* handles still to be looked at */
	unsigned flushed;
};

typedef bool (*sweep_owned_fn)(void *arg, uint32_t handle);

void sweep_begin(struct sweep *s);

/* Writes the next command; false when nothing is left to do. */
bool sweep_next(struct sweep *s, sweep_owned_fn owned, void *arg, uint8_t out[SWEEP_COMMAND_MAX],
		size_t *len);

/*
 * Takes the TPM's response to it. A response code other than success is an
 * answer too: the handle is gone, or this TPM has nothing to list. ERR_FORMAT
 * if the bytes are no response; the sweep must then begin anew.
 */
enum err sweep_answer(struct sweep *s, const uint8_t *buf, size_t len) MUST_USE;

#endif
