/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * isolation: what keeps Xen's domains apart, as the agent in dom0 says it: the body of
 * AGENT_ISOLATION and SUPER_ISOLATION.
 */
#ifndef LIB_ISOLATION_H
#define LIB_ISOLATION_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

enum isolation {
	ISOLATION_UNTOLD = 0, /* nobody has said; so it is where there is no Xen */
	ISOLATION_UNKNOWN = 1,
	ISOLATION_SILO = 2,  /* Debian's default: domains other than dom0 share nothing */
	ISOLATION_DUMMY = 3, /* nothing */
	ISOLATION_PERMISSIVE = 4,
	ISOLATION_ENFORCING = 5, /* FLASK, and its policy is enforced */
	ISOLATION_COUNT
};

/* One byte. ISOLATION_UNTOLD cannot be told. */
enum err isolation_encode(enum isolation i, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err isolation_decode(const uint8_t *in, size_t len, enum isolation *out) MUST_USE;

/* "dummy": stable, lower-case. */
const char *isolation_name(enum isolation i);

#endif
