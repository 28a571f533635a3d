/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest whose stub domain has been replaced, with xl, xenstore and rings played here. */
#include "lib/uuid.h"
#include "tests/unit/agent_play.h"
#include "tools/agent/agent_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VTPM    "11111111-2222-4333-8444-555555555555"
#define OTHER   "99999999-2222-4333-8444-555555555555"
#define GUEST   "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define NAME    "vtpm-" VTPM
#define STUB    7
#define LOST    "/local/domain/5/backend/vtpm/9/0"
#define SERVING "/local/domain/7/backend/vtpm/9/0"
#define DEVICE  "/libxl/9/device/vtpm/0"
#define STATE   "/local/domain/9/device/vtpm/0/state"

static struct play play;

/* Domain 9 is the guest, and has a device, of that vTPM at that backend. */
static void set_device(const char *uuid, const char *backend, const char *state)
{
	play_set(DEVICE "/uuid", uuid);
	play_set(DEVICE "/backend", backend);
	play_set(STATE, state);
}

static int set_up(void **state)
{
	(void)state;
	play_start(&play, XSM_FLASK_ENFORCING);
	play_domain(&play, 9, "phone", GUEST);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	play_end(&play);
	return 0;
}

static void ask(struct channel *ring)
{
	struct agent_spawn s = {.guest = {.kind = GUEST_XEN}, .stakeholder = "acme-bank"};
	uint8_t body[AGENT_WORKER_BODY_MAX];
	struct msg m = {.type = AGENT_SPAWN, .body = body};

	assert_int_equal(uuid_parse(VTPM, s.uuid), ERR_OK);
	assert_int_equal(uuid_parse(GUEST, s.guest.id), ERR_OK);
	assert_int_equal(agent_spawn_encode(&s, body, sizeof(body), &m.len), ERR_OK);
	assert_int_equal(channel_send(ring, &m), ERR_OK);
	play_turn(&play);
}

/* Up to a stub domain that serves, and whatever the agent does about the guest then. */
static struct channel *served(void)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	ask(ring);
	assert_string_equal(play_xl()->args[0], "create");
	play_domain(&play, STUB, NAME, NULL);
	play_xl_done(&play, ERR_OK, "");
	return ring;
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

/* The device goes, and comes back after a while in which the guest can see that it has gone. */
static void replugged(enum err attached, unsigned tries)
{
	expect_xl("vtpm-detach", "0", NULL);
	play_set(DEVICE, NULL);
	play_xl_done(&play, ERR_OK, "");
	assert_int_equal(play_xl_waiting(), 0);
	play_wait(&play, PLAY_PLUG_MS << tries);
	expect_xl("vtpm-attach", "backend=" NAME, "uuid=" VTPM);
	set_device(VTPM, SERVING, "1");
	play_xl_done(&play, attached, "");
}

static void test_replaced(void **state)
{
	struct channel *ring;

	(void)state;
	set_device(VTPM, LOST, "4");
	ring = served();
	replugged(ERR_OK, 0);
	play_set(STATE, "4");
	play_wait(&play, PLAY_PLUG_MS << 2);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* xl has waited too long for a stub domain that was only starting. */
static void test_slow_stub(void **state)
{
	struct channel *ring;

	(void)state;
	set_device(VTPM, LOST, "4");
	ring = served();
	replugged(ERR_IO, 0);
	play_set(STATE, "4");
	play_wait(&play, PLAY_PLUG_MS << 2);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* A guest that never looks at its device is not bothered for ever. */
static void test_slow_guest(void **state)
{
	struct channel *ring;

	(void)state;
	set_device(VTPM, LOST, "4");
	ring = served();
	replugged(ERR_OK, 0);
	play_wait(&play, PLAY_PLUG_MS << 1);
	replugged(ERR_OK, 1);
	play_wait(&play, PLAY_PLUG_MS << 2);
	replugged(ERR_OK, 2);
	play_wait(&play, PLAY_PLUG_MS << 4);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_detach_fails(void **state)
{
	struct channel *ring;

	(void)state;
	set_device(VTPM, LOST, "4");
	ring = served();
	expect_xl("vtpm-detach", "0", NULL);
	play_xl_done(&play, ERR_IO, "no");
	play_wait(&play, PLAY_PLUG_MS << 1);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

/* Nothing is to be done for these. */
static void expect_left(const char *uuid, const char *backend)
{
	struct channel *ring;

	set_device(uuid, backend, "1");
	ring = served();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_no_device(void **state)
{
	(void)state;
	channel_close(served());
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
	play_domain(&play, 5, "somebody", NULL);
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
	play_domain_gone(&play, 9);
	play_domain(&play, 9, "phone", OTHER);
	expect_left(VTPM, LOST);
}

/* The stub domain goes while its guest is being served anew. */
static void test_lost_again(void **state)
{
	struct channel *ring;

	(void)state;
	set_device(VTPM, LOST, "4");
	ring = served();
	expect_xl("vtpm-detach", "0", NULL);
	play_domain_gone(&play, STUB);
	play_xl_done(&play, ERR_OK, "");
	assert_string_equal(play_xl()->args[0], "list");
	play_xl_done(&play, ERR_OK, "");
	play_wait(&play, PLAY_PLUG_MS);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_replaced),     TEST(test_slow_stub),     TEST(test_slow_guest),
	    TEST(test_detach_fails), TEST(test_no_device),     TEST(test_connected),
	    TEST(test_other_vtpm),   TEST(test_other_backend), TEST(test_no_number),
	    TEST(test_other_guest),  TEST(test_lost_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
