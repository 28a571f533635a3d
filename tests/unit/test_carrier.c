/* SPDX-License-Identifier: BSD-3-Clause */
/* Carriers over socket pairs. */
#include "lib/carrier.h"

#include "lib/proto_carrier.h"
#include "lib/proto_super.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define INNER 0x0301 /* of some conversation */

/* One carrier, and what the test holds of it. */
struct half {
	struct scene *scene;
	struct carrier *carrier;
	struct channel *local; /* the other end of the newest unix end */
	unsigned opened;
	unsigned lost;
	unsigned closed;
	unsigned gone;
	uint8_t how;
	uint8_t code;
	enum err why;
	/* how its callbacks behave */
	enum err open_answer;
	enum err outgoing_answer;
	bool takes_fds;
	bool drops;
	bool waits; /* lost() says that the owner will tell */
	bool frees; /* every callback frees the carrier */
	int taken;
};

struct scene {
	struct loop *loop;
	struct half opener;
	struct half follower;
	struct channel
	    *raw; /* instead of one of the carriers: a peer that says what a test wants */
};

static void free_if_asked(struct half *h)
{
	if (!h->frees)
		return;
	carrier_free(h->carrier);
	h->carrier = NULL;
}

/* A new unix end: the carrier gets the descriptor, the test the other end. */
static int new_end(struct half *h)
{
	int fds[2];

	channel_close(h->local);
	assert_int_equal(channel_pair(fds), ERR_OK);
	assert_int_equal(channel_new(fds[0], MSG_BODY_MAX, &h->local), ERR_OK);
	return fds[1];
}

static enum err on_open(void *arg, uint32_t n, int *fd)
{
	struct half *h = arg;

	h->opened++;
	assert_true(n >= h->opened);
	if (!h->open_answer)
		*fd = new_end(h);
	free_if_asked(h);
	return h->open_answer;
}

static enum err on_outgoing(void *arg, struct msg *m, bool *drop)
{
	struct half *h = arg;

	if (h->takes_fds && m->nfds > 0)
		h->taken = msg_take_fd(m, 0);
	*drop = h->drops;
	free_if_asked(h);
	return h->outgoing_answer;
}

static bool on_lost(void *arg)
{
	struct half *h = arg;

	h->lost++;
	free_if_asked(h);
	return h->waits;
}

static void on_closed(void *arg, uint8_t how, uint8_t code)
{
	struct half *h = arg;

	h->closed++;
	h->how = how;
	h->code = code;
	free_if_asked(h);
}

static void on_gone(void *arg, enum err why)
{
	struct half *h = arg;

	h->gone++;
	h->why = why;
	free_if_asked(h);
}

static const struct carrier_ops opener_ops = {
    .outgoing = on_outgoing, .lost = on_lost, .closed = on_closed, .gone = on_gone};
static const struct carrier_ops follower_ops = {.open = on_open,
						.outgoing = on_outgoing,
						.lost = on_lost,
						.closed = on_closed,
						.gone = on_gone};
static const struct carrier_ops bare_ops = {.gone = on_gone};

static void make_carrier(struct half *h, int ring, const struct carrier_ops *ops)
{
	struct channel *c;

	assert_int_equal(channel_new(ring, MSG_BODY_MAX, &c), ERR_OK);
	assert_int_equal(carrier_new(h->scene->loop, c, MSG_BODY_MAX, ops, h, &h->carrier), ERR_OK);
}

static void set_up_loop(void **state, struct scene *s)
{
	*s = (struct scene){0};
	s->opener.scene = s;
	s->follower.scene = s;
	*state = s;
	assert_int_equal(loop_new(&s->loop), ERR_OK);
}

static int set_up_both(void **state)
{
	static struct scene s;
	int fds[2];

	set_up_loop(state, &s);
	assert_int_equal(channel_pair(fds), ERR_OK);
	make_carrier(&s.opener, fds[0], &opener_ops);
	make_carrier(&s.follower, fds[1], &follower_ops);
	return 0;
}

static int set_up_with_raw(void **state, bool opener, const struct carrier_ops *ops)
{
	static struct scene s;
	int fds[2];

	set_up_loop(state, &s);
	assert_int_equal(channel_pair(fds), ERR_OK);
	make_carrier(opener ? &s.opener : &s.follower, fds[0], ops);
	assert_int_equal(channel_new(fds[1], MSG_BODY_MAX, &s.raw), ERR_OK);
	return 0;
}

static int set_up_opener(void **state)
{
	return set_up_with_raw(state, true, &opener_ops);
}

static int set_up_bare_opener(void **state)
{
	return set_up_with_raw(state, true, &bare_ops);
}

static int set_up_follower(void **state)
{
	return set_up_with_raw(state, false, &follower_ops);
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	carrier_free(s->opener.carrier);
	carrier_free(s->follower.carrier);
	channel_close(s->opener.local);
	channel_close(s->follower.local);
	channel_close(s->raw);
	loop_free(s->loop);
	return 0;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

/* Until everything that is under way has arrived: each turn of the loop moves one message on. */
static void run(struct scene *s)
{
	struct loop_timer *t;

	for (int turn = 0; turn < 40; turn++) {
		assert_int_equal(loop_after(s->loop, 0, stop, s->loop, &t), ERR_OK);
		assert_int_equal(loop_run(s->loop), ERR_OK);
	}
}

static void say(struct channel *c, uint16_t type, uint32_t id, const void *body, size_t len)
{
	struct msg m = {.type = type, .id = id, .body = body, .len = len};

	assert_int_equal(channel_send(c, &m), ERR_OK);
}

static void say_text(struct channel *c, const char *text)
{
	say(c, INNER, 7, text, strlen(text));
}

static void say_number(struct channel *c, uint16_t type, uint32_t n)
{
	uint8_t body[4];
	size_t len;

	assert_int_equal(carrier_number_encode(n, body, sizeof(body), &len), ERR_OK);
	say(c, type, 0, body, len);
}

static void say_closed(struct channel *c, uint32_t n, uint8_t how, uint8_t code)
{
	struct carrier_closed m = {.n = n, .how = how, .code = code};
	uint8_t body[6];
	size_t len;

	assert_int_equal(carrier_closed_encode(&m, body, sizeof(body), &len), ERR_OK);
	say(c, CARRIER_CLOSED, 0, body, len);
}

static void hear_text(struct channel *c, const char *text)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, INNER);
	assert_int_equal(m.id, 7);
	assert_int_equal(m.len, strlen(text));
	assert_memory_equal(m.body, text, m.len);
}

static void hear_number(struct channel *c, uint16_t type, uint32_t n)
{
	uint32_t got;
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, type);
	assert_int_equal(carrier_number_decode(m.body, m.len, &got), ERR_OK);
	assert_int_equal(got, n);
}

static void hear_closed(struct channel *c, uint32_t n, uint8_t how, uint8_t code)
{
	struct carrier_closed got;
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, CARRIER_CLOSED);
	assert_int_equal(carrier_closed_decode(m.body, m.len, &got), ERR_OK);
	assert_int_equal(got.n, n);
	assert_int_equal(got.how, how);
	assert_int_equal(got.code, code);
}

static void hear_nothing(struct channel *c)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_AGAIN);
}

static void hear_end(struct channel *c)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_EOF);
}

static void open_end(struct half *h)
{
	assert_int_equal(carrier_open(h->carrier, new_end(h)), ERR_OK);
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Two carriers. */

static void test_both_ways(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	say_text(s->opener.local, "said before the other side was there");
	run(s);
	assert_int_equal(s->follower.opened, 1);
	hear_text(s->follower.local, "said before the other side was there");
	say_text(s->follower.local, "an answer");
	say_text(s->follower.local, "and another");
	run(s);
	hear_text(s->opener.local, "an answer");
	hear_text(s->opener.local, "and another");
	hear_nothing(s->opener.local);
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
	open_end(&s->opener);
	say(s->opener.local, INNER, 1, bytes, MSG_BODY_MAX);
	say(s->opener.local, INNER, 2, NULL, 0);
	run(s);
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
	open_end(&s->opener);
	run(s);
	say_text(leaves->local, "bye");
	channel_close(leaves->local);
	leaves->local = NULL;
	run(s);
	hear_text(stays->local, "bye");
	hear_end(stays->local);
	assert_int_equal(leaves->lost, 1);
	assert_int_equal(leaves->closed, 1);
	assert_int_equal(stays->lost, 0);
	assert_int_equal(stays->closed, 1);
	assert_int_equal(stays->how, 0);
	open_end(&s->opener);
	say_text(s->opener.local, "again");
	run(s);
	hear_text(s->follower.local, "again");
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

	open_end(&s->opener);
	run(s);
	carrier_close_end(s->follower.carrier, EXITED_SIGNAL, 9);
	carrier_close_end(s->follower.carrier, EXITED_CODE, 0); /* it has been told */
	hear_end(s->follower.local);
	run(s);
	hear_end(s->opener.local);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->opener.how, EXITED_SIGNAL);
	assert_int_equal(s->opener.code, 9);
	assert_int_equal(s->follower.closed, 0);
}

/* The end is gone before its process has been reaped: the code comes later, and comes once. */
static void test_exit_code_later(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	run(s);
	s->follower.waits = true;
	channel_close(s->follower.local);
	s->follower.local = NULL;
	run(s);
	assert_int_equal(s->follower.lost, 1);
	assert_int_equal(s->follower.closed, 0);
	assert_int_equal(s->opener.closed, 0);
	hear_nothing(s->opener.local);
	say_text(s->opener.local, "to nobody");
	carrier_close_end(s->follower.carrier, EXITED_CODE, 3);
	run(s);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->opener.how, EXITED_CODE);
	assert_int_equal(s->opener.code, 3);
	assert_int_equal(s->opener.gone + s->follower.gone, 0);
}

static void test_cannot_open(void **state)
{
	struct scene *s = *state;

	s->follower.open_answer = ERR_UNAVAILABLE;
	open_end(&s->opener);
	say_text(s->opener.local, "to nobody");
	run(s);
	hear_end(s->opener.local);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->follower.closed, 0);
	s->follower.open_answer = ERR_OK;
	open_end(&s->opener);
	say_text(s->opener.local, "now");
	run(s);
	hear_text(s->follower.local, "now");
}

/* Both ends go at the same time: each side has sent what the other no longer waits for. */
static void test_both_hang_up(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	run(s);
	say_text(s->opener.local, "crossing");
	say_text(s->follower.local, "crossing");
	carrier_close_end(s->opener.carrier, 0, 0);
	carrier_close_end(s->follower.carrier, EXITED_CODE, 0);
	run(s);
	assert_int_equal(s->opener.closed + s->follower.closed, 0);
	assert_int_equal(s->opener.gone + s->follower.gone, 0);
	open_end(&s->opener);
	say_text(s->opener.local, "again");
	run(s);
	hear_text(s->follower.local, "again");
	hear_nothing(s->opener.local);
}

static void test_follower_opens_nothing(void **state)
{
	struct scene *s = *state;
	int fd = new_end(&s->follower);

	assert_int_equal(carrier_open(s->follower.carrier, fd), ERR_STATE);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* Descriptors. */

static void say_with_fd(struct channel *c)
{
	struct msg m = {.type = INNER, .id = 7, .fds = {STDIN_FILENO}, .nfds = 1};

	assert_int_equal(channel_send(c, &m), ERR_OK);
}

static void test_descriptor_refused(void **state)
{
	struct scene *s = *state;
	size_t before;

	open_end(&s->opener);
	run(s);
	before = open_fds();
	say_with_fd(s->opener.local);
	run(s);
	hear_end(s->opener.local);
	hear_end(s->follower.local); /* nothing of that message */
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->follower.closed, 1);
	assert_int_equal(s->opener.gone, 0);
	assert_int_equal(open_fds(), before - 2);
}

static void test_descriptor_taken(void **state)
{
	struct scene *s = *state;

	s->opener.takes_fds = true;
	open_end(&s->opener);
	say_with_fd(s->opener.local);
	run(s);
	hear_text(s->follower.local, "");
	close(s->opener.taken);
}

static void test_dropped(void **state)
{
	struct scene *s = *state;
	size_t before;

	open_end(&s->opener);
	run(s);
	before = open_fds();
	s->opener.drops = true;
	say_with_fd(s->opener.local);
	run(s);
	s->opener.drops = false;
	say_text(s->opener.local, "goes on");
	run(s);
	hear_text(s->follower.local, "goes on");
	assert_int_equal(open_fds(), before);
}

static void test_outgoing_refused(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	run(s);
	s->opener.outgoing_answer = ERR_FORMAT;
	say_text(s->opener.local, "not this");
	run(s);
	hear_end(s->opener.local);
	hear_end(s->follower.local);
}

/* A unix end speaks the carriers' own language: it could close and open for others. */
static void test_end_violates(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	run(s);
	say_closed(s->follower.local, 1, EXITED_CODE, 0);
	run(s);
	hear_end(s->follower.local);
	hear_end(s->opener.local);
	assert_int_equal(s->opener.how, 0);
	open_end(&s->opener);
	say_number(s->opener.local, CARRIER_OPEN, 3);
	run(s);
	hear_end(s->opener.local);
	assert_int_equal(s->follower.opened, 2);
	assert_int_equal(s->opener.gone + s->follower.gone, 0);
}

/* An opener and a scripted follower. */

static void test_reopen_drops_what_is_under_way(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	run(s);
	hear_number(s->raw, CARRIER_OPEN, 1);
	say_number(s->raw, CARRIER_OPENED, 1);
	say_text(s->raw, "first");
	run(s);
	hear_text(s->opener.local, "first");
	say_text(s->raw, "of the first, late");
	open_end(&s->opener);
	run(s);
	hear_number(s->raw, CARRIER_OPEN, 2);
	say_text(s->raw, "of the first, later still");
	say_number(s->raw, CARRIER_OPENED, 2);
	say_text(s->raw, "second");
	run(s);
	hear_text(s->opener.local, "second");
	hear_nothing(s->opener.local);
	assert_int_equal(s->opener.gone + s->opener.closed, 0);
}

/* Opened twice before the follower has seen either: its answer to the first is not the second's. */
static void test_reopen_before_the_answer(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	open_end(&s->opener);
	say_number(s->raw, CARRIER_OPENED, 1);
	say_text(s->raw, "of the first");
	say_closed(s->raw, 1, EXITED_CODE, 5);
	say_number(s->raw, CARRIER_OPENED, 2);
	say_text(s->raw, "of the second");
	run(s);
	hear_text(s->opener.local, "of the second");
	assert_int_equal(s->opener.closed, 0);
	hear_number(s->raw, CARRIER_OPEN, 1);
	hear_number(s->raw, CARRIER_OPEN, 2);
	hear_nothing(s->raw);
}

static void test_close_before_the_answer(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	carrier_close_end(s->opener.carrier, 0, 0);
	say_number(s->raw, CARRIER_OPENED, 1);
	say_text(s->raw, "to nobody");
	run(s);
	hear_number(s->raw, CARRIER_OPEN, 1);
	hear_closed(s->raw, 1, 0, 0);
	hear_nothing(s->raw);
	assert_int_equal(s->opener.gone + s->opener.closed, 0);
}

static void test_without_callbacks(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	say_text(s->opener.local, "goes");
	run(s);
	hear_number(s->raw, CARRIER_OPEN, 1);
	hear_text(s->raw, "goes");
	say_closed(s->raw, 1, 0, 0);
	run(s);
	hear_end(s->opener.local);
	open_end(&s->opener);
	channel_close(s->opener.local);
	s->opener.local = NULL;
	run(s);
	hear_number(s->raw, CARRIER_OPEN, 2);
	hear_closed(s->raw, 2, 0, 0);
}

/* A follower and a scripted opener. */

static void test_newer_conversation(void **state)
{
	struct scene *s = *state;
	struct channel *first;

	say_number(s->raw, CARRIER_OPEN, 1);
	say_text(s->raw, "first");
	run(s);
	first = s->follower.local;
	s->follower.local = NULL;
	say_number(s->raw, CARRIER_OPEN, 9);
	say_text(s->raw, "second");
	run(s);
	hear_text(first, "first");
	hear_end(first);
	channel_close(first);
	hear_text(s->follower.local, "second");
	hear_number(s->raw, CARRIER_OPENED, 1);
	hear_number(s->raw, CARRIER_OPENED, 9);
	hear_nothing(s->raw);
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
		say_number(s->raw, CARRIER_OPEN, 5);
		run(s);
		return &s->follower;
	}
	for (int i = 0; i < 5; i++)
		open_end(&s->opener);
	say_number(s->raw, CARRIER_OPENED, 5);
	run(s);
	return &s->opener;
}

static void assert_gone(struct half *h, enum err why, const char *what)
{
	if (h->gone != 1 || h->why != why)
		fail_msg("%s: gone %u, %s", what, h->gone, err_name(h->why));
	hear_end(h->local);
	assert_int_equal(h->lost + h->closed, 0);
}

static void violate(const struct violation *v)
{
	struct scene *s;
	struct half *h;
	uint8_t body[6] = {0, 0, 0, (uint8_t)v->n};

	if (v->follower)
		set_up_follower((void **)&s);
	else
		set_up_opener((void **)&s);
	h = begin(s, v);
	assert_int_equal(h->gone, 0);
	say(s->raw, v->type, 0, body, v->type == CARRIER_CLOSED ? 6 : 4);
	run(s);
	assert_gone(h, v->n ? ERR_DENIED : ERR_FORMAT, v->what);
	tear_down((void **)&s);
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

	say_text(s->raw, "too early");
	run(s);
	assert_int_equal(s->follower.gone, 1);
	assert_int_equal(s->follower.why, ERR_DENIED);
}

static void test_nothing_after_the_last(void **state)
{
	struct scene *s = *state;

	say_number(s->raw, CARRIER_OPEN, 1);
	say_closed(s->raw, 1, 0, 0);
	run(s);
	assert_int_equal(s->follower.closed, 1);
	assert_int_equal(s->follower.gone, 0);
	say_text(s->raw, "too late");
	run(s);
	assert_int_equal(s->follower.why, ERR_DENIED);
}

static void test_descriptor_from_the_ring(void **state)
{
	struct scene *s = *state;
	size_t before = open_fds();

	say_number(s->raw, CARRIER_OPEN, 1);
	run(s);
	say_with_fd(s->raw);
	run(s);
	assert_gone(&s->follower, ERR_DENIED, "a descriptor");
	channel_close(s->follower.local);
	s->follower.local = NULL;
	assert_int_equal(open_fds(), before - 1);
}

static void test_ring_gone(void **state)
{
	struct scene *s = *state;
	int fd;

	open_end(&s->opener);
	run(s);
	channel_close(s->raw);
	s->raw = NULL;
	run(s);
	assert_gone(&s->opener, ERR_EOF, "the ring");
	carrier_close_end(s->opener.carrier, EXITED_CODE, 0); /* to nobody */
	fd = new_end(&s->opener);
	assert_int_equal(carrier_open(s->opener.carrier, fd), ERR_EOF);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(s->opener.gone, 1);
}

/* Freed from within a callback. */

static void test_freed_in_open(void **state)
{
	struct scene *s = *state;
	size_t before = open_fds();

	s->follower.frees = true;
	say_number(s->raw, CARRIER_OPEN, 1);
	run(s);
	assert_null(s->follower.carrier);
	hear_end(s->follower.local);
	assert_int_equal(open_fds(), before); /* the ring's end went, the test's end came */
}

static void test_freed_in_outgoing(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	s->opener.frees = true;
	say_text(s->opener.local, "the last");
	run(s);
	assert_null(s->opener.carrier);
	hear_end(s->opener.local);
	assert_int_equal(s->opener.closed + s->opener.lost + s->opener.gone, 0);
}

static void test_freed_in_lost(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	s->opener.frees = true;
	channel_close(s->opener.local);
	s->opener.local = NULL;
	run(s);
	assert_null(s->opener.carrier);
	assert_int_equal(s->opener.lost, 1);
	assert_int_equal(s->opener.closed, 0);
}

static void test_freed_in_closed(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	s->opener.frees = true;
	say_closed(s->raw, 1, EXITED_CODE, 0);
	run(s);
	assert_null(s->opener.carrier);
	assert_int_equal(s->opener.closed, 1);
	assert_int_equal(s->opener.gone, 0);
}

static void test_freed_in_gone(void **state)
{
	struct scene *s = *state;

	open_end(&s->opener);
	s->opener.frees = true;
	channel_close(s->raw);
	s->raw = NULL;
	run(s);
	assert_null(s->opener.carrier);
	assert_int_equal(s->opener.gone, 1);
}

#define CASE(test, set_up) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
	    CASE(test_reopen_drops_what_is_under_way, set_up_opener),
	    CASE(test_reopen_before_the_answer, set_up_opener),
	    CASE(test_close_before_the_answer, set_up_opener),
	    CASE(test_without_callbacks, set_up_bare_opener),
	    CASE(test_newer_conversation, set_up_follower),
	    cmocka_unit_test(test_ring_violations),
	    CASE(test_nothing_before_the_first, set_up_follower),
	    CASE(test_nothing_after_the_last, set_up_follower),
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
