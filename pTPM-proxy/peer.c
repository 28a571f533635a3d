/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/peer.h"

#include "lib/channel.h"
#include "lib/log.h"
#include "lib/proto_ptpm.h"
#include "lib/tpm_cmd.h"

#include <stdlib.h>
#include <string.h>

enum state { READY, BUSY };

struct peer {
	struct client client; /* first: an answer's client is the peer */
	LIST_ENTRY(peer) entry;
	struct peers *all;
	struct channel *channel;
	enum allow_role role;
	pid_t pid; /* for logs */
	enum state state;
	uint32_t id; /* of the request that is out */
	uint8_t command[PTPM_BUFFER_MAX];
};

static void remove_peer(struct peer *p)
{
	LIST_REMOVE(p, entry);
	p->all->n--;
	service_leave(p->all->service, &p->client);
	channel_close(p->channel);
	free(p);
}

/* A failure to send is not handled here: on_gone follows. */
static void reply(struct peer *p, uint16_t type, const uint8_t *body, size_t len)
{
	struct msg m = {.type = type, .id = p->id, .body = body, .len = len};
	enum err e = channel_send(p->channel, &m);

	if (e != ERR_OK)
		log_debug("peer %d: cannot answer (%s)", (int)p->pid, err_name(e));
}

static void reply_error(struct peer *p, enum err reason)
{
	uint8_t body[8];
	size_t len = 0;

	if (ptpm_error_encode(reason, body, sizeof(body), &len) == ERR_OK)
		reply(p, PTPM_ERROR, body, len);
}

static void on_answer(struct client *c, enum err e, const uint8_t *response, size_t len)
{
	struct peer *p = (struct peer *)c;

	p->state = READY;
	if (e == ERR_OK)
		reply(p, PTPM_RESPONSE, response, len);
	else
		reply_error(p, e);
}

static enum err check(struct peer *p, const struct msg *m)
{
	enum err e = command_decode(p->role, m->body, m->len, &p->client.command);

	return e == ERR_OK ? claims_permit(&p->client.claims, &p->client.command) : e;
}

/* The code is read again for the log alone: a command that was refused was not decoded. */
static void log_refusal(const struct peer *p, const struct msg *m, enum err why)
{
	struct tpm_header header;

	if (tpm_header_decode(m->body, m->len, &header) == ERR_OK)
		log_warning("peer %d: refused %s (0x%x): %s", (int)p->pid, tpm_cc_name(header.code),
			    header.code, err_name(why));
	else
		log_warning("peer %d: sent what is no TPM command", (int)p->pid);
}

static enum err on_command(void *ctx, struct msg *m)
{
	struct peer *p = ctx;
	enum err e = check(p, m);

	p->id = m->id;
	if (e != ERR_OK) {
		log_refusal(p, m, e);
		reply_error(p, e);
		return ERR_OK;
	}
	log_debug("peer %d: %s", (int)p->pid, tpm_cc_name(p->client.command.rule->cc));
	memcpy(p->command, m->body, m->len);
	p->client.len = m->len;
	p->state = BUSY;
	service_submit(p->all->service, &p->client);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {PTPM_COMMAND, "command", MSG_IN(READY), 0, PTPM_BUFFER_MAX, 0, on_command},
};

static enum err on_msg(void *arg, struct msg *m)
{
	struct peer *p = arg;

	return msg_dispatch(rules, 1, p->state, p, m);
}

static void on_gone(void *arg, enum err why)
{
	struct peer *p = arg;

	if (why == ERR_EOF)
		log_debug("peer %d: gone", (int)p->pid);
	else
		log_warning("peer %d: closed (%s)", (int)p->pid, err_name(why));
	remove_peer(p);
}

static enum err admit(struct peers *all, struct peer *p)
{
	struct channel_peer who;
	enum err e = channel_peer(p->channel, &who);

	if (e != ERR_OK)
		return e;
	p->pid = who.pid;
	if (who.uid != all->uid) {
		log_warning("peer %d: uid %u may not connect", (int)who.pid, (unsigned)who.uid);
		return ERR_DENIED;
	}
	return channel_attach(p->channel, all->loop, on_msg, on_gone, p);
}

static enum err new_peer(struct peers *all, struct channel *c, enum allow_role role)
{
	struct peer *p = calloc(1, sizeof(*p));
	enum err e;

	if (!p)
		return ERR_NO_MEMORY;
	p->all = all;
	p->channel = c;
	p->role = role;
	p->client.bytes = p->command;
	p->client.answer = on_answer;
	e = admit(all, p);
	if (e != ERR_OK) {
		free(p);
		return e;
	}
	LIST_INSERT_HEAD(&all->list, p, entry);
	all->n++;
	service_join(all->service, &p->client);
	return ERR_OK;
}

enum err peer_add(struct peers *all, int fd, enum allow_role role)
{
	struct channel *c;
	enum err e = channel_new(fd, PTPM_BUFFER_MAX, &c);

	if (e != ERR_OK)
		return e;
	e = all->n < PEERS_MAX ? new_peer(all, c, role) : ERR_FULL;
	if (e != ERR_OK)
		channel_close(c);
	return e;
}

void peers_close(struct peers *all)
{
	struct peer *p;

	while ((p = LIST_FIRST(&all->list)))
		remove_peer(p);
}
