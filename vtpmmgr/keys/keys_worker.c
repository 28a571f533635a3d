/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The workers' channels. A worker is the channel it speaks on; what it says can
 * harm its own vTPM and no other. A worker that breaks the protocol loses its
 * channel, and is ended.
 */
#include "lib/log.h"
#include "vtpmmgr/keys/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct keys_worker *keys_worker_find(struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	struct keys_worker *w = k->workers;

	while (w && memcmp(w->uuid, uuid, UUID_SIZE) != 0)
		w = w->next;
	return w;
}

static struct keys_worker *add(struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	struct keys_worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->keys = k;
	memcpy(w->uuid, uuid, UUID_SIZE);
	w->next = k->workers;
	k->workers = w;
	return w;
}

static void unlink_worker(struct keys_worker *w)
{
	struct keys_worker **at = &w->keys->workers;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

/* A commit takes the first ones: who has waited longest must be in front of the others. */
static void move_to_end(struct keys_worker *w)
{
	struct keys_worker **at = &w->keys->workers;

	unlink_worker(w);
	while (*at)
		at = &(*at)->next;
	*at = w;
	w->next = NULL;
}

static void drop(struct keys_worker *w)
{
	unlink_worker(w);
	channel_close(w->channel);
	secret_free(w->state_key);
	free(w);
}

/* ---- to the worker -------------------------------------------------------------------------- */

/* A worker that cannot be told is gone, or as good as gone: its exit clears up. */
static void tell(struct keys_worker *w, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};
	enum err e = w->channel ? channel_send(w->channel, &m) : ERR_EOF;

	if (e)
		log_info("a worker cannot be told: %s", err_text(e));
}

static void tell_anchored(struct keys_worker *w, const struct leaf *leaf)
{
	const struct state_anchored a = {.version = leaf ? leaf->version : 0,
					 .epoch = leaf ? leaf->epoch : 0};
	uint8_t body[16];
	size_t len;

	if (state_anchored_encode(&a, body, sizeof(body), &len) == ERR_OK)
		tell(w, STATE_ANCHORED, body, len);
}

static void tell_stall(struct keys_worker *w, enum state_stall stall)
{
	uint8_t body[1];
	size_t len;

	w->stall = stall;
	if (state_stall_encode(stall, body, sizeof(body), &len) == ERR_OK)
		tell(w, STATE_STALL, body, len);
}

static void tell_freshness(struct keys_worker *w, enum freshness_class fresh)
{
	uint8_t body[1];
	size_t len;

	w->fresh = fresh;
	if (state_freshness_encode(fresh, body, sizeof(body), &len) == ERR_OK)
		tell(w, STATE_FRESHNESS, body, len);
}

/* One that has not got its key, or not said that it resumes, does not listen yet. */
void keys_worker_inform(struct keys_worker *w)
{
	const struct leaf *leaf = w->keys->root ? root_find(w->keys->root, w->uuid) : NULL;
	enum freshness_class fresh;
	enum state_stall stall;

	if (!leaf || !w->channel || w->resuming || w->state_key)
		return;
	fresh = keys_budget_class(w->keys, leaf);
	stall = keys_budget_stall(w->keys, w->uuid);
	if (w->told_nothing || fresh != w->fresh)
		tell_freshness(w, fresh);
	if (w->told_nothing || stall != w->stall)
		tell_stall(w, stall);
	w->told_nothing = false;
}

static enum err tell_key(struct keys_worker *w, const struct leaf *leaf)
{
	struct state_key key = {.generation = leaf->generation,
				.quota = leaf->quota,
				.epoch = leaf->epoch,
				.slots = leaf->slots,
				.fresh = (uint8_t)keys_budget_class(w->keys, leaf),
				.volatile_state = leaf->volatile_state,
				.discard = w->discard && leaf_is_suspended(leaf),
				.current = {leaf->version, leaf->blob_len, leaf->blob}};
	uint8_t body[sizeof(key) + 64];
	size_t len;
	enum err e;

	memcpy(key.uuid, leaf->uuid, UUID_SIZE);
	memcpy(key.key, secret_view(w->state_key), sizeof(key.key));
	e = state_key_encode(&key, body, sizeof(body), &len);
	if (!e)
		tell(w, STATE_KEY, body, len);
	w->fresh = (enum freshness_class)key.fresh;
	secret_wipe(&key, sizeof(key));
	secret_wipe(body, sizeof(body));
	return e;
}

void keys_worker_anchored(struct keys *k, const struct keys_commit_blob *b)
{
	struct keys_worker *w = keys_worker_find(k, b->uuid);

	if (!w || !w->dirty || w->new_state.mark.version != b->mark.version)
		return;
	w->dirty = false;
	w->attempt = k->attempt.id;
	tell_anchored(w, root_find(k->root, b->uuid));
}

/* ---- from the worker ------------------------------------------------------------------------ */

/* Between two anchored states of a vTPM with three slots there may have been others. */
static bool follows(const struct leaf *leaf, uint64_t version)
{
	if (leaf->slots == SLOTS_SESSION)
		return version > leaf->version;
	return version == leaf->version + 1;
}

/* One new state at a time, each after the anchored one. */
static enum err on_dirty(void *ctx, struct msg *m)
{
	struct keys_worker *w = ctx;
	const struct leaf *leaf = w->keys->root ? root_find(w->keys->root, w->uuid) : NULL;
	struct state_dirty dirty;
	enum err e;

	e = state_dirty_decode(m->body, m->len, &dirty);
	if (e)
		return e;
	if (!leaf || w->dirty || w->resuming || !follows(leaf, dirty.mark.version) ||
	    dirty.mark.len > leaf->quota)
		return ERR_DENIED;
	w->new_state = dirty;
	w->dirty = true;
	move_to_end(w);
	keys_commit_soon(w->keys);
	return ERR_OK;
}

/* The answer is the version that is anchored; what follows from it is the worker's to decide. */
static void resume(struct keys_worker *w)
{
	const struct leaf *leaf = root_find(w->keys->root, w->uuid);

	w->resuming = false;
	tell_anchored(w, leaf);
	w->told_nothing = true;
	keys_worker_inform(w);
}

/*
 * What the worker says of itself is only checked for form: whatever it claims,
 * it is told what the anchored root says, and its next state must follow that.
 */
static enum err on_resume(void *ctx, struct msg *m)
{
	struct keys_worker *w = ctx;
	struct state_resume said;
	enum err e;

	e = state_resume_decode(m->body, m->len, &said);
	if (e)
		return e;
	if (!w->resuming)
		return ERR_DENIED;
	w->resume_said = true;
	keys_worker_resume_all(w->keys);
	return ERR_OK;
}

/* What of it is under way is not known to be anchored or not: that has to be settled first. */
void keys_worker_resume_all(struct keys *k)
{
	if (!keys_is_open(k))
		return;
	for (struct keys_worker *w = k->workers; w; w = w->next)
		if (w->resuming && w->resume_said && !keys_commit_holds(k, w->uuid))
			resume(w);
}

static const struct msg_rule rules[] = {
    {STATE_DIRTY, "dirty", MSG_ANY_STATE, 1, 128, 0, on_dirty},
    {STATE_RESUME, "resume", MSG_ANY_STATE, 1, 128, 0, on_resume},
};

static enum err on_msg(void *arg, struct msg *m)
{
	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), 0, arg, m);
}

/*
 * Its process may still be there: it stays known until the supervisor says it has exited. One
 * that was cut off for what it said would wait for a new channel that nobody makes: it is ended.
 */
static void on_gone(void *arg, enum err why)
{
	struct keys_worker *w = arg;
	const struct msg m = {.type = SUPER_KILL, .body = w->uuid, .len = UUID_SIZE};

	log_info("a worker's channel has ended: %s", err_text(why));
	channel_close(w->channel);
	w->channel = NULL;
	w->dirty = false;
	if (why != ERR_EOF && channel_send(w->keys->super, &m) != ERR_OK)
		log_error("the supervisor cannot be told to end a worker");
}

/* ---- coming and going ----------------------------------------------------------------------- */

static enum err ask_for(struct keys *k, const struct leaf *leaf, const char *stakeholder)
{
	struct super_spawn spawn = {.guest = leaf->guest};
	uint8_t body[128];
	struct msg m = {.type = SUPER_SPAWN, .body = body};
	enum err e;

	memcpy(spawn.uuid, leaf->uuid, UUID_SIZE);
	snprintf(spawn.stakeholder, sizeof(spawn.stakeholder), "%s", stakeholder);
	e = super_spawn_encode(&spawn, body, sizeof(body), &m.len);
	return e ? e : channel_send(k->super, &m);
}

enum err keys_worker_spawn(struct keys *k, const struct leaf *leaf, const char *stakeholder,
			   uint32_t request, struct secret *state_key, bool discard)
{
	struct keys_worker *w = add(k, leaf->uuid);
	enum err e;

	if (!w) {
		secret_free(state_key);
		return ERR_NO_MEMORY;
	}
	w->state_key = state_key;
	w->request = request;
	w->discard = discard;
	e = ask_for(k, leaf, stakeholder);
	if (e)
		drop(w);
	return e;
}

static enum err attach(struct keys_worker *w, int fd)
{
	struct channel *c;
	enum err e;

	e = channel_new(fd, 1024, &c);
	if (e)
		return e;
	channel_close(w->channel);
	w->channel = c;
	w->dirty = false;
	w->resume_said = false;
	e = channel_attach(c, w->keys->loop, on_msg, on_gone, w);
	if (e) {
		channel_close(c);
		w->channel = NULL;
	}
	return e;
}

/* The worker that a KEYS_START asked for: hand it its key, which is then gone from here. */
static enum err serve(struct keys_worker *w)
{
	const struct leaf *leaf = w->keys->root ? root_find(w->keys->root, w->uuid) : NULL;
	enum err e = leaf ? tell_key(w, leaf) : ERR_NOT_FOUND;

	secret_free(w->state_key);
	w->state_key = NULL;
	keys_worker_inform(w);
	return e;
}

static void answer_start(struct keys_worker *w, enum err e, const char *detail)
{
	if (w->request)
		keys_done(w->keys, w->request, e, detail);
	w->request = 0;
}

void keys_worker_arrived(struct keys *k, const uint8_t uuid[UUID_SIZE], int fd)
{
	struct keys_worker *w = keys_worker_find(k, uuid);
	enum err e;

	if (!w)
		w = add(k, uuid);
	if (!w) {
		close(fd);
		return;
	}
	w->resuming = !w->state_key;
	e = attach(w, fd);
	if (!e && w->state_key)
		e = serve(w);
	answer_start(w, e, e ? "the worker did not take its key" : NULL);
}

void keys_worker_forget_requests(struct keys *k)
{
	for (struct keys_worker *w = k->workers; w; w = w->next)
		w->request = 0;
}

void keys_worker_exited(struct keys *k, const struct super_exited *x)
{
	struct keys_worker *w = keys_worker_find(k, x->uuid);

	if (!w)
		return;
	if (x->how == EXITED_NOT_STARTED)
		answer_start(w, err_from_wire(x->code), "its worker cannot be started here");
	else
		answer_start(w, ERR_UNAVAILABLE, "the worker ended before it served");
	drop(w);
}
