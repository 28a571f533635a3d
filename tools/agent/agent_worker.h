/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_worker: a vTPM's stub domain, from the manager's asking for it to its
 * end. Whose ring it is says the ring's path; a message that names another
 * vTPM is a violation.
 *
 * A domain outlives its ring by AGENT_GRACE_MS: who asks for the same vTPM
 * meanwhile gets it again, if it was made of the image, for the manager and
 * under the label that a new one would be. What it was made of stands in
 * xenstore, so that an agent that was started again knows as well.
 */
#ifndef TOOLS_AGENT_WORKER_H
#define TOOLS_AGENT_WORKER_H

#include "lib/proto_agent.h"
#include "tools/agent/agent.h"
#include "tools/agent/agent_plug.h"

#define AGENT_GRACE_MS        10000
#define AGENT_WORKER_BODY_MAX 512

/* What a stub domain's conversation with the manager has come to. */
enum worker_talk {
	TALK_NONE,   /* there is no ring, or it has just come */
	TALK_ASKED,  /* AGENT_SPAWN waits for its answer */
	TALK_SERVED, /* AGENT_SPAWNED was sent */
	TALK_OVER,   /* AGENT_DESTROY came, or AGENT_FAILED was sent */
};

enum worker_stub { STUB_ABSENT, STUB_CREATING, STUB_RUNNING, STUB_DESTROYING };

/* What a domain is made of, as text. */
struct worker_made {
	char s[2 * DIGEST_SIZE + NAME_MAX_LEN + 16];
};

struct agent_worker {
	LIST_ENTRY(agent_worker) link;
	struct agent *agent;
	uint8_t uuid[UUID_SIZE];
	struct channel *ring; /* NULL: nobody asks */
	enum worker_talk talk;
	struct agent_spawn asked; /* last; its uuid is zero before the first */
	enum worker_stub stub;
	struct worker_made made; /* the one that was created last */
	uint32_t domid;          /* of the domain by our name, or AGENT_NO_DOMAIN */
	char guest[8];           /* what the domain was told: a domid or "" */
	bool guest_told;         /* else guest is nothing */
	struct xl_run *run;
	struct loop_timer *timer; /* grace, or until destroying is tried again */
	struct agent_plug plug;
};

/* Whether there is no ring for this vTPM, and room for one more if it is new. */
bool agent_worker_wants_ring(const struct agent *a, const uint8_t uuid[UUID_SIZE]);
/* Owns ring. */
void agent_worker_take(struct agent *a, const uint8_t uuid[UUID_SIZE], struct channel *ring);

/* The manager's domain has gone. Its stub domains cannot serve another one: they go, too. */
void agent_worker_drop_rings(struct agent *a);

/* At the start: the stub domains that run. Those that were not finished are destroyed. */
void agent_worker_adopt(struct agent *a, const struct domains *d);

/* Domains have come or gone. */
void agent_worker_domains(struct agent *a, const struct domains *d);

/* What `xl list` printed: those that have shut down are destroyed. */
void agent_worker_listed(struct agent *a, const char *output);

void agent_worker_free_all(struct agent *a);

#endif
