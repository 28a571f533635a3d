/* SPDX-License-Identifier: BSD-3-Clause */
/* Two carriers, and what each makes of its unix end. */
#include "lib/carrier.h"

#include "lib/proto_carrier.h"
#include "lib/proto_super.h"
#include "tests/unit/carrier_scene.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Two carriers. */

static void test_both_ways(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_say_text(s->opener.local, "said before the other side was there");
	scene_run(s);
	assert_int_equal(s->follower.opened, 1);
	scene_hear_text(s->follower.local, "said before the other side was there");
	scene_say_text(s->follower.local, "an answer");
	scene_say_text(s->follower.local, "and another");
	scene_run(s);
	scene_hear_text(s->opener.local, "an answer");
	scene_hear_text(s->opener.local, "and another");
	scene_hear_nothing(s->opener.local);
	assert_int_equal(s->opener.closed + s->follower.closed, 0);
}

static void test_sizes(void **state)
{
	struct scene *s = *state;
	uint8_t *bytes = malloc(MSG_BODY_MAX);
	struct msg m;

	assert_non_null(bytes);
	for (size_t i = 0; i < MSG_BODY_MAX; i++)
		bytes[i] = (uint8_t)(i * 31 + 7);
	scene_open_end(&s->opener);
	scene_say(s->opener.local, INNER, 1, bytes, MSG_BODY_MAX);
	scene_say(s->opener.local, INNER, 2, NULL, 0);
	scene_run(s);
	assert_int_equal(channel_recv(s->follower.local, &m), ERR_OK);
	assert_int_equal(m.len, MSG_BODY_MAX);
	assert_memory_equal(m.body, bytes, MSG_BODY_MAX);
	assert_int_equal(channel_recv(s->follower.local, &m), ERR_OK);
	assert_int_equal(m.id, 2);
	assert_int_equal(m.len, 0);
	free(bytes);
}

/* The last words of an end that has gone arrive, and then the end. */
static void assert_hangs_up(struct scene *s, struct half *leaves, struct half *stays)
{
	scene_open_end(&s->opener);
	scene_run(s);
	scene_say_text(leaves->local, "bye");
	channel_close(leaves->local);
	leaves->local = NULL;
	scene_run(s);
	scene_hear_text(stays->local, "bye");
	scene_hear_end(stays->local);
	assert_int_equal(leaves->lost, 1);
	assert_int_equal(leaves->closed, 1);
	assert_int_equal(stays->lost, 0);
	assert_int_equal(stays->closed, 1);
	assert_int_equal(stays->how, 0);
	scene_open_end(&s->opener);
	scene_say_text(s->opener.local, "again");
	scene_run(s);
	scene_hear_text(s->follower.local, "again");
}

static void test_opener_hangs_up(void **state)
{
	struct scene *s = *state;

	assert_hangs_up(s, &s->opener, &s->follower);
}

static void test_follower_hangs_up(void **state)
{
	struct scene *s = *state;

	assert_hangs_up(s, &s->follower, &s->opener);
}

static void test_exit_code(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_run(s);
	carrier_close_end(s->follower.carrier, EXITED_SIGNAL, 9);
	carrier_close_end(s->follower.carrier, EXITED_CODE, 0); /* it has been told */
	scene_hear_end(s->follower.local);
	scene_run(s);
	scene_hear_end(s->opener.local);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->opener.how, EXITED_SIGNAL);
	assert_int_equal(s->opener.code, 9);
	assert_int_equal(s->follower.closed, 0);
}

/* The end is gone before its process has been reaped: the code comes later, and comes once. */
static void test_exit_code_later(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_run(s);
	s->follower.waits = true;
	channel_close(s->follower.local);
	s->follower.local = NULL;
	scene_run(s);
	assert_int_equal(s->follower.lost, 1);
	assert_int_equal(s->follower.closed, 0);
	assert_int_equal(s->opener.closed, 0);
	scene_hear_nothing(s->opener.local);
	scene_say_text(s->opener.local, "to nobody");
	carrier_close_end(s->follower.carrier, EXITED_CODE, 3);
	scene_run(s);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->opener.how, EXITED_CODE);
	assert_int_equal(s->opener.code, 3);
	assert_int_equal(s->opener.gone + s->follower.gone, 0);
}

static void test_cannot_open(void **state)
{
	struct scene *s = *state;

	s->follower.open_answer = ERR_UNAVAILABLE;
	scene_open_end(&s->opener);
	scene_say_text(s->opener.local, "to nobody");
	scene_run(s);
	scene_hear_end(s->opener.local);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->follower.closed, 0);
	s->follower.open_answer = ERR_OK;
	scene_open_end(&s->opener);
	scene_say_text(s->opener.local, "now");
	scene_run(s);
	scene_hear_text(s->follower.local, "now");
}

/* Both ends go at the same time: each side has sent what the other no longer waits for. */
static void test_both_hang_up(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_run(s);
	scene_say_text(s->opener.local, "crossing");
	scene_say_text(s->follower.local, "crossing");
	carrier_close_end(s->opener.carrier, 0, 0);
	carrier_close_end(s->follower.carrier, EXITED_CODE, 0);
	scene_run(s);
	assert_int_equal(s->opener.closed + s->follower.closed, 0);
	assert_int_equal(s->opener.gone + s->follower.gone, 0);
	scene_open_end(&s->opener);
	scene_say_text(s->opener.local, "again");
	scene_run(s);
	scene_hear_text(s->follower.local, "again");
	scene_hear_nothing(s->opener.local);
}

static void test_follower_opens_nothing(void **state)
{
	struct scene *s = *state;
	int fd = scene_new_end(&s->follower);

	assert_int_equal(carrier_open(s->follower.carrier, fd), ERR_STATE);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* Descriptors. */

static void test_descriptor_refused(void **state)
{
	struct scene *s = *state;
	size_t before;

	scene_open_end(&s->opener);
	scene_run(s);
	before = scene_open_fds();
	scene_say_with_fd(s->opener.local);
	scene_run(s);
	scene_hear_end(s->opener.local);
	scene_hear_end(s->follower.local); /* nothing of that message */
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->follower.closed, 1);
	assert_int_equal(s->opener.gone, 0);
	assert_int_equal(scene_open_fds(), before - 2);
}

static void test_descriptor_taken(void **state)
{
	struct scene *s = *state;

	s->opener.takes_fds = true;
	scene_open_end(&s->opener);
	scene_say_with_fd(s->opener.local);
	scene_run(s);
	scene_hear_text(s->follower.local, "");
	close(s->opener.taken);
}

static void test_dropped(void **state)
{
	struct scene *s = *state;
	size_t before;

	scene_open_end(&s->opener);
	scene_run(s);
	before = scene_open_fds();
	s->opener.drops = true;
	scene_say_with_fd(s->opener.local);
	scene_run(s);
	s->opener.drops = false;
	scene_say_text(s->opener.local, "goes on");
	scene_run(s);
	scene_hear_text(s->follower.local, "goes on");
	assert_int_equal(scene_open_fds(), before);
}

static void test_outgoing_refused(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_run(s);
	s->opener.outgoing_answer = ERR_FORMAT;
	scene_say_text(s->opener.local, "not this");
	scene_run(s);
	scene_hear_end(s->opener.local);
	scene_hear_end(s->follower.local);
}

/* A unix end speaks the carriers' own language: it could close and open for others. */
static void test_end_violates(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_run(s);
	scene_say_closed(s->follower.local, 1, EXITED_CODE, 0);
	scene_run(s);
	scene_hear_end(s->follower.local);
	scene_hear_end(s->opener.local);
	assert_int_equal(s->opener.how, 0);
	scene_open_end(&s->opener);
	scene_say_number(s->opener.local, CARRIER_OPEN, 3);
	scene_run(s);
	scene_hear_end(s->opener.local);
	assert_int_equal(s->follower.opened, 2);
	assert_int_equal(s->opener.gone + s->follower.gone, 0);
}

#define CASE(test, set_up) cmocka_unit_test_setup_teardown(test, scene_##set_up, scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_both_ways, set_up_both),
	    CASE(test_sizes, set_up_both),
	    CASE(test_opener_hangs_up, set_up_both),
	    CASE(test_follower_hangs_up, set_up_both),
	    CASE(test_exit_code, set_up_both),
	    CASE(test_exit_code_later, set_up_both),
	    CASE(test_cannot_open, set_up_both),
	    CASE(test_both_hang_up, set_up_both),
	    CASE(test_follower_opens_nothing, set_up_both),
	    CASE(test_descriptor_refused, set_up_both),
	    CASE(test_descriptor_taken, set_up_both),
	    CASE(test_dropped, set_up_both),
	    CASE(test_outgoing_refused, set_up_both),
	    CASE(test_end_violates, set_up_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
