/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include <unistd.h>

void supervisor_tell(struct child *c, uint16_t type, const uint8_t *body, size_t len, int fd)
{
	struct msg m = {.type = type, .body = body, .len = len};

	if (!c->channel)
		return;
	if (fd >= 0)
		m.fds[m.nfds++] = fd;
	/* One that does not take its messages will never work again: end it, it is started anew. */
	if (channel_send(c->channel, &m) != ERR_OK)
		process_kill(&c->process);
}

void supervisor_tell_peer(struct child *c, const struct super_peer *who, int fd)
{
	uint8_t body[128];
	size_t len;

	if (super_peer_encode(who, body, sizeof(body), &len) == ERR_OK)
		supervisor_tell(c, SUPER_PEER, body, len, fd);
}

void supervisor_tell_exited(struct supervisor *s, const struct super_exited *what)
{
	uint8_t body[64];
	size_t len;

	if (super_exited_encode(what, body, sizeof(body), &len) != ERR_OK)
		return;
	supervisor_tell(&s->keys, SUPER_EXITED, body, len, -1);
	supervisor_tell(&s->broker, SUPER_EXITED, body, len, -1);
}

void supervisor_link(struct child *a, struct child *b)
{
	int fds[2];

	if (!a->channel || !b->channel)
		return;
	if (channel_pair(fds) != ERR_OK) {
		log_error("cannot make a channel");
		return;
	}
	supervisor_tell_peer(a, &b->who, fds[0]);
	supervisor_tell_peer(b, &a->who, fds[1]);
	close(fds[0]);
	close(fds[1]);
}
