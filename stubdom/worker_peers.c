/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's channels: which message is allowed when, and what follows when a peer dies. */
#include "lib/log.h"
#include "lib/proto_state.h"
#include "lib/proto_super.h"
#include "stubdom/worker.h"

#include <stdlib.h>

#define SMALL_BODY 512 /* of everything but BLOB_DATA */
#define BLOB_BODY  BLOB_MAX

enum err worker_send(struct channel *to, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	return channel_send(to, &m);
}

/* ---- messages ------------------------------------------------------------------------------- */

static enum err on_stop(void *ctx, struct msg *m)
{
	(void)m;
	return worker_stop(ctx);
}

static enum err on_peer(void *ctx, struct msg *m);

#define RUNNING (MSG_IN(SERVING) | MSG_IN(COMMITTING))
#define KEYED   (MSG_IN(LOADING) | RUNNING)
#define LIVING  (MSG_IN(WAIT_KEY) | KEYED)

static const struct msg_rule super_rules[] = {
    {SUPER_PEER, "SUPER_PEER", LIVING, 1, SMALL_BODY, 1, on_peer},
    {SUPER_STOP, "SUPER_STOP", LIVING, 0, 0, 0, on_stop},
};

static const struct msg_rule keys_rules[] = {
    {STATE_KEY, "STATE_KEY", MSG_IN(WAIT_KEY), 1, SMALL_BODY, 0, worker_on_key},
    {STATE_ANCHORED, "STATE_ANCHORED", KEYED, 16, 16, 0, worker_on_anchored},
    {STATE_STALL, "STATE_STALL", KEYED, 1, 1, 0, worker_on_stall},
    {STATE_FRESHNESS, "STATE_FRESHNESS", KEYED, 1, 1, 0, worker_on_freshness},
};

static const struct msg_rule broker_rules[] = {
    {BLOB_DATA, "BLOB_DATA", MSG_IN(LOADING), 0, BLOB_BODY, 0, worker_on_blob},
    {BLOB_STORED, "BLOB_STORED", RUNNING, 8, 8, 0, worker_on_stored},
    {BLOB_STALL, "BLOB_STALL", LIVING, 1, 1, 0, worker_on_store_stall},
    {BLOB_STOP, "BLOB_STOP", LIVING, 0, 0, 0, on_stop},
    {BLOB_SUSPEND, "BLOB_SUSPEND", RUNNING, 0, 0, 0, worker_on_suspend},
};

static enum err dispatch(struct worker *w, const struct msg_rule *rules, size_t nrules,
			 struct msg *m)
{
	enum err e = msg_dispatch(rules, nrules, w->state, w, m);

	if (e)
		log_error("message 0x%04x in state %d: %s", m->type, w->state, err_text(e));
	return e;
}

static enum err on_super_msg(void *arg, struct msg *m)
{
	return dispatch(arg, super_rules, sizeof(super_rules) / sizeof(super_rules[0]), m);
}

static enum err on_keys_msg(void *arg, struct msg *m)
{
	return dispatch(arg, keys_rules, sizeof(keys_rules) / sizeof(keys_rules[0]), m);
}

static enum err on_broker_msg(void *arg, struct msg *m)
{
	return dispatch(arg, broker_rules, sizeof(broker_rules) / sizeof(broker_rules[0]), m);
}

/* ---- the end of a peer ---------------------------------------------------------------------- */

/* The supervisor is gone, and with it everything that could anchor a state. */
static void on_super_gone(void *arg, enum err why)
{
	(void)why;
	worker_end(arg, EXIT_FAILURE);
}

/*
 * A peer that died is replaced by the supervisor; until then the guest is
 * served. One that was cut off for what it said is not coming back.
 */
static void peer_gone(struct worker *w, struct channel **peer, enum err why)
{
	channel_close(*peer);
	*peer = NULL;
	if (why != ERR_EOF || w->state == WAIT_KEY)
		worker_end(w, EXIT_FAILURE);
}

static void on_keys_gone(void *arg, enum err why)
{
	struct worker *w = arg;

	w->commit.keys = NULL;
	peer_gone(w, &w->keys, why);
}

static void on_broker_gone(void *arg, enum err why)
{
	struct worker *w = arg;

	w->commit.broker = NULL;
	peer_gone(w, &w->broker, why);
}

/* ---- its successor -------------------------------------------------------------------------- */

static enum err open_channel(struct worker *w, int fd, size_t body_max, channel_msg_fn on_msg,
			     channel_gone_fn on_gone, struct channel **out)
{
	struct channel *c;
	enum err e;

	e = channel_new(fd, body_max, &c);
	if (e)
		return e;
	e = channel_attach(c, w->loop, on_msg, on_gone, w);
	if (e) {
		channel_close(c);
		return e;
	}
	channel_close(*out);
	*out = c;
	return ERR_OK;
}

static enum err open_keys(struct worker *w, int fd)
{
	return open_channel(w, fd, SMALL_BODY, on_keys_msg, on_keys_gone, &w->keys);
}

static enum err open_broker(struct worker *w, int fd)
{
	return open_channel(w, fd, BLOB_BODY, on_broker_msg, on_broker_gone, &w->broker);
}

/* Whether the store fails is for the new one to say. */
static enum err resume_broker(struct worker *w)
{
	vtpm_stall(&w->vtpm, VTPM_STALL_STORE, false);
	if (w->announced)
		worker_announce(w);
	commit_new_broker(&w->commit, w->broker);
	return w->state == LOADING ? worker_load_ask(w) : ERR_OK;
}

static enum err take_peer(struct worker *w, uint8_t role, int fd)
{
	enum err e;

	if (role == ROLE_KEYS) {
		e = open_keys(w, fd);
		return e || w->state == WAIT_KEY ? e : commit_new_keys(&w->commit, w->keys);
	}
	e = open_broker(w, fd);
	return e ? e : resume_broker(w);
}

static enum err on_peer(void *ctx, struct msg *m)
{
	struct super_peer p;
	enum err e;

	e = super_peer_decode(m->body, m->len, &p);
	if (e)
		return e;
	if (p.role != ROLE_KEYS && p.role != ROLE_BROKER)
		return ERR_ARG;
	return take_peer(ctx, p.role, msg_take_fd(m, 0));
}

enum err worker_peers_open(struct worker *w)
{
	enum err e;

	e = open_channel(w, FD_SUPER, SMALL_BODY, on_super_msg, on_super_gone, &w->super);
	if (!e)
		e = open_keys(w, FD_WORKER_KEYS);
	if (!e)
		e = open_broker(w, FD_WORKER_BROKER);
	return e;
}

void worker_peers_close(struct worker *w)
{
	channel_close(w->keys);
	channel_close(w->broker);
	channel_close(w->super);
}
