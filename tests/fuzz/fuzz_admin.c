/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The admin socket, through the real channel and dispatch, over an open store
 * with two vTPMs; there is no key keeper. Input: messages, each u8 type (above
 * ADMIN_STATUS), u16 length, body.
 */
#include "lib/rbuf.h"
#include "tests/fuzz/fuzz_broker.h"

#include <stdlib.h>
#include <unistd.h>

#define MESSAGES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void end_turn(void *arg)
{
	loop_stop(arg);
}

static void turn(struct loop *l)
{
	struct loop_timer *t;

	if (loop_after(l, 0, end_turn, l, &t) != ERR_OK || loop_run(l) != ERR_OK)
		abort();
}

static bool next_message(struct rbuf *r, struct msg *m)
{
	m->type = (uint16_t)(ADMIN_STATUS + rbuf_u8(r) % 21);
	m->len = rbuf_u16(r);
	m->body = rbuf_view(r, m->len);
	return !r->bad;
}

static void talk(struct broker *b, struct channel *c, const uint8_t *data, size_t size)
{
	struct msg m = {.id = 1}, reply;
	struct rbuf r;

	rbuf_init(&r, data, size);
	for (size_t i = 0; i < MESSAGES_MAX && next_message(&r, &m); i++) {
		if (channel_send(c, &m) != ERR_OK)
			return;
		turn(b->loop);
		while (channel_recv(c, &reply) == ERR_OK)
			;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct broker *b;
	struct channel *c;
	int fds[2];

	if (!b) {
		b = fuzz_broker_new();
		fuzz_broker_open(b);
	}
	if (channel_pair(fds) != ERR_OK || admin_add_client(b->admin, fds[0]) != ERR_OK ||
	    channel_new(fds[1], MSG_BODY_MAX, &c) != ERR_OK)
		abort();
	talk(b, c, data, size);
	channel_close(c);
	turn(b->loop);
	turn(b->loop);
	return 0;
}
