/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vchan: what vtpmmgr-vchan is to one connection of the manager to another
 * domain. It holds rings and has nothing to steal. Started by the supervisor,
 *
 *	NAME UID GID LOG-LEVEL RUNDIR ROLE ARGUMENT...
 *
 *	worker UUID xen:UUID|none STAKEHOLDER [IMAGE]	stands for the worker in a stub domain
 *	ptpm DOMID keys|provision			the key keeper's connection to ptpm-proxy
 *	admin						the connections of dom0's vtpmctl
 *
 * Each role opens its rings (lib/xen/channel_xen.h) while it can: dom0 is who it
 * then speaks to. It enters its sandbox before the first byte of anybody else.
 */
#ifndef VTPMMGR_VCHAN_H
#define VTPMMGR_VCHAN_H

#include "lib/child.h"

#define VCHAN_PATH       "data/vtpmmgr/" /* in the own domain's directory of xenstore */
#define VCHAN_AGENT      0               /* the domain with vtpmmgr-agent */
#define VCHAN_AGENT_RING 16384           /* bytes each way */

/* Each takes the arguments behind its name, as many as it must have; returns the exit code. */
int vchan_worker(const struct child_args *args, char *const argv[]);
int vchan_ptpm(const struct child_args *args, char *const argv[]);
int vchan_admin(const struct child_args *args, char *const argv[]);

#endif
