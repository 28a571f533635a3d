/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allow: which TPM 2.0 commands a peer may send at all, and what the proxy
 * must know of each: how many handles precede its parameters, and what it does
 * to the set of handles that the peer owns (TPM 2.0 Library, part 3).
 *
 * A peer's role follows from the socket it connected to. A command in no row,
 * or in a row without the peer's role, is denied.
 */
#ifndef PTPM_PROXY_ALLOW_H
#define PTPM_PROXY_ALLOW_H

#include <stdbool.h>
#include <stdint.h>

/* Bits, so that a row can name several. */
enum allow_role { ALLOW_KEYS = 1, ALLOW_PROVISION = 2 };

enum allow_effect {
	ALLOW_PLAIN,   /* owns what it owned before */
	ALLOW_CREATES, /* a success gives the peer the handle in the response */
	ALLOW_FLUSHES  /* a success takes the command's first handle from it */
};

struct allow_rule {
	uint32_t cc;
	unsigned roles;   /* enum allow_role bits; 0: nobody */
	unsigned handles; /* in the command, before authorizations and parameters */
	enum allow_effect effect;
};

/* The row of cc if role may use it, else NULL. */
const struct allow_rule *allow_find(enum allow_role role, uint32_t cc);

#endif
