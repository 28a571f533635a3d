/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_guest: tells a stub domain which domain it may serve: the one whose
 * UUID the vTPM's record names, as long as there is one. The node is dom0's:
 *
 *	/local/domain/D/vtpm/guest   the guest's domid in decimal, or nothing
 */
#ifndef TOOLS_AGENT_GUEST_H
#define TOOLS_AGENT_GUEST_H

#include "tools/agent/agent_worker.h"

/* Does nothing before the manager has said whose it is, or while there is no domain. */
void agent_guest_update(struct agent_worker *w, const struct domains *d);

#endif
