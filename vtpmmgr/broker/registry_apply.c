/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/log.h"
#include "lib/uuid.h"
#include "vtpmmgr/broker/registry.h"

#include <string.h>

/* Roots keep their order, so that the vTPM of leaf i is nearly always number i. */
static struct vtpm *find_at(const struct registry *r, size_t i, const uint8_t uuid[UUID_SIZE])
{
	if (i < r->n && uuid_equal(r->vtpms[i]->leaf.uuid, uuid))
		return r->vtpms[i];
	return registry_find(r, uuid);
}

static bool same_record(const struct vtpm *v, const struct leaf *leaf)
{
	return v->anchored && v->record_ok && v->leaf.record_len == leaf->record_len &&
	       digest_equal(&v->leaf.record, &leaf->record);
}

static void take_record(struct vtpm *v, registry_record_fn record, void *arg)
{
	const uint8_t *bytes = NULL;
	enum err e = record(arg, &v->leaf, &bytes);

	registry_set_record(v, bytes, e ? 0 : v->leaf.record_len);
	if (!v->record_ok)
		log_error("the record of vTPM %s is not the anchored one",
			  uuid_format(v->leaf.uuid).s);
}

static enum err take_leaf(struct registry *r, size_t i, const struct leaf *leaf,
			  registry_record_fn record, void *arg)
{
	struct vtpm *v = find_at(r, i, leaf->uuid);
	bool same = v && same_record(v, leaf);
	enum err e = v ? ERR_OK : registry_add(r, leaf, &v);

	if (e)
		return e;
	v->leaf = *leaf;
	v->anchored = true;
	v->kept = true;
	if (!same)
		take_record(v, record, arg);
	return ERR_OK;
}

static void drop_the_rest(struct registry *r)
{
	for (size_t i = r->n; i > 0; i--) {
		struct vtpm *v = r->vtpms[i - 1];

		if (v->anchored && !v->kept)
			registry_remove(r, v);
		else
			v->kept = false;
	}
}

/* In the root's order, for find_at(). */
static void sort(struct registry *r, const struct root *root)
{
	for (size_t i = 0; i < root->nleaves; i++) {
		size_t at = i;
		struct vtpm *v;

		while (at < r->n && !uuid_equal(r->vtpms[at]->leaf.uuid, root->leaves[i].uuid))
			at++;
		if (at == i || at == r->n)
			continue;
		v = r->vtpms[at];
		r->vtpms[at] = r->vtpms[i];
		r->vtpms[i] = v;
	}
}

enum err registry_apply(struct registry *r, const struct root *root, registry_record_fn record,
			void *arg)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < root->nleaves; i++)
		e = take_leaf(r, i, &root->leaves[i], record, arg);
	if (e)
		return e;
	drop_the_rest(r);
	sort(r, root);
	return ERR_OK;
}
