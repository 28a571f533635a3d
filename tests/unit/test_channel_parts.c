/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/channel over a transport that moves a few bytes at a time and tells of room by
 * readability alone, as a ring between domains does.
 */
#include "lib/channel_ops.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define STEP 7 /* bytes a call */

struct parts {
	struct channel_link link; /* fd: an epoll, which is never writable */
	int stream;
	size_t sent;
	size_t got;
};

struct scene {
	struct loop *loop;
	struct channel *a;
	struct channel *b;
	int raw; /* b's peer where there is no a */
	unsigned messages;
	uint8_t last[64];
	size_t last_len;
	unsigned gone;
	enum err why;
};

static enum err moved(ssize_t n, size_t *count)
{
	if (n == 0)
		return ERR_EOF;
	if (n < 0)
		return errno == EAGAIN ? ERR_AGAIN : ERR_EOF;
	*count += (size_t)n;
	return ERR_OK;
}

/* One step, then "no room". */
static enum err parts_send(struct channel_link *link, const uint8_t header[MSG_HEADER_SIZE],
			   const struct msg *m)
{
	struct parts *p = (struct parts *)link;
	uint8_t whole[MSG_HEADER_SIZE + 64];
	size_t left = MSG_HEADER_SIZE + m->len - p->sent;
	enum err e;

	assert_true(m->len <= 64);
	memcpy(whole, header, MSG_HEADER_SIZE);
	if (m->len > 0)
		memcpy(whole + MSG_HEADER_SIZE, m->body, m->len);
	e = moved(send(p->stream, whole + p->sent, left < STEP ? left : STEP,
		       MSG_DONTWAIT | MSG_NOSIGNAL),
		  &p->sent);
	if (e)
		return e;
	if (p->sent < MSG_HEADER_SIZE + m->len)
		return ERR_AGAIN;
	p->sent = 0;
	return ERR_OK;
}

static enum err parts_recv(struct channel_link *link, uint8_t *buf, size_t cap,
			   struct channel_frame *out)
{
	struct parts *p = (struct parts *)link;
	size_t want = MSG_HEADER_SIZE;
	struct msg m;
	size_t len = 0;
	enum err e;

	if (p->got >= want && !msg_decode_header(buf, &m, &len))
		want += len;
	assert_true(want <= cap);
	if (p->got < want) {
		e = moved(recv(p->stream, buf + p->got, want - p->got < STEP ? want - p->got : STEP,
			       MSG_DONTWAIT),
			  &p->got);
		out->len = p->got;
		if (e)
			return e;
	}
	out->len = p->got;
	if (p->got < MSG_HEADER_SIZE || msg_decode_header(buf, &m, &len) ||
	    p->got < MSG_HEADER_SIZE + len)
		return ERR_AGAIN;
	p->got = 0;
	return ERR_OK;
}

static void parts_shut(struct channel_link *link)
{
	shutdown(((struct parts *)link)->stream, SHUT_RDWR);
}

static void parts_close(struct channel_link *link)
{
	close(((struct parts *)link)->stream);
	close(link->fd);
	free(link);
}

static int next_stream = -1; /* of who follows on a peer that has gone; -1: nobody */

static void watch_stream(const struct parts *p)
{
	struct epoll_event ev = {.events = EPOLLIN};

	assert_int_equal(epoll_ctl(p->link.fd, EPOLL_CTL_ADD, p->stream, &ev), 0);
}

static enum err parts_renew(struct channel_link *link)
{
	struct parts *p = (struct parts *)link;

	if (next_stream < 0)
		return ERR_STATE;
	close(p->stream);
	p->stream = next_stream;
	p->sent = p->got = 0;
	next_stream = -1;
	watch_stream(p);
	return ERR_OK;
}

static const struct channel_ops parts_ops = {.send = parts_send,
					     .recv = parts_recv,
					     .shut = parts_shut,
					     .renew = parts_renew,
					     .close = parts_close};

static struct channel *over_parts(int stream)
{
	struct parts *p = calloc(1, sizeof(*p));
	struct channel *c;

	assert_non_null(p);
	*p = (struct parts){.link = {&parts_ops, epoll_create1(0)}, .stream = stream};
	watch_stream(p);
	assert_int_equal(channel_over(&p->link, 64, &c), ERR_OK);
	return c;
}

static int set_up(void **state)
{
	static struct scene s;
	int fds[2];

	s = (struct scene){.raw = -1};
	*state = &s;
	if (loop_new(&s.loop) || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	s.a = over_parts(fds[0]);
	s.b = over_parts(fds[1]);
	return 0;
}

static int set_up_raw(void **state)
{
	static struct scene s;
	int fds[2];

	s = (struct scene){0};
	*state = &s;
	if (loop_new(&s.loop) || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	s.raw = fds[0];
	s.b = over_parts(fds[1]);
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	channel_close(s->a);
	channel_close(s->b);
	if (s->raw >= 0)
		close(s->raw);
	loop_free(s->loop);
	return 0;
}

static enum err keep(void *arg, struct msg *m)
{
	struct scene *s = arg;

	s->messages++;
	memcpy(s->last, m->body, m->len);
	s->last_len = m->len;
	return ERR_OK;
}

/* What makes the other side try again: it has no event for room. */
static enum err nudge(void *arg, struct msg *m)
{
	(void)arg;
	(void)m;
	return ERR_OK;
}

static void gone(void *arg, enum err why)
{
	struct scene *s = arg;

	s->gone++;
	s->why = why;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void turns(struct scene *s, int n)
{
	struct loop_timer *t;

	for (int i = 0; i < n; i++) {
		assert_int_equal(loop_after(s->loop, 0, stop, s->loop, &t), ERR_OK);
		assert_int_equal(loop_run(s->loop), ERR_OK);
	}
}

static void attach(struct scene *s)
{
	if (s->a)
		assert_int_equal(channel_attach(s->a, s->loop, nudge, gone, s), ERR_OK);
	assert_int_equal(channel_attach(s->b, s->loop, keep, gone, s), ERR_OK);
}

/*
 * Both have something to say. What a has half sent goes on whenever a hears something, and after
 * the message that was begun come the others, whole and in order.
 */
static void test_parts_both_ways(void **state)
{
	struct scene *s = *state;
	struct msg m = {
	    .type = 1, .body = (const uint8_t *)"a longer message than a step", .len = 28};
	struct msg small = {.type = 2};

	attach(s);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(channel_send(s->a, &small), ERR_OK);
	turns(s, 5);
	assert_int_equal(s->messages, 0);
	for (int i = 0; i < 10 && s->messages < 2; i++) {
		assert_int_equal(channel_send(s->b, &small), ERR_OK);
		turns(s, 10);
		if (s->messages == 1) {
			assert_int_equal(s->last_len, 28);
			assert_memory_equal(s->last, "a longer message than a step", 28);
		}
	}
	assert_int_equal(s->messages, 2);
	assert_int_equal(s->last_len, 0);
	assert_int_equal(s->gone, 0);
}

static void test_parts_unattached(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1, .body = (const uint8_t *)"0123456789", .len = 10};
	struct msg got;
	enum err e = ERR_AGAIN;

	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	for (int i = 0; i < 20 && e == ERR_AGAIN; i++) {
		assert_int_equal(channel_recv(s->a, &got), ERR_AGAIN); /* flushes */
		e = channel_recv(s->b, &got);
	}
	assert_int_equal(e, ERR_OK);
	assert_int_equal(got.len, 10);
	assert_memory_equal(got.body, "0123456789", 10);
}

/* Half a message and the end: nothing is delivered. */
static void test_end_in_the_middle(void **state)
{
	static const uint8_t half[20] = {0, 1, 0, 1, 0, 0, 0, 10};
	struct scene *s = *state;

	attach(s);
	assert_int_equal(send(s->raw, half, sizeof(half), 0), sizeof(half));
	turns(s, 10);
	assert_int_equal(s->gone, 0);
	close(s->raw);
	s->raw = -1;
	turns(s, 10);
	assert_int_equal(s->messages, 0);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_EOF);
}

/* The peer goes while a message is half out, and others wait. */
static void test_peer_gone_while_sending(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1, .body = (const uint8_t *)"0123456789", .len = 10};

	attach(s);
	assert_int_equal(channel_send(s->b, &m), ERR_OK);
	assert_int_equal(channel_send(s->b, &m), ERR_OK);
	close(s->raw);
	s->raw = -1;
	turns(s, 10);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_EOF);
	assert_int_equal(channel_send(s->b, &m), ERR_EOF);
}

/* Of what the one that has gone had half sent, and was to get, the next one sees nothing. */
static void test_renewed(void **state)
{
	static const uint8_t half[20] = {0, 1, 0, 1, 0, 0, 0, 10};
	struct scene *s = *state;
	struct msg m = {.type = 1, .body = (const uint8_t *)"0123456789", .len = 10}, got;
	int fds[2];

	attach(s);
	assert_int_equal(channel_renew(s->b), ERR_STATE);
	assert_int_equal(channel_send(s->b, &m), ERR_OK);
	assert_int_equal(send(s->raw, half, sizeof(half), 0), sizeof(half));
	turns(s, 10);
	close(s->raw);
	s->raw = -1;
	turns(s, 10);
	assert_int_equal(s->gone, 1);
	assert_int_equal(channel_renew(s->b), ERR_STATE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	next_stream = fds[0];
	assert_int_equal(channel_renew(s->b), ERR_OK);
	s->a = over_parts(fds[1]);
	assert_int_equal(channel_attach(s->b, s->loop, keep, gone, s), ERR_OK);
	assert_int_equal(channel_recv(s->a, &got), ERR_AGAIN);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	for (int i = 0; i < 10 && s->messages == 0; i++) {
		assert_int_equal(channel_recv(s->a, &got), ERR_AGAIN); /* flushes */
		turns(s, 10);
	}
	assert_int_equal(s->messages, 1);
	assert_memory_equal(s->last, "0123456789", 10);
	assert_int_equal(s->gone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_parts_both_ways, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_parts_unattached, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_end_in_the_middle, set_up_raw, tear_down),
	    cmocka_unit_test_setup_teardown(test_peer_gone_while_sending, set_up_raw, tear_down),
	    cmocka_unit_test_setup_teardown(test_renewed, set_up_raw, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
