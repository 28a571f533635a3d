/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_ring: connects to the manager's rings. What stands at a ring's path names
 * one server's grant, by a number that no other server draws; it stays when
 * that server has ended. So each is connected to once, and tried for a while; again
 * where this side has ended it, for then the server may offer it again.
 */
#ifndef TOOLS_AGENT_RING_H
#define TOOLS_AGENT_RING_H

#include "tools/agent/agent.h"

#define AGENT_RING_TRY_MS 5000

/* name: below the folder of the agent's rings, or "" for that. */
struct agent_path {
	char s[XENSTORE_PATH_MAX];
};
struct agent_path agent_ring_path(const struct agent *a, const char *name);

/*
 * ERR_NOT_FOUND: nothing is there, or nothing that has not been tried for long enough. Any other
 * error: it is worth another try, later.
 */
enum err agent_ring_connect(struct agent *a, const char *name, size_t body_max,
			    struct channel **out) MUST_USE;

/* This side has ended that connection: the ring may be connected to again. */
void agent_ring_forget(struct agent *a, const char *name);

/* Of a manager's domain that has gone: its numbers mean nothing any more. */
void agent_ring_forget_all(struct agent *a);

#endif
