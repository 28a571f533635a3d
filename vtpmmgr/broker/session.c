/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/session.h"

#include "lib/log.h"
#include "lib/proto_session.h"
#include "lib/uuid.h"

#include <stdlib.h>
#include <string.h>

struct session_state_put {
	LIST_ENTRY(session_state_put) link;
	uint8_t uuid[UUID_SIZE];
	uint64_t version;
	uint64_t epoch;
	bool written; /* in the attempt under way */
	uint32_t len;
	uint8_t bytes[];
};

void session_init(struct session *s, struct loop *l, struct store *store, const struct registry *r,
		  const struct session_ops *ops, void *arg)
{
	*s = (struct session){.loop = l, .store = store, .registry = r, .ops = ops, .arg = arg};
	LIST_INIT(&s->waiting);
}

static void drop(struct session_state_put *p)
{
	LIST_REMOVE(p, link);
	free(p);
}

void session_fini(struct session *s)
{
	while (!LIST_EMPTY(&s->waiting))
		drop(LIST_FIRST(&s->waiting));
	loop_cancel(s->timer);
	s->timer = NULL;
}

void session_forget(struct session *s, const uint8_t uuid[UUID_SIZE])
{
	struct session_state_put *p;

	LIST_FOREACH(p, &s->waiting, link)
	if (uuid_equal(p->uuid, uuid)) {
		drop(p);
		return;
	}
}

/* ---- what may be written -------------------------------------------------------------------- */

/* ERR_AGAIN: not yet. Any other error: never. */
static enum err may_write(const struct session *s, const struct session_state_put *p)
{
	const struct vtpm *v = registry_find(s->registry, p->uuid);

	if (!v || !v->anchored || p->epoch > v->leaf.epoch)
		return ERR_AGAIN;
	if (v->leaf.slots != SLOTS_SESSION || p->epoch < v->leaf.epoch ||
	    p->version <= v->leaf.version || p->len > v->leaf.quota)
		return ERR_DENIED;
	return s->ops->busy(s->arg, p->uuid) ? ERR_AGAIN : ERR_OK;
}

static struct store_write write_of(const struct session *s, const struct session_state_put *p)
{
	const struct leaf *leaf = &registry_find(s->registry, p->uuid)->leaf;
	uint8_t slot = leaf_next_slot(leaf, p->version);

	return (struct store_write){REGION_STATE_AT(leaf->region, leaf->quota, slot), p->bytes,
				    p->len};
}

/* ---- writing -------------------------------------------------------------------------------- */

static void refuse(struct session *s, struct session_state_put *p, enum err why)
{
	uint8_t uuid[UUID_SIZE];

	memcpy(uuid, p->uuid, UUID_SIZE);
	drop(p);
	s->ops->refused(s->arg, uuid, why);
}

static void say_stored(struct session *s)
{
	struct session_state_put *p, *next;

	for (p = LIST_FIRST(&s->waiting); p; p = next) {
		next = LIST_NEXT(p, link);
		if (!p->written)
			continue;
		s->ops->stored(s->arg, p->uuid, p->version);
		drop(p);
	}
}

static void on_timer(void *arg);

static void wait_for(struct session *s, uint64_t ms)
{
	if (!s->timer && loop_after(s->loop, ms, on_timer, s, &s->timer) != ERR_OK)
		log_error("no timer to store session states");
}

static void stall(struct session *s, bool stalled)
{
	if (stalled)
		wait_for(s, SESSION_RETRY_MS);
	if (s->stalled == stalled)
		return;
	s->stalled = stalled;
	s->ops->stalled(s->arg, stalled);
}

static size_t gather(struct session *s, struct store_write writes[LEAVES_MAX])
{
	struct session_state_put *p, *next;
	size_t n = 0;

	for (p = LIST_FIRST(&s->waiting); p; p = next) {
		enum err e = may_write(s, p);

		next = LIST_NEXT(p, link);
		p->written = !e && n < LEAVES_MAX;
		if (p->written)
			writes[n++] = write_of(s, p);
		else if (e && e != ERR_AGAIN)
			refuse(s, p, e);
	}
	return n;
}

/* While the store fails, what is staged in it finds out when it works again. */
static void on_timer(void *arg)
{
	struct session *s = arg;
	struct store_write writes[LEAVES_MAX];
	size_t n = gather(s, writes);
	enum err e = ERR_OK;

	s->timer = NULL;
	if (n == 0 && !s->stalled)
		return;
	e = store_commit(s->store, writes, n);
	if (!e)
		say_stored(s);
	stall(s, e != ERR_OK);
}

void session_kick(struct session *s)
{
	if (!LIST_EMPTY(&s->waiting) && !s->stalled)
		wait_for(s, 0);
}

static enum err check_frame(const struct blob_put *put)
{
	struct session_state s;
	enum err e = session_state_decode(put->bytes, put->len, &s);

	if (!e && (s.epoch != put->epoch || s.version != put->version))
		e = ERR_FORMAT;
	return e;
}

enum err session_put(struct session *s, const uint8_t uuid[UUID_SIZE], const struct blob_put *put)
{
	struct session_state_put *p;
	enum err e = check_frame(put);

	if (e)
		return e;
	p = malloc(sizeof(*p) + put->len);
	if (!p)
		return ERR_NO_MEMORY;
	*p = (struct session_state_put){
	    .version = put->version, .epoch = put->epoch, .len = put->len};
	memcpy(p->uuid, uuid, UUID_SIZE);
	memcpy(p->bytes, put->bytes, put->len);
	session_forget(s, uuid);
	LIST_INSERT_HEAD(&s->waiting, p, link);
	session_kick(s);
	return ERR_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

enum err session_read(struct session *s, const struct leaf *leaf, enum blob_which which,
		      uint8_t *out, size_t *len)
{
	uint8_t slot = (uint8_t)((leaf->state_slot + which) % SLOTS_SESSION);
	enum err e = ERR_OK;

	if (leaf->slots != SLOTS_SESSION)
		return ERR_DENIED;
	if (store_staged(s->store))
		e = store_commit(s->store, NULL, 0);
	if (e) {
		stall(s, true);
		return ERR_AGAIN;
	}
	e = store_read(s->store, REGION_STATE_AT(leaf->region, leaf->quota, slot), out,
		       leaf->quota);
	if (e)
		return ERR_IO;
	if (record_slot_len(out, leaf->quota, SESSION_MAGIC, len) != ERR_OK)
		*len = 0;
	return ERR_OK;
}
