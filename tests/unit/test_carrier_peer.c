/* SPDX-License-Identifier: BSD-3-Clause */
/* One carrier, and a peer on its ring that says what it likes. */
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

/* An opener and a scripted follower. */

static void test_reopen_drops_what_is_under_way(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_run(s);
	scene_hear_number(s->raw, CARRIER_OPEN, 1);
	scene_say_number(s->raw, CARRIER_OPENED, 1);
	scene_say_text(s->raw, "first");
	scene_run(s);
	scene_hear_text(s->opener.local, "first");
	scene_say_text(s->raw, "of the first, late");
	scene_open_end(&s->opener);
	scene_run(s);
	scene_hear_number(s->raw, CARRIER_OPEN, 2);
	scene_say_text(s->raw, "of the first, later still");
	scene_say_number(s->raw, CARRIER_OPENED, 2);
	scene_say_text(s->raw, "second");
	scene_run(s);
	scene_hear_text(s->opener.local, "second");
	scene_hear_nothing(s->opener.local);
	assert_int_equal(s->opener.gone + s->opener.closed, 0);
}

/* Opened twice before the follower has seen either: its answer to the first is not the second's. */
static void test_reopen_before_the_answer(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_open_end(&s->opener);
	scene_say_number(s->raw, CARRIER_OPENED, 1);
	scene_say_text(s->raw, "of the first");
	scene_say_closed(s->raw, 1, EXITED_CODE, 5);
	scene_say_number(s->raw, CARRIER_OPENED, 2);
	scene_say_text(s->raw, "of the second");
	scene_run(s);
	scene_hear_text(s->opener.local, "of the second");
	assert_int_equal(s->opener.closed, 0);
	scene_hear_number(s->raw, CARRIER_OPEN, 1);
	scene_hear_number(s->raw, CARRIER_OPEN, 2);
	scene_hear_nothing(s->raw);
}

static void test_close_before_the_answer(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	carrier_close_end(s->opener.carrier, 0, 0);
	scene_say_number(s->raw, CARRIER_OPENED, 1);
	scene_say_text(s->raw, "to nobody");
	scene_run(s);
	scene_hear_number(s->raw, CARRIER_OPEN, 1);
	scene_hear_closed(s->raw, 1, 0, 0);
	scene_hear_nothing(s->raw);
	assert_int_equal(s->opener.gone + s->opener.closed, 0);
}

static void test_without_callbacks(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	scene_say_text(s->opener.local, "goes");
	scene_run(s);
	scene_hear_number(s->raw, CARRIER_OPEN, 1);
	scene_hear_text(s->raw, "goes");
	scene_say_closed(s->raw, 1, 0, 0);
	scene_run(s);
	scene_hear_end(s->opener.local);
	scene_open_end(&s->opener);
	channel_close(s->opener.local);
	s->opener.local = NULL;
	scene_run(s);
	scene_hear_number(s->raw, CARRIER_OPEN, 2);
	scene_hear_closed(s->raw, 2, 0, 0);
}

/* A follower and a scripted opener. */

static void test_newer_conversation(void **state)
{
	struct scene *s = *state;
	struct channel *first;

	scene_say_number(s->raw, CARRIER_OPEN, 1);
	scene_say_text(s->raw, "first");
	scene_run(s);
	first = s->follower.local;
	s->follower.local = NULL;
	scene_say_number(s->raw, CARRIER_OPEN, 9);
	scene_say_text(s->raw, "second");
	scene_run(s);
	scene_hear_text(first, "first");
	scene_hear_end(first);
	channel_close(first);
	scene_hear_text(s->follower.local, "second");
	scene_hear_number(s->raw, CARRIER_OPENED, 1);
	scene_hear_number(s->raw, CARRIER_OPENED, 9);
	scene_hear_nothing(s->raw);
	assert_int_equal(s->follower.closed, 0);
}

/* What the ring's peer may not do. */

struct violation {
	bool follower; /* who suffers it */
	const char *what;
	uint16_t type;
	uint32_t n;
};

/* Each comes after conversation 5 has begun. */
static const struct violation violations[] = {
    {true, "an older conversation", CARRIER_OPEN, 4},
    {true, "the same again", CARRIER_OPEN, 5},
    {true, "conversation 0", CARRIER_OPEN, 0},
    {true, "an answer from the opener", CARRIER_OPENED, 5},
    {true, "the end of an older one", CARRIER_CLOSED, 4},
    {true, "the end of one to come", CARRIER_CLOSED, 6},
    {true, "a type that nobody has", 0x0704, 5},
    {false, "the follower opens", CARRIER_OPEN, 6},
    {false, "an answer to nothing", CARRIER_OPENED, 6},
    {false, "a second answer", CARRIER_OPENED, 5},
    {false, "the end of one to come", CARRIER_CLOSED, 6},
};

static struct half *begin(struct scene *s, const struct violation *v)
{
	if (v->follower) {
		scene_say_number(s->raw, CARRIER_OPEN, 5);
		scene_run(s);
		return &s->follower;
	}
	for (int i = 0; i < 5; i++)
		scene_open_end(&s->opener);
	scene_say_number(s->raw, CARRIER_OPENED, 5);
	scene_run(s);
	return &s->opener;
}

static void assert_gone(struct half *h, enum err why, const char *what)
{
	if (h->gone != 1 || h->why != why)
		fail_msg("%s: gone %u, %s", what, h->gone, err_name(h->why));
	scene_hear_end(h->local);
	assert_int_equal(h->lost + h->closed, 0);
}

static void violate(const struct violation *v)
{
	struct scene *s;
	struct half *h;
	uint8_t body[6] = {0, 0, 0, (uint8_t)v->n};

	if (v->follower)
		scene_set_up_follower((void **)&s);
	else
		scene_set_up_opener((void **)&s);
	h = begin(s, v);
	assert_int_equal(h->gone, 0);
	scene_say(s->raw, v->type, 0, body, v->type == CARRIER_CLOSED ? 6 : 4);
	scene_run(s);
	assert_gone(h, v->n ? ERR_DENIED : ERR_FORMAT, v->what);
	scene_tear_down((void **)&s);
}

static void test_ring_violations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(violations) / sizeof(violations[0]); i++)
		violate(&violations[i]);
}

static void test_nothing_before_the_first(void **state)
{
	struct scene *s = *state;

	scene_say_text(s->raw, "too early");
	scene_run(s);
	assert_int_equal(s->follower.gone, 1);
	assert_int_equal(s->follower.why, ERR_DENIED);
}

static void test_nothing_after_the_last(void **state)
{
	struct scene *s = *state;

	scene_say_number(s->raw, CARRIER_OPEN, 1);
	scene_say_closed(s->raw, 1, 0, 0);
	scene_run(s);
	assert_int_equal(s->follower.closed, 1);
	assert_int_equal(s->follower.gone, 0);
	scene_say_text(s->raw, "too late");
	scene_run(s);
	assert_int_equal(s->follower.why, ERR_DENIED);
}

static void test_no_answer_to_a_follower(void **state)
{
	struct scene *s = *state;

	scene_say_number(s->raw, CARRIER_OPEN, 1);
	scene_say_closed(s->raw, 1, 0, 0);
	scene_run(s);
	assert_int_equal(s->follower.gone, 0);
	scene_say_number(s->raw, CARRIER_OPENED, 1);
	scene_run(s);
	assert_int_equal(s->follower.why, ERR_DENIED);
}

static void test_descriptor_from_the_ring(void **state)
{
	struct scene *s = *state;
	size_t before = scene_open_fds();

	scene_say_number(s->raw, CARRIER_OPEN, 1);
	scene_run(s);
	scene_say_with_fd(s->raw);
	scene_run(s);
	assert_gone(&s->follower, ERR_DENIED, "a descriptor");
	channel_close(s->follower.local);
	s->follower.local = NULL;
	assert_int_equal(scene_open_fds(), before - 1);
}

static void test_ring_gone(void **state)
{
	struct scene *s = *state;
	int fd;

	scene_open_end(&s->opener);
	scene_run(s);
	channel_close(s->raw);
	s->raw = NULL;
	scene_run(s);
	assert_gone(&s->opener, ERR_EOF, "the ring");
	carrier_close_end(s->opener.carrier, EXITED_CODE, 0); /* to nobody */
	fd = scene_new_end(&s->opener);
	assert_int_equal(carrier_open(s->opener.carrier, fd), ERR_EOF);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(s->opener.gone, 1);
}

/* Freed from within a callback. */

static void test_freed_in_open(void **state)
{
	struct scene *s = *state;
	size_t before = scene_open_fds();

	s->follower.frees = true;
	scene_say_number(s->raw, CARRIER_OPEN, 1);
	scene_run(s);
	assert_null(s->follower.carrier);
	scene_hear_end(s->follower.local);
	assert_int_equal(scene_open_fds(), before); /* the ring's end went, the test's end came */
}

static void test_freed_in_outgoing(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	s->opener.frees = true;
	scene_say_text(s->opener.local, "the last");
	scene_run(s);
	assert_null(s->opener.carrier);
	scene_hear_end(s->opener.local);
	assert_int_equal(s->opener.closed + s->opener.lost + s->opener.gone, 0);
}

static void test_freed_in_lost(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	s->opener.frees = true;
	channel_close(s->opener.local);
	s->opener.local = NULL;
	scene_run(s);
	assert_null(s->opener.carrier);
	assert_int_equal(s->opener.lost, 1);
	assert_int_equal(s->opener.closed, 0);
}

static void test_freed_in_closed(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	s->opener.frees = true;
	scene_say_closed(s->raw, 1, EXITED_CODE, 0);
	scene_run(s);
	assert_null(s->opener.carrier);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->opener.gone, 0);
}

static void test_freed_in_gone(void **state)
{
	struct scene *s = *state;

	scene_open_end(&s->opener);
	s->opener.frees = true;
	channel_close(s->raw);
	s->raw = NULL;
	scene_run(s);
	assert_null(s->opener.carrier);
	assert_int_equal(s->opener.gone, 1);
}

#define CASE(test, set_up) cmocka_unit_test_setup_teardown(test, scene_##set_up, scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_reopen_drops_what_is_under_way, set_up_opener),
	    CASE(test_reopen_before_the_answer, set_up_opener),
	    CASE(test_close_before_the_answer, set_up_opener),
	    CASE(test_without_callbacks, set_up_bare_opener),
	    CASE(test_newer_conversation, set_up_follower),
	    cmocka_unit_test(test_ring_violations),
	    CASE(test_nothing_before_the_first, set_up_follower),
	    CASE(test_nothing_after_the_last, set_up_follower),
	    CASE(test_no_answer_to_a_follower, set_up_follower),
	    CASE(test_descriptor_from_the_ring, set_up_follower),
	    CASE(test_ring_gone, set_up_opener),
	    CASE(test_freed_in_open, set_up_follower),
	    CASE(test_freed_in_outgoing, set_up_opener),
	    CASE(test_freed_in_lost, set_up_opener),
	    CASE(test_freed_in_closed, set_up_opener),
	    CASE(test_freed_in_gone, set_up_opener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
