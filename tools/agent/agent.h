/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent: vtpmmgr-agent, the manager domain's hand in dom0. The manager can
 * start nothing itself: it serves rings at known paths of its own xenstore
 * directory, each granted to dom0 alone, and the agent connects to them:
 *
 *	agent/admin            vtpmctl's connections (agent_admin)
 *	agent/keys, provision  to ptpm-proxy (agent_ptpm)
 *	agent/worker/UUID      that vTPM's stub domain (agent_worker, agent_guest)
 *
 * A ring that breaks its protocol is closed, and looked for again.
 */
#ifndef TOOLS_AGENT_H
#define TOOLS_AGENT_H

#include "lib/channel.h"
#include "lib/loop.h"
#include "tools/agent/agent_options.h"
#include "tools/agent/domains.h"
#include "tools/agent/stub_image.h"
#include "tools/agent/xenstore.h"
#include "tools/agent/xl.h"
#include "tools/agent/xsm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define AGENT_NO_DOMAIN UINT32_MAX
#define AGENT_PTPMS     2

struct agent_admin;
struct agent_seen;
struct agent_ptpm;
struct agent_worker;

struct agent {
	const struct agent_options *options;
	struct loop *loop;
	struct xenstore *xenstore;
	struct xl *xl;
	struct stub_image image;
	enum xsm xsm;
	uint32_t manager; /* domid, or AGENT_NO_DOMAIN */
	struct agent_admin *admin;
	struct agent_ptpm *ptpm[AGENT_PTPMS];
	LIST_HEAD(, agent_worker) workers;
	unsigned nworkers;
	TAILQ_HEAD(, agent_seen) seen; /* agent_ring */
	unsigned nseen;
	struct loop_source *events;
	struct loop_timer *again;
	uint64_t delay_ms;
	uint64_t grace_ms; /* AGENT_GRACE_MS, but in tests */
	uint64_t plug_ms;  /* AGENT_PLUG_MS, too */
	uint64_t try_ms;   /* AGENT_RING_TRY_MS, too */
	bool listing;      /* xl list runs */
};

/*
 * Asks Xen which access control it has, takes the stub domains that run over, and serves whoever
 * asks from then on. The struct's members down to image are the caller's to set and to close.
 */
enum err agent_start(struct agent *a) MUST_USE;

/* Closes what agent_start() and the rings have made; stub domains run on. */
void agent_stop(struct agent *a);

/* A ring has gone: look whether there is another one at its path, soon. */
void agent_look_again(struct agent *a);

#endif
