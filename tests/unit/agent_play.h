/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_play: Xen, as vtpmmgr-agent sees it, played for its unit tests: xenstore
 * is a table, a ring is a pair of sockets, and what xl would do the test does.
 */
#ifndef TESTS_UNIT_AGENT_PLAY_H
#define TESTS_UNIT_AGENT_PLAY_H

#include "tools/agent/agent.h"

#include <stddef.h>

#define PLAY_MANAGER 3
#define PLAY_PLUG_MS 2
#define PLAY_TRY_MS  200 /* how long a ring is tried */

/* One run of xl that the agent has asked for and the test has not answered. */
struct play_run {
	char args[XL_ARGS_MAX][XL_ARG_MAX];
	size_t nargs;
	char config[4096]; /* what stands in descriptor 5; "" */
	struct xl_run *handle;
};

struct play {
	struct loop *loop;
	struct agent agent;
	struct agent_options options;
	uint64_t grace_ms; /* from the next play_restart() on */
	char dir[64];
};

/* An agent that has begun, with domain 3 as the manager; xsm: what xl says of it. */
void play_start(struct play *p, enum xsm xsm);
/* The same, once more, in the same world: as after a restart. */
void play_restart(struct play *p);
void play_end(struct play *p);

/* Whatever is ready is served. */
void play_turn(struct play *p);
/* The same once every timer that is set for ms or less has fired. */
void play_wait(struct play *p, uint64_t ms);

/* xenstore. A NULL value takes path and everything below away. */
void play_set(const char *path, const char *value);
const char *play_get(const char *path);
/* Domain with this name and uuid (NULL: none) is there, or has gone; watches fire. */
void play_domain(struct play *p, unsigned domid, const char *name, const char *uuid);
void play_domain_gone(struct play *p, unsigned domid);

/* The manager serves a ring; the agent connects at once. */
struct channel *play_ring(struct play *p, const char *name);

/* How often the agent has tried to connect to one. */
unsigned play_connects(void);

/* The oldest run that waits; fails the test if there is none. */
const struct play_run *play_xl(void);
unsigned play_xl_waiting(void);
/* Answers it. */
void play_xl_done(struct play *p, enum err e, const char *output);

#endif
