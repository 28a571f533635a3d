/* SPDX-License-Identifier: BSD-3-Clause */
/* Stub domains that an agent finds when it starts again, and managers that ask for nonsense. */
#include "tests/unit/agent_scene.h"

#include <string.h>

static void test_restart_adopts(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	channel_close(ring);
	play_restart(&scene);
	scene_skip_lists();
	assert_int_equal(play_xl_waiting(), 0);
	ring = play_ring(&scene, "worker/" VTPM);
	scene_ask(ring);
	scene_expect_spawned(ring, STUB);
	channel_close(ring);
}

static void test_restart_destroys_unasked(void **state)
{
	(void)state;
	channel_close(scene_served());
	scene.grace_ms = SHORT_MS;
	play_restart(&scene);
	play_wait(&scene, SHORT_MS);
	scene_skip_lists();
	scene_destroyed();
}

static void test_restart_destroys_unfinished(void **state)
{
	(void)state;
	channel_close(scene_served());
	play_set(MADE, NULL);
	play_restart(&scene);
	scene_skip_lists();
	scene_destroyed();
}

/* One that an earlier manager's domain was given has the wrong domid in its command line. */
static void test_restart_other_manager(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	channel_close(ring);
	play_set(MADE, "2 00 acme-bank");
	play_restart(&scene);
	scene_skip_lists();
	ring = play_ring(&scene, "worker/" VTPM);
	scene_ask(ring);
	scene_destroyed();
	scene_created();
	scene_expect_spawned(ring, STUB);
	channel_close(ring);
}

/* Its rings say nothing when a whole domain has gone. */
static void test_manager_gone(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	play_domain_gone(&scene, PLAY_MANAGER);
	scene_skip_lists();
	scene_expect_closed(ring);
	scene_destroyed();
	assert_int_equal(scene.agent.nworkers, 0);
	assert_int_equal(scene.agent.manager, AGENT_NO_DOMAIN);
}

static void test_other_uuid(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	struct agent_spawn s = scene_spawn_of(OTHER);

	(void)state;
	scene_send_spawn(ring, &s);
	assert_int_equal(play_xl_waiting(), 0);
	scene_expect_closed(ring);
}

static void test_asks_twice(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);

	(void)state;
	scene.agent.grace_ms = SHORT_MS;
	scene_ask(ring);
	scene_ask(ring);
	scene_expect_closed(ring);
	assert_int_equal(play_xl_waiting(), 1);
	scene_created();
	play_wait(&scene, SHORT_MS);
	scene_destroyed();
}

static void test_rubbish(void **state)
{
	static const uint16_t types[] = {AGENT_SPAWNED, AGENT_FAILED, AGENT_DESTROY, AGENT_CLIENT,
					 1};
	uint8_t body[64] = {1, 2, 3};
	struct channel *ring;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		ring = play_ring(&scene, "worker/" VTPM);
		scene_send(ring, types[i], body, types[i] == AGENT_DESTROY ? 0 : sizeof(body));
		scene_expect_closed(ring);
	}
	ring = play_ring(&scene, "worker/" VTPM);
	scene_send(ring, AGENT_SPAWN, body, sizeof(body));
	scene_expect_closed(ring);
	assert_int_equal(play_xl_waiting(), 0);
}

static void test_bad_paths(void **state)
{
	(void)state;
	play_set("/local/domain/3/data/vtpmmgr/agent/worker/not-a-uuid", "");
	play_set("/local/domain/3/data/vtpmmgr/agent/worker/" VTPM "x", "");
	play_domain(&scene, 30, "x", NULL);
	assert_int_equal(scene.agent.nworkers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE_TEST(test_restart_adopts),
	    SCENE_TEST(test_restart_destroys_unasked),
	    SCENE_TEST(test_restart_destroys_unfinished),
	    SCENE_TEST(test_restart_other_manager),
	    SCENE_TEST(test_manager_gone),
	    SCENE_TEST(test_other_uuid),
	    SCENE_TEST(test_asks_twice),
	    SCENE_TEST(test_rubbish),
	    SCENE_TEST(test_bad_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
