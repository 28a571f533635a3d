/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/carrier_scene.h"

#include "lib/proto_carrier.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void free_if_asked(struct half *h)
{
	if (!h->frees)
		return;
	carrier_free(h->carrier);
	h->carrier = NULL;
}

int scene_new_end(struct half *h)
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
		*fd = scene_new_end(h);
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

int scene_set_up_both(void **state)
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

int scene_set_up_opener(void **state)
{
	return set_up_with_raw(state, true, &opener_ops);
}

int scene_set_up_bare_opener(void **state)
{
	return set_up_with_raw(state, true, &bare_ops);
}

int scene_set_up_follower(void **state)
{
	return set_up_with_raw(state, false, &follower_ops);
}

int scene_tear_down(void **state)
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

/* Each turn of the loop moves one message on. */
void scene_run(struct scene *s)
{
	struct loop_timer *t;

	for (int turn = 0; turn < 40; turn++) {
		assert_int_equal(loop_after(s->loop, 0, stop, s->loop, &t), ERR_OK);
		assert_int_equal(loop_run(s->loop), ERR_OK);
	}
}

void scene_say(struct channel *c, uint16_t type, uint32_t id, const void *body, size_t len)
{
	struct msg m = {.type = type, .id = id, .body = body, .len = len};

	assert_int_equal(channel_send(c, &m), ERR_OK);
}

void scene_say_text(struct channel *c, const char *text)
{
	scene_say(c, INNER, 7, text, strlen(text));
}

void scene_say_number(struct channel *c, uint16_t type, uint32_t n)
{
	uint8_t body[4];
	size_t len;

	assert_int_equal(carrier_number_encode(n, body, sizeof(body), &len), ERR_OK);
	scene_say(c, type, 0, body, len);
}

void scene_say_closed(struct channel *c, uint32_t n, uint8_t how, uint8_t code)
{
	struct carrier_closed m = {.n = n, .how = how, .code = code};
	uint8_t body[6];
	size_t len;

	assert_int_equal(carrier_closed_encode(&m, body, sizeof(body), &len), ERR_OK);
	scene_say(c, CARRIER_CLOSED, 0, body, len);
}

void scene_hear_text(struct channel *c, const char *text)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, INNER);
	assert_int_equal(m.id, 7);
	assert_int_equal(m.len, strlen(text));
	assert_memory_equal(m.body, text, m.len);
}

void scene_hear_number(struct channel *c, uint16_t type, uint32_t n)
{
	uint32_t got;
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, type);
	assert_int_equal(carrier_number_decode(m.body, m.len, &got), ERR_OK);
	assert_int_equal(got, n);
}

void scene_hear_closed(struct channel *c, uint32_t n, uint8_t how, uint8_t code)
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

void scene_hear_nothing(struct channel *c)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_AGAIN);
}

void scene_hear_end(struct channel *c)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_EOF);
}

void scene_open_end(struct half *h)
{
	assert_int_equal(carrier_open(h->carrier, scene_new_end(h)), ERR_OK);
}

size_t scene_open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

void scene_say_with_fd(struct channel *c)
{
	struct msg m = {.type = INNER, .id = 7, .fds = {STDIN_FILENO}, .nfds = 1};

	assert_int_equal(channel_send(c, &m), ERR_OK);
}
