/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A message off the wire: header, then dispatch by a table that has every kind
 * of row. Input: u8 state, u8 number of descriptors, header, body. No handler
 * may be called that its row does not allow; no descriptor may stay open.
 */
#include "lib/msg.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct expected {
	unsigned state;
	uint16_t type;
};

static enum err quiet(void *ctx, struct msg *m)
{
	const struct expected *x = ctx;

	check(m->type == 1 && x->state == 0 && m->len == 0 && m->nfds == 0);
	return ERR_OK;
}

static enum err ranged(void *ctx, struct msg *m)
{
	const struct expected *x = ctx;

	check(m->type == 2 && (x->state == 1 || x->state == 31));
	check(m->len >= 4 && m->len <= 64 && m->nfds == 0);
	return m->body[0] ? ERR_OK : ERR_FORMAT;
}

static enum err with_fd(void *ctx, struct msg *m)
{
	(void)ctx;
	check(m->type == 3 && m->nfds == 1);
	close(msg_take_fd(m, 0));
	check(msg_take_fd(m, 0) == -1 && msg_take_fd(m, 1) == -1);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {1, "quiet", MSG_IN(0), 0, 0, 0, quiet},
    {2, "ranged", MSG_IN(1) | MSG_IN(31), 4, 64, 0, ranged},
    {3, "with fd", MSG_ANY_STATE, 0, MSG_BODY_MAX, 1, with_fd},
};

static void encodes_again(const struct msg *m, const uint8_t *header)
{
	uint8_t again[MSG_HEADER_SIZE];

	check(msg_encode_header(m, again) == ERR_OK);
	check(memcmp(again, header, sizeof(again)) == 0);
}

static void carry_fds(struct msg *m, size_t n)
{
	for (m->nfds = 0; m->nfds < n; m->nfds++)
		m->fds[m->nfds] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct expected x;
	struct msg m = {0};
	size_t len;
	int lowest;
	enum err e;

	if (size < 2 + MSG_HEADER_SIZE || msg_decode_header(data + 2, &m, &len))
		return 0;
	check(len <= MSG_BODY_MAX);
	m.len = len;
	encodes_again(&m, data + 2);
	if (len != size - 2 - MSG_HEADER_SIZE)
		return 0;
	m.body = data + 2 + MSG_HEADER_SIZE;
	lowest = dup(STDIN_FILENO);
	close(lowest);
	carry_fds(&m, data[1] % (MSG_FDS_MAX + 1));
	x = (struct expected){.state = data[0] % 40, .type = m.type};
	e = msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), x.state, &x, &m);
	check(e == ERR_OK || e == ERR_DENIED || e == ERR_FORMAT);
	check(m.nfds == 0 && fcntl(lowest, F_GETFD) == -1);
	return 0;
}
