/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define TURNS 200

/* Two ends; b is attached to the loop where a test wants callbacks. */
struct scene {
	struct loop *loop;
	struct channel *a;
	struct channel *b;
	int raw; /* a's descriptor, for rubbish that channel_send() would not send */
	unsigned messages;
	size_t bytes;
	unsigned gone;
	enum err why;
	enum err answer; /* of on_msg */
	struct loop_timer *timer;
};

static int set_up(void **state)
{
	static struct scene s;
	int fds[2];

	s = (struct scene){0};
	*state = &s;
	if (loop_new(&s.loop) || channel_pair(fds))
		return -1;
	s.raw = fds[0];
	return channel_new(fds[0], MSG_BODY_MAX, &s.a) || channel_new(fds[1], MSG_BODY_MAX, &s.b);
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	channel_close(s->a);
	channel_close(s->b);
	loop_free(s->loop);
	return 0;
}

static void stop(void *arg)
{
	struct scene *s = arg;

	loop_stop(s->loop);
}

/* All that happens here is ready at once, so a number of turns serves it, however slow they are. */
static void run(struct scene *s)
{
	struct loop_timer *t;

	for (int i = 0; i < TURNS; i++) {
		assert_int_equal(loop_after(s->loop, 0, stop, s, &t), ERR_OK);
		assert_int_equal(loop_run(s->loop), ERR_OK);
	}
}

static enum err count(void *arg, struct msg *m)
{
	struct scene *s = arg;

	s->messages++;
	s->bytes += m->len;
	return s->answer;
}

static void gone(void *arg, enum err why)
{
	struct scene *s = arg;

	s->gone++;
	s->why = why;
}

static void attach(struct scene *s, struct channel *c)
{
	assert_int_equal(channel_attach(c, s->loop, count, gone, s), ERR_OK);
}

static uint8_t *body(size_t len)
{
	uint8_t *b = malloc(len);

	assert_non_null(b);
	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)(i * 31 + 7);
	return b;
}

static void test_message(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 5, .id = 6, .body = (const uint8_t *)"hello", .len = 5};
	struct msg got;

	assert_int_equal(channel_recv(s->b, &got), ERR_AGAIN);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	m.len = 0;
	m.body = NULL;
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	assert_int_equal(got.type, 5);
	assert_int_equal(got.id, 6);
	assert_int_equal(got.len, 5);
	assert_memory_equal(got.body, "hello", 5);
	assert_int_equal(got.nfds, 0);
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	assert_int_equal(got.len, 0);
}

static void test_longest_message(void **state)
{
	struct scene *s = *state;
	uint8_t *bytes = body(MSG_BODY_MAX + 1);
	struct msg m = {.type = 1, .body = bytes, .len = MSG_BODY_MAX};
	struct msg got;

	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	assert_int_equal(got.len, MSG_BODY_MAX);
	assert_memory_equal(got.body, bytes, MSG_BODY_MAX);
	m.len++;
	assert_int_equal(channel_send(s->a, &m), ERR_TOO_BIG);
	m.len = 1; /* and the channel is none the worse */
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	free(bytes);
}

static void test_fds(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1, .nfds = 2};
	struct msg got;
	char byte;
	int fd;

	assert_int_equal(pipe(m.fds), 0);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(write(m.fds[1], "x", 1), 1); /* still ours */
	close(m.fds[0]);
	close(m.fds[1]);
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	assert_int_equal(got.nfds, 2);
	fd = msg_take_fd(&got, 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(fd);
	fd = got.fds[1];
	msg_close_fds(&got);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	m.nfds = MSG_FDS_MAX + 1;
	assert_int_equal(channel_send(s->a, &m), ERR_ARG);
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* More than MSG_FDS_MAX descriptors: refused, and none of them stays open. */
static void test_surplus_fds(void **state)
{
	struct scene *s = *state;
	uint8_t header[MSG_HEADER_SIZE] = {0, 1, 0, 1};
	struct iovec iov = {header, sizeof(header)};
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	int fds[3] = {0, 1, 2};
	size_t before = open_fds();
	struct msg got;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	assert_int_equal(sendmsg(s->raw, &h, 0), sizeof(header));
	assert_int_equal(channel_recv(s->b, &got), ERR_FORMAT);
	assert_int_equal(open_fds(), before);
}

static void test_garbage_ends_attached(void **state)
{
	struct scene *s = *state;

	attach(s, s->b);
	assert_int_equal(send(s->raw, "rubbish", 7, 0), 7);
	run(s);
	assert_int_equal(s->messages, 0);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_FORMAT);
}

static void test_callback_error_ends(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1};
	struct msg got;

	attach(s, s->b);
	s->answer = ERR_DENIED;
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	run(s);
	assert_int_equal(s->messages, 1);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_DENIED);
	assert_int_equal(channel_send(s->b, &m), ERR_DENIED);
	assert_int_equal(channel_recv(s->a, &got), ERR_EOF); /* the peer knows at once */
}

static void test_not_taken_fds_closed(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1, .fds = {STDIN_FILENO, STDIN_FILENO}, .nfds = 2};
	size_t before = open_fds();

	attach(s, s->b);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	run(s);
	assert_int_equal(s->messages, 1);
	assert_int_equal(open_fds(), before);
}

/* What the peer said before it died is heard; then it is gone, once. */
static void test_peer_death(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1, .body = (const uint8_t *)"bye", .len = 3};

	attach(s, s->b);
	assert_int_equal(channel_send(s->b, &m), ERR_OK); /* unread when it dies: ECONNRESET */
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	channel_close(s->a);
	s->a = NULL;
	assert_int_equal(channel_send(s->b, &m), ERR_EOF);
	assert_int_equal(s->gone, 0); /* never from within channel_send() */
	run(s);
	assert_int_equal(s->messages, 1);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_EOF);
	assert_int_equal(channel_send(s->b, &m), ERR_EOF);
}

static void test_peer_death_unattached(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1};
	struct msg got;

	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	channel_close(s->a);
	s->a = NULL;
	assert_int_equal(channel_send(s->b, &m), ERR_EOF);
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	assert_int_equal(channel_recv(s->b, &got), ERR_EOF);
}

/* It died with our message unread: the kernel says ECONNRESET before it yields its last one. */
static void test_peer_death_unread(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1};
	struct msg got;

	assert_int_equal(channel_send(s->b, &m), ERR_OK);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	channel_close(s->a);
	s->a = NULL;
	assert_int_equal(channel_recv(s->b, &got), ERR_OK);
	assert_int_equal(channel_recv(s->b, &got), ERR_EOF);
}

/* No message of ours, and not to be told from the end. */
static void test_empty_message(void **state)
{
	struct scene *s = *state;

	attach(s, s->b);
	assert_int_equal(send(s->raw, "", 0, 0), 0);
	run(s);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_EOF);
}

#define BIG (100 * 1024)

/* More than the socket takes: queued, in order, descriptors too, and all of it arrives. */
static void test_queue(void **state)
{
	struct scene *s = *state;
	uint8_t *bytes = body(BIG);
	struct msg m = {.type = 1, .body = bytes, .len = BIG, .fds = {STDIN_FILENO}, .nfds = 1};
	size_t before = open_fds();

	attach(s, s->a);
	for (int i = 0; i < 30; i++)
		assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_true(open_fds() > before); /* our caller may close his */
	attach(s, s->b);
	run(s);
	assert_int_equal(s->messages, 30);
	assert_int_equal(s->bytes, 30 * BIG);
	assert_int_equal(s->gone, 0);
	assert_int_equal(open_fds(), before);
	free(bytes);
}

static void test_queue_order_unattached(void **state)
{
	struct scene *s = *state;
	uint8_t *bytes = body(BIG);
	struct msg m = {.type = 1, .body = bytes, .len = BIG};
	struct msg got;

	for (m.id = 1; m.id <= 10; m.id++)
		assert_int_equal(channel_send(s->a, &m), ERR_OK);
	for (uint32_t id = 1; id <= 10; id++) {
		if (channel_recv(s->b, &got) == ERR_AGAIN) {
			assert_int_equal(channel_recv(s->a, &got), ERR_AGAIN); /* flushes */
			assert_int_equal(channel_recv(s->b, &got), ERR_OK);
		}
		assert_int_equal(got.id, id);
		assert_memory_equal(got.body, bytes, BIG);
	}
	free(bytes);
}

static void test_queue_overflow(void **state)
{
	struct scene *s = *state;
	uint8_t *bytes = body(BIG);
	struct msg m = {.type = 1, .body = bytes, .len = BIG};
	enum err e = ERR_OK;
	size_t sent = 0;

	attach(s, s->a);
	while (!e && sent < 2 * CHANNEL_QUEUE_MAX) {
		e = channel_send(s->a, &m);
		sent += BIG;
	}
	assert_int_equal(e, ERR_FULL);
	assert_true(sent >= CHANNEL_QUEUE_MAX);
	assert_int_equal(s->gone, 0);
	run(s);
	assert_int_equal(s->gone, 1);
	assert_int_equal(s->why, ERR_FULL);
	free(bytes);
}

/* Callbacks that close their own channel. */

static enum err close_on_msg(void *arg, struct msg *m)
{
	struct scene *s = arg;

	channel_close(s->b);
	s->b = NULL;
	s->messages++;
	assert_memory_equal(m->body, "bye", 3); /* valid until we return */
	return s->answer;
}

static void close_on_gone(void *arg, enum err why)
{
	struct scene *s = arg;

	gone(s, why);
	channel_close(s->b);
	s->b = NULL;
}

static void close_in_on_msg(struct scene *s)
{
	struct msg m = {.type = 1, .body = (const uint8_t *)"bye", .len = 3};

	assert_int_equal(channel_attach(s->b, s->loop, close_on_msg, close_on_gone, s), ERR_OK);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	assert_int_equal(channel_send(s->a, &m), ERR_OK);
	run(s);
	assert_int_equal(s->messages, 1);
	assert_int_equal(s->gone, 0);
}

static void test_close_in_on_msg(void **state)
{
	close_in_on_msg(*state);
}

static void test_close_in_on_msg_and_fail(void **state)
{
	struct scene *s = *state;

	s->answer = ERR_FORMAT;
	close_in_on_msg(s);
}

static void test_close_in_on_gone(void **state)
{
	struct scene *s = *state;

	assert_int_equal(channel_attach(s->b, s->loop, count, close_on_gone, s), ERR_OK);
	channel_close(s->a);
	s->a = NULL;
	run(s);
	assert_int_equal(s->gone, 1);
	channel_close(NULL);
}

static void test_attached_once(void **state)
{
	struct scene *s = *state;
	struct msg m = {.type = 1};

	attach(s, s->b);
	assert_int_equal(channel_attach(s->b, s->loop, count, gone, s), ERR_STATE);
	assert_int_equal(channel_recv(s->b, &m), ERR_STATE);
	assert_int_equal(channel_call(s->b, &m, 1, &m), ERR_STATE);
}

static void test_call(void **state)
{
	struct scene *s = *state;
	struct msg other = {.type = 2, .id = 8, .fds = {STDIN_FILENO}, .nfds = 1};
	struct msg answer = {.type = 2, .id = 9, .body = (const uint8_t *)"yes", .len = 3};
	struct msg request = {.type = 1, .id = 9};
	size_t before = open_fds();
	struct msg got;

	assert_int_equal(channel_send(s->b, &other), ERR_OK);
	assert_int_equal(channel_send(s->b, &answer), ERR_OK);
	assert_int_equal(channel_call(s->a, &request, 1000, &got), ERR_OK);
	assert_int_equal(got.id, 9);
	assert_memory_equal(got.body, "yes", 3);
	assert_int_equal(open_fds(), before);
	request.id = 10;
	assert_int_equal(channel_call(s->a, &request, 20, &got), ERR_TIMEOUT);
	assert_int_equal(channel_call(s->a, &request, CHANNEL_TIMEOUT_MAX + 1, &got), ERR_ARG);
	channel_close(s->b);
	s->b = NULL;
	assert_int_equal(channel_call(s->a, &request, 1000, &got), ERR_EOF);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_message),
	    CASE(test_longest_message),
	    CASE(test_fds),
	    CASE(test_surplus_fds),
	    CASE(test_garbage_ends_attached),
	    CASE(test_callback_error_ends),
	    CASE(test_not_taken_fds_closed),
	    CASE(test_peer_death),
	    CASE(test_peer_death_unattached),
	    CASE(test_peer_death_unread),
	    CASE(test_empty_message),
	    CASE(test_queue),
	    CASE(test_queue_order_unattached),
	    CASE(test_queue_overflow),
	    CASE(test_close_in_on_msg),
	    CASE(test_close_in_on_msg_and_fail),
	    CASE(test_close_in_on_gone),
	    CASE(test_attached_once),

	    CASE(test_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
