/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/worker.h"

#include "lib/channel.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/proto_blob.h"
#include "lib/proto_state.h"
#include "lib/proto_super.h"
#include "stubdom/commit.h"
#include "stubdom/guest.h"
#include "stubdom/tpm.h"
#include "stubdom/vtpm.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_BODY 512 /* of everything but BLOB_DATA */
#define BLOB_BODY  BLOB_MAX
#define STOP_MS    5000

enum worker_state {
	WAIT_KEY,   /* knows nothing yet */
	LOADING,    /* has its key, waits for its blob */
	SERVING,    /* the state in use is the anchored one */
	COMMITTING, /* a newer one waits to be anchored */
	ENDED,
};

struct worker {
	struct loop *loop;
	struct channel *super;
	struct channel *keys;   /* NULL while the key keeper is away */
	struct channel *broker; /* NULL while the broker is away */
	enum worker_state state;
	int exit_code;
	bool stopping;  /* TPM2_Shutdown, one last commit, end */
	bool announced; /* BLOB_READY was due */
	struct vtpm vtpm;
	struct guest_transport guest;
	struct secret *key;
	struct commit commit;
};

static void worker_end(struct worker *w, int exit_code)
{
	if (w->state == ENDED)
		return;
	w->state = ENDED;
	w->exit_code = exit_code;
	loop_stop(w->loop);
}

static enum err send_empty(struct channel *c, uint16_t type)
{
	const struct msg m = {.type = type};

	return channel_send(c, &m);
}

static enum err send_body(struct channel *c, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	return channel_send(c, &m);
}

/* Tells the broker why this vTPM cannot be served, and ends. */
static void worker_fail(struct worker *w, enum err why)
{
	uint8_t body[8];
	size_t len;

	log_error("cannot serve: %s", err_text(why));
	if (w->broker && blob_failed_encode(why, body, sizeof(body), &len) == ERR_OK &&
	    send_body(w->broker, BLOB_FAILED, body, len) != ERR_OK)
		log_error("the broker cannot be told");
	worker_end(w, EXIT_FAILURE);
}

/* The vTPM's state changed: the gate is held from here until on_anchored(). */
static void worker_commit(void *arg)
{
	struct worker *w = arg;
	const uint8_t *plain;
	enum err e;
	size_t len;

	if (w->state == ENDED)
		return;
	w->state = COMMITTING;
	plain = tpm_state(&len);
	e = commit_begin(&w->commit, plain, len);
	if (e)
		worker_fail(w, e);
}

static void announce(struct worker *w)
{
	w->announced = true;
	if (w->broker && send_empty(w->broker, BLOB_READY) != ERR_OK)
		log_warning("the broker cannot be told that this vTPM is served");
}

static void finish_stop(struct worker *w)
{
	vtpm_shutdown(&w->vtpm);
	if (w->state == SERVING)
		worker_end(w, EXIT_SUCCESS);
}

static void serve_guests(struct worker *w)
{
	enum err e = w->guest.ops->open(w->guest.self);

	if (e)
		worker_fail(w, e);
	else
		announce(w);
}

/* What follows once nothing waits to be anchored any more. */
static void settled(struct worker *w)
{
	w->state = SERVING;
	if (w->announced)
		w->guest.ops->released(w->guest.self);
	else if (!w->stopping)
		serve_guests(w);
	if (w->stopping)
		finish_stop(w);
}

static void on_stop_timeout(void *arg)
{
	struct worker *w = arg;

	log_warning("the last state was not anchored in time; ending without it");
	worker_end(w, EXIT_FAILURE);
}

static enum err worker_stop(struct worker *w)
{
	struct loop_timer *timer;
	enum err e;

	if (w->stopping)
		return ERR_OK;
	w->stopping = true;
	w->vtpm.ending = true;
	e = loop_after(w->loop, STOP_MS, on_stop_timeout, w, &timer);
	if (e)
		return e;
	if (w->state == SERVING)
		finish_stop(w);
	else if (w->state != COMMITTING)
		worker_end(w, EXIT_SUCCESS);
	return ERR_OK;
}

/* Power on, TPM2_Startup(CLEAR), and the first commit that it causes. */
static void start_tpm(struct worker *w)
{
	enum err e;

	w->state = SERVING;
	e = tpm_power_on();
	if (!e)
		e = vtpm_startup(&w->vtpm);
	if (e)
		worker_fail(w, e);
	else if (w->state == SERVING)
		settled(w);
}

static enum err ask_blob(struct worker *w)
{
	uint8_t body[1];
	size_t len;
	enum err e = blob_get_encode(BLOB_ANCHORED, body, sizeof(body), &len);

	return e ? e : send_body(w->broker, BLOB_GET, body, len);
}

static enum err on_key(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	struct state_key k;
	enum err e;

	e = state_key_decode(m->body, m->len, &k);
	if (!e)
		e = secret_new(sizeof(k.key), &w->key);
	if (!e) {
		memcpy(secret_bytes(w->key), k.key, sizeof(k.key));
		w->commit = (struct commit){.owner.generation = k.generation,
					    .owner.key = w->key,
					    .quota = k.quota,
					    .anchored = k.current,
					    .keys = w->keys,
					    .broker = w->broker};
		memcpy(w->commit.owner.uuid, k.uuid, sizeof(k.uuid));
		vtpm_init(&w->vtpm, k.quota - state_sealed_len(0), worker_commit, w);
	}
	secret_wipe(&k, sizeof(k));
	if (e)
		return e;
	w->state = LOADING;
	if (w->commit.anchored.version == 0)
		start_tpm(w);
	else if (w->broker)
		return ask_blob(w);
	return ERR_OK;
}

static enum err on_anchored(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	bool done = false;
	struct state_anchored a;
	enum err e;

	e = state_anchored_decode(m->body, m->len, &a);
	if (!e)
		e = commit_anchored(&w->commit, a.version, &done);
	if (e || !done)
		return e;
	vtpm_release(&w->vtpm);
	settled(w);
	return ERR_OK;
}

static enum err on_stall(void *ctx, struct msg *m)
{
	struct worker *w = ctx;

	enum state_stall stall;
	enum err e = state_stall_decode(m->body, m->len, &stall);

	if (!e)
		w->vtpm.stalled = stall != STALL_NOT;
	return e;
}

static enum err load_blob(const struct worker *w, const struct msg *m)
{
	uint8_t *plain;
	enum err e;

	if (m->len == 0)
		return ERR_NOT_FOUND;
	plain = malloc(m->len);
	if (!plain)
		return ERR_NO_MEMORY;
	e = state_open(&w->commit.owner, &w->commit.anchored, m->body, m->len, plain);
	if (!e)
		e = tpm_load(plain, m->len - state_sealed_len(0));
	secret_wipe(plain, m->len);
	free(plain);
	return e;
}

static enum err on_blob(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	enum err e = load_blob(w, m);

	if (e)
		worker_fail(w, e);
	else
		start_tpm(w);
	return ERR_OK;
}

static enum err on_stop(void *ctx, struct msg *m)
{
	(void)m;
	return worker_stop(ctx);
}

static enum err on_peer(void *ctx, struct msg *m);

#define RUNNING (MSG_IN(SERVING) | MSG_IN(COMMITTING))
#define LIVING  (MSG_IN(WAIT_KEY) | MSG_IN(LOADING) | RUNNING)

static const struct msg_rule super_rules[] = {
    {SUPER_PEER, "SUPER_PEER", LIVING, 1, SMALL_BODY, 1, on_peer},
    {SUPER_STOP, "SUPER_STOP", LIVING, 0, 0, 0, on_stop},
};

static const struct msg_rule keys_rules[] = {
    {STATE_KEY, "STATE_KEY", MSG_IN(WAIT_KEY), 1, SMALL_BODY, 0, on_key},
    {STATE_ANCHORED, "STATE_ANCHORED", RUNNING | MSG_IN(LOADING), 16, 16, 0, on_anchored},
    {STATE_STALL, "STATE_STALL", RUNNING | MSG_IN(LOADING), 1, 1, 0, on_stall},
};

static const struct msg_rule broker_rules[] = {
    {BLOB_DATA, "BLOB_DATA", MSG_IN(LOADING), 0, BLOB_BODY, 0, on_blob},
    {BLOB_STOP, "BLOB_STOP", LIVING, 0, 0, 0, on_stop},
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

static enum err resume_broker(struct worker *w)
{
	if (w->announced)
		announce(w);
	commit_new_broker(&w->commit, w->broker);
	return w->state == LOADING ? ask_blob(w) : ERR_OK;
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

static enum err worker_open(struct worker *w)
{
	enum err e;

	e = loop_new(&w->loop);
	if (!e)
		e = tpm_init();
	if (!e)
		e = guest_emulator_new(w->loop, &w->vtpm, FD_WORKER_DATA, FD_WORKER_CTRL,
				       &w->guest);
	if (!e)
		e = open_channel(w, FD_SUPER, SMALL_BODY, on_super_msg, on_super_gone, &w->super);
	if (!e)
		e = open_keys(w, FD_WORKER_KEYS);
	if (!e)
		e = open_broker(w, FD_WORKER_BROKER);
	return e;
}

static void worker_close(struct worker *w)
{
	tpm_end();
	secret_free(w->key);
	commit_end(&w->commit);
	if (w->guest.ops)
		w->guest.ops->close(w->guest.self);
	channel_close(w->keys);
	channel_close(w->broker);
	channel_close(w->super);
	loop_free(w->loop);
}

int worker_run(void)
{
	struct worker w = {.exit_code = EXIT_FAILURE};
	enum err e;

	e = worker_open(&w);
	if (!e)
		e = loop_run(w.loop);
	if (e)
		log_error("%s", err_text(e));
	worker_close(&w);
	return w.exit_code;
}
