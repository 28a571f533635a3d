/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/commit.h"

#include "lib/log.h"
#include "lib/uuid.h"

#include <stdlib.h>
#include <string.h>

enum err commit_init(struct commit *t, struct loop *l, struct store *s, const struct registry *r,
		     const struct commit_ops *ops, void *arg)
{
	*t = (struct commit){
	    .loop = l, .store = s, .registry = r, .ops = ops, .arg = arg, .root_slot = -1};
	t->root = calloc(1, sizeof(*t->root));
	t->bytes = malloc(MSG_BODY_MAX);
	return t->root && t->bytes ? ERR_OK : ERR_NO_MEMORY;
}

void commit_drop(struct commit *t)
{
	loop_cancel(t->timer);
	t->timer = NULL;
	t->phase = COMMIT_IDLE;
}

void commit_fini(struct commit *t)
{
	commit_drop(t);
	free(t->root);
	free(t->bytes);
}

/* ---- what may be written -------------------------------------------------------------------- */

/* A leaf keeps its place for life; a new one may not lie where an anchored one does. */
static bool leaf_moved(const struct commit *t, const struct leaf *leaf)
{
	const struct vtpm *v = registry_find(t->registry, leaf->uuid);

	return v && !registry_same_place(&v->leaf, leaf);
}

static bool covers_anchored(const struct commit *t, const struct leaf *leaf)
{
	for (size_t i = 0; i < t->registry->n; i++) {
		const struct vtpm *v = t->registry->vtpms[i];
		if (v->anchored &&
		    registry_overlap(&v->leaf, leaf->region, REGION_SIZE(leaf->quota, leaf->slots)))
			return true;
	}
	return false;
}

static bool leaf_ok(const struct commit *t, const struct leaf *leaf)
{
	const struct vtpm *v = registry_find(t->registry, leaf->uuid);

	return v && v->anchored ? !leaf_moved(t, leaf) : !covers_anchored(t, leaf);
}

/* In order of the root most leaves are where the registry has them, and have not changed. */
static bool leaves_ok(const struct commit *t)
{
	const struct registry *r = t->registry;

	for (size_t i = 0; i < t->root->nleaves; i++) {
		const struct leaf *leaf = &t->root->leaves[i];
		const struct leaf *same =
		    i < r->n && r->vtpms[i]->anchored ? &r->vtpms[i]->leaf : NULL;

		if (same && uuid_equal(same->uuid, leaf->uuid) && registry_same_place(same, leaf))
			continue;
		if (!leaf_ok(t, leaf))
			return false;
	}
	return registry_root_fits(t->root, store_size(t->store));
}

/* The slot of a state or a record that the anchored root does not name. */
static bool slot_free(const struct commit *t, const uint8_t uuid[UUID_SIZE], uint8_t slot,
		      bool state)
{
	const struct vtpm *v = registry_find(t->registry, uuid);

	if (!v || !v->anchored)
		return true;
	if (state)
		return v->leaf.version == 0 || v->leaf.state_slot != slot;
	return v->leaf.record_slot != slot;
}

static bool blob_ok(const struct commit *t, const struct keys_commit_blob *b)
{
	const struct leaf *leaf = root_find(t->root, b->uuid);

	return leaf && leaf->state_slot == b->slot && leaf->blob_len == b->mark.len &&
	       b->mark.len <= leaf->quota && slot_free(t, b->uuid, b->slot, true);
}

static bool record_ok(const struct commit *t, const struct keys_commit_record *r)
{
	const struct leaf *leaf = root_find(t->root, r->uuid);

	return leaf && leaf->record_slot == r->slot && leaf->record_len == r->len &&
	       slot_free(t, r->uuid, r->slot, false);
}

static bool may_write(const struct commit *t)
{
	const struct keys_commit *c = &t->c;
	bool ok = c->root_slot != t->root_slot && leaves_ok(t);

	for (size_t i = 0; i < c->nblobs; i++)
		ok = ok && blob_ok(t, &c->blobs[i]);
	for (size_t i = 0; i < c->nrecords; i++)
		ok = ok && record_ok(t, &c->records[i]);
	return ok;
}

/* ---- writing -------------------------------------------------------------------------------- */

struct batch {
	struct store_write writes[COMMIT_BLOBS + COMMIT_RECORDS + 1];
	size_t n;
};

static void add(struct batch *b, uint64_t at, const uint8_t *bytes, size_t len)
{
	b->writes[b->n++] = (struct store_write){at, bytes, len};
}

static enum err add_blobs(const struct commit *t, struct batch *out)
{
	for (size_t i = 0; i < t->c.nblobs; i++) {
		const struct keys_commit_blob *b = &t->c.blobs[i];
		const struct leaf *leaf = root_find(t->root, b->uuid);
		const uint8_t *bytes;
		enum err e = t->ops->blob(t->arg, b->uuid, &b->mark, &bytes);

		if (e)
			return e;
		add(out, REGION_STATE_AT(leaf->region, leaf->quota, b->slot), bytes, b->mark.len);
	}
	return ERR_OK;
}

static void add_records(const struct commit *t, struct batch *out)
{
	for (size_t i = 0; i < t->c.nrecords; i++) {
		const struct keys_commit_record *r = &t->c.records[i];
		const struct leaf *leaf = root_find(t->root, r->uuid);

		add(out, REGION_RECORD_AT(leaf->region, r->slot), r->bytes, r->len);
	}
}

/* ERR_AGAIN: a blob has not arrived yet, and nothing was written. */
static enum err write_all(const struct commit *t)
{
	struct batch batch = {.n = 0};
	enum err e = add_blobs(t, &batch);

	if (e)
		return e;
	add_records(t, &batch);
	add(&batch, STORE_ROOT_AT(t->c.root_slot), t->c.root, t->c.root_len);
	return store_commit(t->store, batch.writes, batch.n);
}

static void settle(struct commit *t, enum err e)
{
	loop_cancel(t->timer);
	t->timer = NULL;
	t->phase = e ? COMMIT_IDLE : COMMIT_DURABLE;
	t->ops->durable(t->arg, t->c.attempt, e);
}

/* ---- who does not send ---------------------------------------------------------------------- */

/* Else the next attempt would fail for the same state, and everybody's with it. */
static void name_late(const struct commit *t, enum err how)
{
	for (size_t i = 0; i < t->c.nblobs; i++) {
		const struct keys_commit_blob *b = &t->c.blobs[i];
		const uint8_t *bytes;

		if (t->ops->blob(t->arg, b->uuid, &b->mark, &bytes) == how)
			t->ops->late(t->arg, b->uuid);
	}
}

static enum err wait_a_slice(struct commit *t);

static void on_slice(void *arg)
{
	struct commit *t = arg;
	enum err e = ERR_TIMEOUT;

	t->timer = NULL;
	if (--t->slices > 0)
		e = wait_a_slice(t);
	else
		name_late(t, ERR_AGAIN);
	if (e)
		settle(t, e);
}

/* In slices: while a slow disk holds up the loop nobody is heard, and that is nobody's fault. */
static enum err wait_a_slice(struct commit *t)
{
	return loop_after(t->loop, COMMIT_BLOB_MS / COMMIT_BLOB_SLICES, on_slice, t, &t->timer);
}

static void try_to_write(struct commit *t)
{
	enum err e = write_all(t);

	if (e == ERR_UNAVAILABLE)
		name_late(t, e);
	if (e != ERR_AGAIN) {
		settle(t, e);
		return;
	}
	if (t->timer)
		return;
	t->phase = COMMIT_WAITING;
	t->slices = COMMIT_BLOB_SLICES;
	e = wait_a_slice(t);
	if (e)
		settle(t, e);
}

void commit_blob_arrived(struct commit *t)
{
	if (t->phase == COMMIT_WAITING)
		try_to_write(t);
}

static enum err decode(struct commit *t, const struct msg *m)
{
	enum err e;

	memcpy(t->bytes, m->body, m->len);
	e = keys_commit_decode(t->bytes, m->len, &t->c);
	if (!e)
		e = root_decode(t->c.root, t->c.root_len, t->root);
	return e;
}

enum err commit_begin(struct commit *t, const struct msg *m)
{
	enum err e;

	/* A new attempt means that the last one was given up. */
	commit_drop(t);
	if (m->len > MSG_BODY_MAX)
		return ERR_TOO_BIG;
	e = decode(t, m);
	if (e)
		return e;
	if (may_write(t)) {
		try_to_write(t);
		return ERR_OK;
	}
	log_error("the key keeper asked for a write over what is anchored: refused");
	settle(t, ERR_INTERNAL);
	return ERR_OK;
}

bool commit_holds(const struct commit *t, const uint8_t uuid[UUID_SIZE])
{
	for (size_t i = 0; t->phase != COMMIT_IDLE && i < t->c.nblobs; i++)
		if (uuid_equal(t->c.blobs[i].uuid, uuid))
			return true;
	return false;
}

enum err commit_anchored(struct commit *t, const struct msg *m)
{
	struct keys_result r;
	enum err e = keys_result_decode(m->body, m->len, &r);

	if (e)
		return e;
	if (r.err == ERR_OK && (t->phase != COMMIT_DURABLE || r.attempt != t->c.attempt))
		return ERR_STATE;
	if (t->phase == COMMIT_IDLE || r.attempt != t->c.attempt)
		return ERR_OK;
	commit_drop(t);
	if (r.err == ERR_OK) {
		t->root_slot = t->c.root_slot;
		t->ops->anchored(t->arg, &t->c, t->root);
	}
	return ERR_OK;
}
