/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/workers.h"

#include "lib/log.h"
#include "lib/uuid.h"
#include "vtpmmgr/broker/broker.h"
#include "vtpmmgr/broker/life.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct worker *find(struct broker *b, const uint8_t uuid[UUID_SIZE])
{
	struct worker *w;

	LIST_FOREACH(w, &b->workers.list, link)
	if (uuid_equal(w->uuid, uuid))
		return w;
	return NULL;
}

static void drop_pending(struct worker *w)
{
	free(w->pending);
	w->pending = NULL;
	w->len = 0;
	w->digest_known = false;
}

static void drop(struct worker *w)
{
	struct vtpm *v = registry_find(&w->b->registry, w->uuid);

	if (v && v->worker == w)
		v->worker = NULL;
	LIST_REMOVE(w, link);
	channel_close(w->channel);
	session_forget(&w->b->session, w->uuid); /* or its successor would be held to it */
	drop_pending(w);
	free(w);
}

/* A state that a dead worker has sent may be in a commit that is under way: it stays until then. */
static void reap(struct worker *w)
{
	if (w->exited && !w->channel && !w->pending)
		drop(w);
}

void workers_close_all(struct broker *b)
{
	while (!LIST_EMPTY(&b->workers.list))
		drop(LIST_FIRST(&b->workers.list));
}

static enum err tell(struct worker *w, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	return w->channel ? channel_send(w->channel, &m) : ERR_EOF;
}

enum err workers_ask_stop(struct worker *w)
{
	return tell(w, BLOB_STOP, NULL, 0);
}

enum err workers_ask_suspend(struct worker *w)
{
	return tell(w, BLOB_SUSPEND, NULL, 0);
}

/* ---- from the worker ------------------------------------------------------------------------ */

/* An empty answer makes the worker fail with a reason of its own, where there should be a state. */
static enum err send_blob(struct worker *w, const struct vtpm *v)
{
	const struct leaf *leaf = &v->leaf;
	size_t len = leaf->version > 0 ? leaf->blob_len : 0;
	uint64_t at = REGION_STATE_AT(leaf->region, leaf->quota, leaf->state_slot);
	enum err e = store_read(w->b->store, at, w->b->out, len);

	if (e)
		log_error("the state of %s cannot be read: %s", v->record.name, err_text(e));
	return tell(w, BLOB_DATA, w->b->out, e ? 0 : len);
}

/*
 * That a slot holds no session state must be known, not guessed from a disk that
 * does not answer: the worker would go on from an older one.
 */
static enum err send_session(struct worker *w, struct vtpm *v)
{
	size_t len;
	enum err e = session_read(&w->b->session, &v->leaf, w->wants, w->b->out, &len);

	if (!e)
		return tell(w, BLOB_DATA, w->b->out, len);
	if (e == ERR_AGAIN)
		return e;
	log_error("the session states of %s cannot be read: %s", v->record.name, err_text(e));
	v->last_err = e;
	broker_kill_worker(w->b, w->uuid);
	return ERR_OK;
}

/* Once the registry is known, and what was read for it is durable. */
static void answer_get(struct worker *w)
{
	struct vtpm *v = registry_find(&w->b->registry, w->uuid);
	enum err e;

	if (!w->wants_blob || !v)
		return;
	e = w->wants == BLOB_ANCHORED ? send_blob(w, v) : send_session(w, v);
	w->wants_blob = e == ERR_AGAIN;
}

static enum err on_get(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	enum err e = blob_get_decode(m->body, m->len, &w->wants);

	if (e)
		return e;
	w->wants_blob = true;
	answer_get(w);
	return ERR_OK;
}

static enum err keep_pending(struct worker *w, const struct blob_put *put)
{
	uint8_t *copy = malloc(put->len);

	if (!copy)
		return ERR_NO_MEMORY;
	memcpy(copy, put->bytes, put->len);
	drop_pending(w);
	w->pending = copy;
	w->len = put->len;
	w->version = put->version;
	commit_blob_arrived(&w->b->commit);
	return ERR_OK;
}

static enum err on_put(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	struct blob_put put;
	enum err e = blob_put_decode(m->body, m->len, &put);

	if (e)
		return e;
	return put.epoch ? session_put(&w->b->session, w->uuid, &put) : keep_pending(w, &put);
}

static void tell_stall(struct worker *w, bool stalled)
{
	uint8_t body[1];
	size_t len;

	if (blob_stall_encode(stalled, body, sizeof(body), &len) == ERR_OK &&
	    tell(w, BLOB_STALL, body, len) != ERR_OK)
		log_info("a worker that has ended is not told how the store is");
}

static enum err on_ready(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	struct vtpm *v = registry_find(&w->b->registry, w->uuid);

	(void)m;
	if (w->b->session.stalled)
		tell_stall(w, true);
	/* One that ran before this broker did is adopted once it is known what there is. */
	if (!w->b->known)
		return ERR_OK;
	return v ? life_event(w->b, v, LIFE_EV_READY, ERR_OK) : ERR_STATE;
}

/* It exits next, and that is what counts; the reason is kept for whoever asks. */
static enum err on_failed(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	struct vtpm *v = registry_find(&w->b->registry, w->uuid);
	enum err why, e = blob_failed_decode(m->body, m->len, &why);

	if (e)
		return e;
	log_warning("the worker of %s cannot serve: %s", v ? v->record.name : "?", err_text(why));
	if (v)
		v->last_err = why;
	return ERR_OK;
}

static enum err on_not_suspended(void *ctx, struct msg *m)
{
	struct worker *w = ctx;
	struct vtpm *v = registry_find(&w->b->registry, w->uuid);
	enum err why, e = blob_failed_decode(m->body, m->len, &why);

	if (e || !w->b->known)
		return e;
	return v ? life_event(w->b, v, LIFE_EV_KEPT, why) : ERR_STATE;
}

static const struct msg_rule rules[] = {
    {BLOB_GET, "get", MSG_ANY_STATE, 1, 1, 0, on_get},
    {BLOB_PUT, "put", MSG_ANY_STATE, 1, MSG_BODY_MAX, 0, on_put},
    {BLOB_READY, "ready", MSG_ANY_STATE, 0, 0, 0, on_ready},
    {BLOB_FAILED, "failed", MSG_ANY_STATE, 1, 16, 0, on_failed},
    {BLOB_NOT_SUSPENDED, "not suspended", MSG_ANY_STATE, 1, 16, 0, on_not_suspended},
};

static enum err on_msg(void *arg, struct msg *m)
{
	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), 0, arg, m);
}

/* ERR_EOF: it has ended, the supervisor says how. Anything else: it was taken over. */
static void on_gone(void *arg, enum err why)
{
	struct worker *w = arg;

	channel_close(w->channel);
	w->channel = NULL;
	session_forget(&w->b->session, w->uuid);
	if (why != ERR_EOF) {
		log_warning("worker %s broke its protocol: %s", uuid_format(w->uuid).s,
			    err_text(why));
		broker_kill_worker(w->b, w->uuid);
	}
	commit_blob_arrived(&w->b->commit);
	reap(w);
}

/* ---- coming and going ----------------------------------------------------------------------- */

static struct worker *add(struct broker *b, const uint8_t uuid[UUID_SIZE])
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->b = b;
	memcpy(w->uuid, uuid, UUID_SIZE);
	LIST_INSERT_HEAD(&b->workers.list, w, link);
	return w;
}

/* Nobody asked for it, or no longer. */
static void refuse(struct worker *w)
{
	log_warning("a worker runs for %s and should not", uuid_format(w->uuid).s);
	broker_kill_worker(w->b, w->uuid);
}

static void attach(struct worker *w, struct vtpm *v)
{
	v->worker = w;
	answer_get(w);
}

/* What it was started with went with the broker that started it. */
static void adopt(struct worker *w, struct vtpm *v)
{
	v->asked = rules_freshness(&w->b->rules, &v->record);
	attach(w, v);
}

/*
 * What one that has ended left behind was in no commit that still counts, and
 * serves nobody. Whether it was suspended is known now.
 */
static void drop_ended(struct broker *b)
{
	struct worker *next;

	for (struct worker *w = LIST_FIRST(&b->workers.list); w; w = next) {
		struct vtpm *v = registry_find(&b->registry, w->uuid);
		bool awaited = v && v->worker == w;

		next = LIST_NEXT(w, link);
		if (!w->exited)
			continue;
		drop(w);
		if (awaited)
			workers_ended(b, v, ERR_OK);
	}
}

void workers_adopt(struct broker *b)
{
	struct worker *w;

	drop_ended(b);
	LIST_FOREACH(w, &b->workers.list, link)
	{
		struct vtpm *v = registry_find(&b->registry, w->uuid);

		if (v && v->worker == w)
			continue;
		if (v && life_event(b, v, LIFE_EV_ADOPT, ERR_OK) == ERR_OK)
			adopt(w, v);
		else
			refuse(w);
	}
}

/* Once the registry is known, a worker is there because a start was asked for. */
static void arrived(struct worker *w)
{
	struct vtpm *v = registry_find(&w->b->registry, w->uuid);

	if (v && (v->life == LIFE_STARTING || v->life == LIFE_RESTARTING))
		attach(w, v);
	else
		refuse(w);
}

enum err workers_connect(struct broker *b, const uint8_t uuid[UUID_SIZE], int fd)
{
	struct worker *w = find(b, uuid);
	enum err e;

	if (!w)
		w = add(b, uuid);
	if (!w) {
		close(fd);
		return ERR_NO_MEMORY;
	}
	channel_close(w->channel);
	w->channel = NULL;
	session_forget(&b->session, uuid);
	w->exited = false;
	e = channel_new(fd, MSG_BODY_MAX, &w->channel);
	if (!e)
		e = channel_attach(w->channel, b->loop, on_msg, on_gone, w);
	if (!e && b->known)
		arrived(w);
	return e;
}

void workers_ended(struct broker *b, struct vtpm *v, enum err why)
{
	bool clean = why == ERR_OK;
	bool suspended = leaf_is_suspended(&v->leaf) && (clean || v->life == LIFE_SUSPENDING) &&
			 lifecycle_step(v->life, LIFE_EV_SUSPENDED);

	v->worker = NULL;
	if (suspended)
		v->last_err = ERR_OK;
	/* What it said itself, if it did, tells more than that it is gone. */
	else if (!v->last_err)
		v->last_err = why;
	life_step(b, v, suspended ? LIFE_EV_SUSPENDED : LIFE_EV_EXITED, v->last_err);
}

/* The worker knows that it is suspended, and has ended: the key keeper's word is still on its way.
 */
static bool word_is_awaited(const struct worker *w, const struct vtpm *v)
{
	return w->pending && v->worker == w && v->life == LIFE_SUSPENDING &&
	       !leaf_is_suspended(&v->leaf);
}

void workers_exited(struct broker *b, const uint8_t uuid[UUID_SIZE], enum err why)
{
	struct worker *w = find(b, uuid);
	struct vtpm *v = registry_find(&b->registry, uuid);
	bool waits = w && v && !why && word_is_awaited(w, v);

	if (w) {
		w->exited = true;
		reap(w);
	}
	if (v && !waits)
		workers_ended(b, v, why);
}

/* ---- pending states ------------------------------------------------------------------------- */

/* Version and length do not identify a blob: one of an attempt that failed may have the same. */
static bool matches(struct worker *w, const struct state_mark *mark)
{
	const struct crypt_part part = {w->pending, w->len};

	if (!w->pending || w->version != mark->version || w->len != mark->len)
		return false;
	if (!w->digest_known)
		w->digest_known = crypt_sha256(&part, 1, &w->digest) == ERR_OK;
	return w->digest_known && digest_equal(&w->digest, &mark->digest);
}

enum err workers_blob(struct broker *b, const uint8_t uuid[UUID_SIZE],
		      const struct state_mark *mark, const uint8_t **bytes)
{
	struct worker *w = find(b, uuid);

	if (!w)
		return ERR_AGAIN;
	if (!matches(w, mark))
		return w->channel ? ERR_AGAIN : ERR_UNAVAILABLE;
	*bytes = w->pending;
	return ERR_OK;
}

void workers_anchored(struct broker *b, const uint8_t uuid[UUID_SIZE], uint64_t version)
{
	struct vtpm *v = registry_find(&b->registry, uuid);
	struct worker *w = find(b, uuid);
	bool ended = w && w->exited && v && v->worker == w;

	if (!w || !w->pending || w->version > version)
		return;
	drop_pending(w);
	reap(w);
	if (ended)
		workers_ended(b, v, ERR_OK);
}

/* ---- session states ------------------------------------------------------------------------- */

void workers_stored(struct broker *b, const uint8_t uuid[UUID_SIZE], uint64_t version)
{
	struct worker *w = find(b, uuid);
	uint8_t body[8];
	size_t len;

	if (w && blob_stored_encode(version, body, sizeof(body), &len) == ERR_OK &&
	    tell(w, BLOB_STORED, body, len) != ERR_OK)
		log_info("a worker that has ended is not told that its state is stored");
}

void workers_stall(struct broker *b, bool stalled)
{
	struct worker *w;

	LIST_FOREACH(w, &b->workers.list, link)
	{
		tell_stall(w, stalled);
		if (!stalled)
			answer_get(w);
	}
}
