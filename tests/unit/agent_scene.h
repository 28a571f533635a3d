/* SPDX-License-Identifier: BSD-3-Clause */
/* agent_scene: one vTPM's ring to the agent, whose surroundings are played (agent_play.h). */
#ifndef TESTS_UNIT_AGENT_SCENE_H
#define TESTS_UNIT_AGENT_SCENE_H

#include "lib/uuid.h"
#include "tests/unit/agent_play.h"
#include "tools/agent/agent_worker.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define VTPM     "11111111-2222-4333-8444-555555555555"
#define OTHER    "99999999-2222-4333-8444-555555555555"
#define GUEST    "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define NAME     "vtpm-" VTPM
#define STUB     7
#define SHORT_MS 50 /* of grace, where a test waits for its end */
#define MADE     "/local/domain/7/vtpm/made"
#define TOLD     "/local/domain/7/vtpm/guest"
#define RINGS    "/local/domain/3/data/vtpmmgr/stub/7"

extern struct play scene;

/* Before and after each test, cmocka's way: enforcing FLASK, no domain, no ring. */
int scene_set_up(void **state);
int scene_tear_down(void **state);

/* A message from the manager, and what the agent does then. */
void scene_send(struct channel *ring, uint16_t type, const uint8_t *body, size_t len);

/* What the manager asks for, for that vTPM. */
struct agent_spawn scene_spawn_of(const char *uuid);
void scene_send_spawn(struct channel *ring, const struct agent_spawn *s);

/* For VTPM. */
void scene_ask(struct channel *ring);

/* What the agent has answered on the ring. */
void scene_expect_spawned(struct channel *ring, uint32_t domid);
struct agent_failed scene_expect_failed(struct channel *ring, enum err why);
void scene_expect_closed(struct channel *ring);

/* The agent looks who has stopped whenever a domain may have. */
void scene_skip_lists(void);

/* The next command that the agent starts xl with: its first word and its last. */
void scene_expect_xl(const char *first, const char *last);

/* xl has done so, as it was told. */
void scene_created(void);
void scene_destroyed(void);

/* Up to a stub domain that serves. */
struct channel *scene_served(void);

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

#endif
