/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest whose stub domain has been replaced, with xl, xenstore and rings played here. */
#include "tests/unit/agent_scene.h"

#include <string.h>

#define LOST    "/local/domain/5/backend/vtpm/9/0"
#define SERVING "/local/domain/7/backend/vtpm/9/0"
#define DEVICE  "/libxl/9/device/vtpm/0"
#define STATE   "/local/domain/9/device/vtpm/0/state"

/* Domain 9 is the guest, and has a device, of that vTPM at that backend. */
static void set_device(const char *uuid, const char *backend, const char *state)
{
	play_set(DEVICE "/uuid", uuid);
	play_set(DEVICE "/backend", backend);
	play_set(STATE, state);
}

static int set_up(void **state)
{
	int rc = scene_set_up(state);

	play_domain(&scene, 9, "phone", GUEST);
	return rc;
}

static void expect_xl(const char *command, const char *second, const char *third)
{
	const struct play_run *r = play_xl();

	assert_string_equal(r->args[0], command);
	assert_string_equal(r->args[1], "9");
	assert_string_equal(r->args[2], second);
	assert_int_equal(r->nargs, third ? 4 : 3);
	if (third)
		assert_string_equal(r->args[3], third);
}

/* Another stub domain serves than the one that the guest's device leads to. */
static struct channel *served_again(void)
{
	set_device(VTPM, LOST, "4");
	return scene_served();
}

/* The device goes. */
static void taken(void)
{
	expect_xl("vtpm-detach", "0", NULL);
	play_set(DEVICE, NULL);
	play_xl_done(&scene, ERR_OK, "");
}

/* It goes, and comes back after a while in which the guest can see that it has gone. */
static void replugged(enum err attached, unsigned tries)
{
	taken();
	assert_int_equal(play_xl_waiting(), 0);
	play_wait(&scene, PLAY_PLUG_MS << tries);
	expect_xl("vtpm-attach", "backend=" NAME, "uuid=" VTPM);
	set_device(VTPM, SERVING, "1");
	play_xl_done(&scene, attached, "");
}

static void replaced(enum err attached)
{
	struct channel *ring = served_again();

	replugged(attached, 0);
	play_set(STATE, "4");
	play_wait(&scene, PLAY_PLUG_MS << 2);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_replaced(void **state)
{
	(void)state;
	replaced(ERR_OK);
}

/* xl has waited too long for a stub domain that was only starting. */
static void test_slow_stub(void **state)
{
	(void)state;
	replaced(ERR_IO);
}

/* Until the agent has lost its patience with the guest. */
static void wait_for_xl(void)
{
	for (int i = 0; i < 1000 && play_xl_waiting() == 0; i++)
		play_wait(&scene, PLAY_PLUG_MS);
}

/* A guest that never looks at its device is not bothered for ever. */
static void test_slow_guest(void **state)
{
	struct channel *ring = served_again();

	(void)state;
	replugged(ERR_OK, 0);
	play_wait(&scene, 10 * PLAY_PLUG_MS);
	assert_int_equal(play_xl_waiting(), 0);
	wait_for_xl();
	replugged(ERR_OK, 1);
	wait_for_xl();
	replugged(ERR_OK, 2);
	wait_for_xl();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* It took the new device for the old one, which it was still taking down. */
static void test_closed_by_guest(void **state)
{
	struct channel *ring = served_again();

	(void)state;
	replugged(ERR_OK, 0);
	play_set(STATE, "6");
	play_wait(&scene, PLAY_PLUG_MS);
	replugged(ERR_OK, 1);
	play_set(STATE, "4");
	wait_for_xl();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* The agent dies, and another one takes the same domains over. */
static void another_agent(struct channel **ring)
{
	channel_close(*ring);
	play_restart(&scene);
	scene_skip_lists();
	*ring = play_ring(&scene, "worker/" VTPM);
	scene_ask(*ring);
	scene_expect_spawned(*ring, STUB);
}

/* It is not the one that has attached the device; the guest closes that, or comes to use it. */
static void closed_after(const char *state, unsigned replugs)
{
	struct channel *ring = served_again();

	replugged(ERR_OK, 0);
	another_agent(&ring);
	play_wait(&scene, 10 * PLAY_PLUG_MS);
	assert_int_equal(play_xl_waiting(), 0);
	play_set(STATE, state);
	play_wait(&scene, PLAY_PLUG_MS);
	for (unsigned i = 0; i < replugs; i++)
		replugged(ERR_OK, i);
	play_set(STATE, "4");
	wait_for_xl();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_agent_dies_while_guest_is_slow(void **state)
{
	(void)state;
	closed_after("6", 1);
}

static void test_agent_dies_and_all_is_well(void **state)
{
	(void)state;
	closed_after("4", 0);
}

/* A guest without a driver is not bothered by an agent that has only begun. */
static void test_agent_begins_guest_has_no_driver(void **state)
{
	struct channel *ring;

	(void)state;
	set_device(VTPM, SERVING, "1");
	ring = scene_served();
	wait_for_xl();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* Between going and coming. */
static void test_agent_dies_in_the_pause(void **state)
{
	struct channel *ring = served_again();

	(void)state;
	taken();
	another_agent(&ring);
	play_wait(&scene, PLAY_PLUG_MS);
	expect_xl("vtpm-attach", "backend=" NAME, "uuid=" VTPM);
	set_device(VTPM, SERVING, "4");
	play_xl_done(&scene, ERR_OK, "");
	another_agent(&ring);
	play_set(DEVICE, NULL);
	wait_for_xl();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* The stub domain goes between going and coming; the next one's guest is owed a device. */
static void test_lost_in_the_pause(void **state)
{
	struct channel *ring = served_again();

	(void)state;
	taken();
	play_domain_gone(&scene, STUB);
	scene_skip_lists();
	channel_close(ring);
	play_turn(&scene);
	ring = scene_served();
	play_wait(&scene, PLAY_PLUG_MS);
	expect_xl("vtpm-attach", "backend=" NAME, "uuid=" VTPM);
	channel_close(ring);
}

static void test_detach_fails(void **state)
{
	struct channel *ring = served_again();

	(void)state;
	expect_xl("vtpm-detach", "0", NULL);
	play_xl_done(&scene, ERR_IO, "no");
	play_wait(&scene, PLAY_PLUG_MS << 1);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* Nothing is to be done for these. */
static void expect_left(const char *uuid, const char *backend)
{
	struct channel *ring;

	set_device(uuid, backend, "1");
	ring = scene_served();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_no_device(void **state)
{
	(void)state;
	channel_close(scene_served());
	assert_int_equal(play_xl_waiting(), 0);
}

static void test_connected(void **state)
{
	(void)state;
	expect_left(VTPM, SERVING);
}

static void test_other_vtpm(void **state)
{
	(void)state;
	expect_left(OTHER, LOST);
}

/* Whoever serves it there, it is not nobody. */
static void test_other_backend(void **state)
{
	(void)state;
	play_domain(&scene, 5, "somebody", NULL);
	expect_left(VTPM, LOST);
}

static void test_no_number(void **state)
{
	(void)state;
	expect_left(VTPM, "/local/domain/x/backend");
}

static void test_other_guest(void **state)
{
	(void)state;
	play_domain_gone(&scene, 9);
	play_domain(&scene, 9, "phone", OTHER);
	expect_left(VTPM, LOST);
}

/* The stub domain goes while its guest is being served anew. */
static void test_lost_again(void **state)
{
	struct channel *ring = served_again();

	(void)state;
	expect_xl("vtpm-detach", "0", NULL);
	play_domain_gone(&scene, STUB);
	play_xl_done(&scene, ERR_OK, "");
	assert_string_equal(play_xl()->args[0], "list");
	play_xl_done(&scene, ERR_OK, "");
	play_wait(&scene, PLAY_PLUG_MS);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_replaced),
	    TEST(test_slow_stub),
	    TEST(test_slow_guest),
	    TEST(test_closed_by_guest),
	    TEST(test_detach_fails),
	    TEST(test_no_device),
	    TEST(test_connected),
	    TEST(test_other_vtpm),
	    TEST(test_other_backend),
	    TEST(test_no_number),
	    TEST(test_other_guest),
	    TEST(test_lost_again),
	    TEST(test_agent_dies_while_guest_is_slow),
	    TEST(test_agent_dies_and_all_is_well),
	    TEST(test_agent_begins_guest_has_no_driver),
	    TEST(test_agent_dies_in_the_pause),
	    TEST(test_lost_in_the_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
