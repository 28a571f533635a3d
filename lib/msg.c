/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/msg.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"

#include <unistd.h>

enum err msg_encode_header(const struct msg *m, uint8_t out[MSG_HEADER_SIZE])
{
	struct wbuf w;
	size_t len;

	if (m->len > MSG_BODY_MAX)
		return ERR_TOO_BIG;
	wbuf_init(&w, out, MSG_HEADER_SIZE);
	wbuf_u16(&w, MSG_VERSION);
	wbuf_u16(&w, m->type);
	wbuf_u32(&w, (uint32_t)m->len);
	wbuf_u32(&w, m->id);
	wbuf_u32(&w, 0);
	return wbuf_end(&w, &len);
}

enum err msg_decode_header(const uint8_t in[MSG_HEADER_SIZE], struct msg *m, size_t *len)
{
	struct rbuf r;
	uint16_t type;
	uint32_t body;
	uint32_t id;
	enum err e;

	rbuf_init(&r, in, MSG_HEADER_SIZE);
	rbuf_require(&r, rbuf_u16(&r) == MSG_VERSION);
	type = rbuf_u16(&r);
	body = rbuf_u32(&r);
	rbuf_require(&r, body <= MSG_BODY_MAX);
	id = rbuf_u32(&r);
	rbuf_require(&r, rbuf_u32(&r) == 0);
	e = rbuf_end(&r);
	if (e)
		return e;
	m->type = type;
	m->id = id;
	*len = body;
	return ERR_OK;
}

void msg_close_fds(struct msg *m)
{
	for (size_t i = 0; i < m->nfds; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->nfds = 0;
}

int msg_take_fd(struct msg *m, size_t i)
{
	int fd;

	if (i >= m->nfds)
		return -1;
	fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

static const struct msg_rule *find(const struct msg_rule *rules, size_t nrules, unsigned state,
				   uint16_t type)
{
	for (size_t i = 0; i < nrules; i++)
		if (rules[i].type == type && state < 32 && (rules[i].states & MSG_IN(state)))
			return &rules[i];
	return NULL;
}

static enum err apply(const struct msg_rule *rule, void *ctx, struct msg *m)
{
	if (!rule)
		return ERR_DENIED;
	if (m->len < rule->min_len || m->len > rule->max_len || m->nfds != rule->nfds)
		return ERR_FORMAT;
	return rule->fn(ctx, m);
}

enum err msg_dispatch(const struct msg_rule *rules, size_t nrules, unsigned state, void *ctx,
		      struct msg *m)
{
	enum err e = apply(find(rules, nrules, state, m->type), ctx, m);

	msg_close_fds(m);
	return e;
}
