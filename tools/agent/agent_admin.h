/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_admin: the manager's admin socket in dom0: up to AGENT_CLIENTS_MAX
 * connections over one ring, each with the user that dom0's kernel names.
 */
#ifndef TOOLS_AGENT_ADMIN_H
#define TOOLS_AGENT_ADMIN_H

#include "tools/agent/agent.h"

/* Listens at RUNDIR/admin. RUNDIR must be ours alone to write. */
enum err agent_admin_new(struct agent *a, struct agent_admin **out) MUST_USE;
void agent_admin_free(struct agent_admin *m);

bool agent_admin_has_ring(const struct agent_admin *m);
/* Owns ring. */
void agent_admin_take(struct agent_admin *m, struct channel *ring);
/* The manager's domain has gone, and its ring with it. */
void agent_admin_drop(struct agent_admin *m);

#endif
