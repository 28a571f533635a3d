/* SPDX-License-Identifier: BSD-3-Clause */
/* A stub domain from the manager's asking to its end, with xl, xenstore and rings played here. */
#include "tests/unit/agent_scene.h"

#include <stdio.h>
#include <string.h>

static void test_create(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	const struct play_run *r;

	(void)state;
	assert_int_equal(play_xl_waiting(), 0);
	scene_ask(ring);
	r = play_xl();
	assert_int_equal(r->nargs, 4);
	assert_string_equal(r->args[1], "-e");
	assert_string_equal(r->args[2], "-q");
	assert_non_null(strstr(r->config, "name = \"" NAME "\"\n"));
	assert_non_null(strstr(r->config, "vtpm.manager=3\""));
	assert_non_null(strstr(r->config, "seclabel = \"system_u:system_r:vtpm_acme_bank_t\"\n"));
	assert_non_null(
	    strstr(r->config, "kernel = \"/proc/self/fd/3\"\nramdisk = \"/proc/self/fd/4\"\n"));
	scene_created();
	scene_expect_spawned(ring, STUB);
	assert_non_null(play_get(MADE));
	assert_string_equal(play_get(TOLD), "");
	channel_close(ring);
}

static void test_create_fails(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);

	(void)state;
	scene_ask(ring);
	play_xl_done(&scene, ERR_IO, "libxl: not enough memory");
	assert_string_equal(scene_expect_failed(ring, ERR_IO).detail, "libxl: not enough memory");
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_create_leaves_half(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);

	(void)state;
	scene_ask(ring);
	play_domain(&scene, STUB, NAME, NULL);
	play_xl_done(&scene, ERR_TIMEOUT, "");
	scene_expect_failed(ring, ERR_TIMEOUT);
	scene_destroyed();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_grace(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	channel_close(ring);
	play_turn(&scene);
	assert_int_equal(play_xl_waiting(), 0);
	ring = play_ring(&scene, "worker/" VTPM);
	scene_ask(ring);
	scene_expect_spawned(ring, STUB);
	assert_int_equal(play_xl_waiting(), 0);
	scene.agent.grace_ms = SHORT_MS;
	channel_close(ring);
	play_turn(&scene);
	play_wait(&scene, SHORT_MS);
	scene_destroyed();
	assert_int_equal(scene.agent.nworkers, 0);
}

static void test_grace_without_asking(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	scene.agent.grace_ms = SHORT_MS;
	channel_close(ring);
	play_turn(&scene);
	ring = play_ring(&scene, "worker/" VTPM);
	play_wait(&scene, SHORT_MS);
	scene_destroyed();
	scene_ask(ring);
	scene_created();
	scene_expect_spawned(ring, STUB);
	channel_close(ring);
}

static void test_destroy(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	play_set(RINGS "/super", "8 3 0123456789abcdef");
	scene_send(ring, AGENT_DESTROY, NULL, 0);
	channel_close(ring);
	scene_destroyed();
	play_turn(&scene);
	assert_int_equal(scene.agent.nworkers, 0);
	assert_null(play_get(RINGS "/super"));
}

static void test_destroy_while_created(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);

	(void)state;
	scene_ask(ring);
	scene_send(ring, AGENT_DESTROY, NULL, 0);
	scene_created();
	scene_destroyed();
	channel_close(ring);
}

/* Asked for while the last one is still being destroyed. */
static void test_again_at_once(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	scene_send(ring, AGENT_DESTROY, NULL, 0);
	channel_close(ring);
	play_turn(&scene);
	ring = play_ring(&scene, "worker/" VTPM);
	scene_ask(ring);
	assert_int_equal(play_xl_waiting(), 1);
	scene_destroyed();
	scene_created();
	scene_expect_spawned(ring, STUB);
	channel_close(ring);
}

static void test_image_refused(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	struct agent_spawn s = scene_spawn_of(VTPM);

	(void)state;
	memset(s.image.b, 0x5a, DIGEST_SIZE);
	scene_send_spawn(ring, &s);
	assert_non_null(strstr(scene_expect_failed(ring, ERR_UNAPPROVED).detail, "not the one"));
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_image_named(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	struct agent_spawn s = scene_spawn_of(VTPM);

	(void)state;
	s.image = scene.agent.image.digest;
	scene_send_spawn(ring, &s);
	scene_created();
	scene_expect_spawned(ring, STUB);
	channel_close(ring);
}

/* The files were replaced after the agent had read them: what the manager names decides. */
static void test_image_replaced(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	struct agent_spawn s = scene_spawn_of(VTPM);
	struct stub_image now = STUB_IMAGE_NONE;
	FILE *f = fopen(scene.options.kernel, "w");

	(void)state;
	fputs("a newer kernel", f);
	fclose(f);
	assert_int_equal(stub_image_load(scene.options.kernel, scene.options.initramfs, &now),
			 ERR_OK);
	s.image = now.digest;
	stub_image_close(&now);
	assert_false(digest_equal(&s.image, &scene.agent.image.digest));
	scene_send_spawn(ring, &s);
	scene_created();
	scene_expect_spawned(ring, STUB);
	assert_true(digest_equal(&s.image, &scene.agent.image.digest));
	channel_close(ring);
}

static void test_bad_stakeholder(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	struct agent_spawn s = scene_spawn_of(VTPM);

	(void)state;
	strcpy(s.stakeholder, "Acme.Bank");
	scene_send_spawn(ring, &s);
	scene_expect_failed(ring, ERR_ARG);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_silo(void **state)
{
	struct channel *ring;

	(void)state;
	play_end(&scene);
	play_start(&scene, XSM_SILO);
	ring = play_ring(&scene, "worker/" VTPM);
	scene_ask(ring);
	assert_non_null(
	    strstr(scene_expect_failed(ring, ERR_UNSUPPORTED).detail, "flask=enforcing"));
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_guest(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	play_domain(&scene, 9, "phone", GUEST);
	assert_string_equal(play_get(TOLD), "9");
	play_domain(&scene, 10, "another", OTHER);
	assert_string_equal(play_get(TOLD), "9");
	play_domain_gone(&scene, 9);
	assert_string_equal(play_get(TOLD), "");
	play_domain(&scene, 11, "phone", GUEST);
	assert_string_equal(play_get(TOLD), "11");
	play_domain(&scene, 12, "impostor", GUEST);
	assert_string_equal(play_get(TOLD), "");
	channel_close(ring);
}

static void test_guest_none(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);
	struct agent_spawn s = scene_spawn_of(VTPM);

	(void)state;
	s.guest = (struct guest){.kind = GUEST_NONE};
	scene_send_spawn(ring, &s);
	scene_created();
	scene_expect_spawned(ring, STUB);
	play_domain(&scene, 9, "phone", "00000000-0000-0000-0000-000000000000");
	assert_string_equal(play_get(TOLD), "");
	channel_close(ring);
}

/* It is told before it runs: the domain is introduced while xl still builds it. */
static void test_guest_before_start(void **state)
{
	struct channel *ring = play_ring(&scene, "worker/" VTPM);

	(void)state;
	play_domain(&scene, 9, "phone", GUEST);
	scene_ask(ring);
	play_domain(&scene, STUB, NAME, NULL);
	assert_string_equal(play_get(TOLD), "9");
	assert_null(play_get(MADE));
	channel_close(ring);
}

static void test_domain_lost(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	play_set(RINGS "/keys", "8 3 0123456789abcdef");
	play_domain_gone(&scene, STUB);
	scene_expect_failed(ring, ERR_EOF);
	assert_null(play_get(RINGS "/keys"));
	channel_close(ring);
}

static void test_domain_stopped(void **state)
{
	struct channel *ring = scene_served();

	(void)state;
	play_domain_gone(&scene, 40);
	scene_expect_xl("list", "list");
	play_xl_done(&scene, ERR_OK,
		     "Name    ID   Mem VCPUs\tState\tTime(s)\n"
		     "Domain-0   0  1024     1     r-----       5.1\n" NAME
		     "   7    24     1     ---s--       0.4\n");
	scene_expect_failed(ring, ERR_EOF);
	scene_destroyed();
	channel_close(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE_TEST(test_create),
	    SCENE_TEST(test_create_fails),
	    SCENE_TEST(test_create_leaves_half),
	    SCENE_TEST(test_grace),
	    SCENE_TEST(test_grace_without_asking),
	    SCENE_TEST(test_destroy),
	    SCENE_TEST(test_destroy_while_created),
	    SCENE_TEST(test_again_at_once),
	    SCENE_TEST(test_image_refused),
	    SCENE_TEST(test_image_named),
	    SCENE_TEST(test_image_replaced),
	    SCENE_TEST(test_bad_stakeholder),
	    SCENE_TEST(test_silo),
	    SCENE_TEST(test_guest),
	    SCENE_TEST(test_guest_none),
	    SCENE_TEST(test_guest_before_start),
	    SCENE_TEST(test_domain_lost),
	    SCENE_TEST(test_domain_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
