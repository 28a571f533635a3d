/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/agent_scene.h"

#include <string.h>

struct play scene;

int scene_set_up(void **state)
{
	(void)state;
	play_start(&scene, XSM_FLASK_ENFORCING);
	return 0;
}

int scene_tear_down(void **state)
{
	(void)state;
	play_end(&scene);
	return 0;
}

void scene_send(struct channel *ring, uint16_t type, const uint8_t *body, size_t len)
{
	struct msg m = {.type = type, .body = body, .len = len};

	assert_int_equal(channel_send(ring, &m), ERR_OK);
	play_turn(&scene);
}

struct agent_spawn scene_spawn_of(const char *uuid)
{
	struct agent_spawn s = {.guest = {.kind = GUEST_XEN}, .stakeholder = "acme-bank"};

	assert_int_equal(uuid_parse(uuid, s.uuid), ERR_OK);
	assert_int_equal(uuid_parse(GUEST, s.guest.id), ERR_OK);
	return s;
}

void scene_send_spawn(struct channel *ring, const struct agent_spawn *s)
{
	uint8_t body[AGENT_WORKER_BODY_MAX];
	size_t len;

	assert_int_equal(agent_spawn_encode(s, body, sizeof(body), &len), ERR_OK);
	scene_send(ring, AGENT_SPAWN, body, len);
}

void scene_ask(struct channel *ring)
{
	struct agent_spawn s = scene_spawn_of(VTPM);

	scene_send_spawn(ring, &s);
}

void scene_expect_spawned(struct channel *ring, uint32_t domid)
{
	struct msg m;
	uint32_t got;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_SPAWNED);
	assert_int_equal(agent_spawned_decode(m.body, m.len, &got), ERR_OK);
	assert_int_equal(got, domid);
}

struct agent_failed scene_expect_failed(struct channel *ring, enum err why)
{
	struct agent_failed f;
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_FAILED);
	assert_int_equal(agent_failed_decode(m.body, m.len, &f), ERR_OK);
	assert_int_equal(f.err, why);
	return f;
}

void scene_expect_closed(struct channel *ring)
{
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_EOF);
	channel_close(ring);
}

void scene_skip_lists(void)
{
	while (play_xl_waiting() && strcmp(play_xl()->args[0], "list") == 0)
		play_xl_done(&scene, ERR_OK, "");
}

void scene_expect_xl(const char *first, const char *last)
{
	const struct play_run *r = play_xl();

	assert_string_equal(r->args[0], first);
	assert_string_equal(r->args[r->nargs - 1], last);
}

void scene_created(void)
{
	scene_expect_xl("create", "/proc/self/fd/5");
	play_domain(&scene, STUB, NAME, NULL);
	play_xl_done(&scene, ERR_OK, "");
}

void scene_destroyed(void)
{
	scene_expect_xl("destroy", NAME);
	play_domain_gone(&scene, STUB);
	play_xl_done(&scene, ERR_OK, "");
	scene_skip_lists();
}

struct channel *scene_served(void)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);

	scene_ask(ring);
	scene_created();
	scene_expect_spawned(ring, STUB);
	return ring;
}
