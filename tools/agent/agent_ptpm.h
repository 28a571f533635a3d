/* SPDX-License-Identifier: BSD-3-Clause */
/* agent_ptpm: the way from the manager's key keeper to ptpm-proxy, a plain carrier for each role.
 */
#ifndef TOOLS_AGENT_PTPM_H
#define TOOLS_AGENT_PTPM_H

#include "tools/agent/agent.h"

/* "keys", "provision": of the ring, and of the proxy's socket. */
const char *agent_ptpm_name(size_t i);

enum err agent_ptpm_new(struct agent *a, size_t i, struct agent_ptpm **out) MUST_USE;
void agent_ptpm_free(struct agent_ptpm *p);

bool agent_ptpm_has_ring(const struct agent_ptpm *p);
/* Owns ring. */
void agent_ptpm_take(struct agent_ptpm *p, struct channel *ring);
/* The manager's domain has gone: what it had with the proxy ends as well. */
void agent_ptpm_drop(struct agent_ptpm *p);

#endif
