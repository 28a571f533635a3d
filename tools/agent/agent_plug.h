/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_plug: gives a guest that runs its TPM back. A frontend is connected to a
 * domain by number: when its stub domain has gone it leads to nobody, whoever
 * serves the vTPM next. So the device is taken from the guest and given anew,
 * through xl, as an administrator would do it; the guest's driver sees one
 * device go and another come.
 *
 * Only the guest that the vTPM is bound to, and of its devices only one that the
 * toolstack's own copy (/libxl) says is this vTPM's, at a domain that is gone; or
 * at the one that serves, where the guest has closed it. A guest whose device is
 * away already is given it where a note in xenstore says that it is owed one:
 * /libxl/GUEST/vtpmmgr/VTPM-UUID.
 */
#ifndef TOOLS_AGENT_PLUG_H
#define TOOLS_AGENT_PLUG_H

#include "lib/loop.h"
#include "tools/agent/xl.h"

#include <stdbool.h>
#include <stdint.h>

#define AGENT_PLUG_MS 2000 /* between going and coming, doubled with each try; between looks */

struct agent_worker;

/* What is under way for one vTPM; zero: nothing. */
struct agent_plug {
	struct xl_run *run;
	struct loop_timer *timer;
	char guest[8]; /* domid */
	char device[8];
	unsigned tries;
	unsigned looks; /* that are left, at what the guest makes of it */
	bool there;     /* a device of this vTPM's, wherever it leads */
	bool waits;     /* it has made nothing of it yet */
};

/* The worker's stub domain serves. */
void agent_plug_look(struct agent_worker *w);

/* It does not any more: whatever is under way is left. */
void agent_plug_forget(struct agent_worker *w);

#endif
