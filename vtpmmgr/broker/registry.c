/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/registry.h"

#include "lib/field.h"
#include "lib/uuid.h"

#include <stdlib.h>
#include <string.h>

struct vtpm *registry_find(const struct registry *r, const uint8_t uuid[UUID_SIZE])
{
	for (size_t i = 0; i < r->n; i++)
		if (uuid_equal(r->vtpms[i]->leaf.uuid, uuid))
			return r->vtpms[i];
	return NULL;
}

struct vtpm *registry_find_name(const struct registry *r, const char *stakeholder, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->vtpms[i]->record.stakeholder, stakeholder) == 0 &&
		    strcmp(r->vtpms[i]->record.name, name) == 0)
			return r->vtpms[i];
	return NULL;
}

bool registry_name_ok(const char *name)
{
	uint8_t uuid[UUID_SIZE];

	return field_name_ok(name) && uuid_parse(name, uuid) != ERR_OK;
}

enum err registry_add(struct registry *r, const struct leaf *leaf, struct vtpm **out)
{
	struct vtpm *v;

	if (r->n == LEAVES_MAX)
		return ERR_FULL;
	v = calloc(1, sizeof(*v));
	if (!v)
		return ERR_NO_MEMORY;
	v->leaf = *leaf;
	r->vtpms[r->n++] = v;
	*out = v;
	return ERR_OK;
}

static void vtpm_free(struct vtpm *v)
{
	loop_cancel(v->timer);
	free(v->record_bytes);
	free(v);
}

void registry_remove(struct registry *r, struct vtpm *v)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->vtpms[i] != v)
			continue;
		memmove(&r->vtpms[i], &r->vtpms[i + 1], (r->n - i - 1) * sizeof(r->vtpms[0]));
		r->n--;
		vtpm_free(v);
		return;
	}
}

void registry_clear(struct registry *r)
{
	for (size_t i = 0; i < r->n; i++)
		vtpm_free(r->vtpms[i]);
	r->n = 0;
}

static bool is_named(const struct leaf *leaf, const uint8_t *bytes, size_t len)
{
	const struct crypt_part part = {bytes, len};
	struct digest d;

	return len == leaf->record_len && crypt_sha256(&part, 1, &d) == ERR_OK &&
	       digest_equal(&d, &leaf->record);
}

void registry_set_record(struct vtpm *v, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);
	struct record r;

	free(v->record_bytes);
	v->record_bytes = NULL;
	v->record_len = 0;
	v->record = (struct record){0};
	v->record_ok = false;
	if (!copy || !is_named(&v->leaf, bytes, len) || record_decode(bytes, len, &r) != ERR_OK ||
	    !uuid_equal(r.uuid, v->leaf.uuid)) {
		free(copy);
		return;
	}
	memcpy(copy, bytes, len);
	v->record_bytes = copy;
	v->record_len = len;
	v->record = r;
	v->record_ok = true;
}

/* ---- space ---------------------------------------------------------------------------------- */

static uint64_t region_end(const struct leaf *l)
{
	return l->region + REGION_SIZE(l->quota, l->slots);
}

bool registry_overlap(const struct leaf *l, uint64_t region, uint64_t len)
{
	return l->region < region + len && region < region_end(l);
}

bool registry_same_place(const struct leaf *a, const struct leaf *b)
{
	return a->region == b->region && a->quota == b->quota && a->slots == b->slots;
}

static bool inside(uint64_t region, uint64_t len, uint64_t size)
{
	return region % STORE_BLOCK == 0 && region >= STORE_REGIONS_AT && region <= size &&
	       len <= size - region;
}

/* Whatever starts first-fit starts where the fixed part ends, or where another region does. */
static bool gap_at(const struct registry *r, uint64_t region, uint64_t len, uint64_t size)
{
	if (!inside(region, len, size))
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (registry_overlap(&r->vtpms[i]->leaf, region, len))
			return false;
	return true;
}

enum err registry_allocate(const struct registry *r, uint64_t size, struct leaf *leaf)
{
	const uint64_t len = REGION_SIZE(leaf->quota, leaf->slots);
	uint64_t best = UINT64_MAX;

	if (gap_at(r, STORE_REGIONS_AT, len, size))
		best = STORE_REGIONS_AT;
	for (size_t i = 0; i < r->n; i++) {
		uint64_t end = region_end(&r->vtpms[i]->leaf);

		if (end < best && gap_at(r, end, len, size))
			best = end;
	}
	if (best == UINT64_MAX)
		return ERR_FULL;
	leaf->region = best;
	return ERR_OK;
}

bool registry_root_fits(const struct root *root, uint64_t size)
{
	for (size_t i = 0; i < root->nleaves; i++) {
		const struct leaf *l = &root->leaves[i];

		if (!inside(l->region, REGION_SIZE(l->quota, l->slots), size))
			return false;
	}
	return true;
}

uint64_t registry_free(const struct registry *r, uint64_t size)
{
	uint64_t used = STORE_REGIONS_AT;

	for (size_t i = 0; i < r->n; i++)
		used += REGION_SIZE(r->vtpms[i]->leaf.quota, r->vtpms[i]->leaf.slots);
	return used < size ? size - used : 0;
}

/* ---- sums ----------------------------------------------------------------------------------- */

void registry_owned(const struct registry *r, const char *stakeholder, unsigned *count,
		    uint64_t *bytes)
{
	*count = 0;
	*bytes = 0;
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->vtpms[i]->record.stakeholder, stakeholder) != 0)
			continue;
		++*count;
		*bytes += r->vtpms[i]->leaf.quota;
	}
}

static bool contains(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

size_t registry_running(const struct registry *r, const char *stakeholder,
			const char *out[LEAVES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct vtpm *v = r->vtpms[i];

		if (lifecycle_is_up(v->life) && strcmp(v->record.stakeholder, stakeholder) != 0 &&
		    !contains(out, n, v->record.stakeholder))
			out[n++] = v->record.stakeholder;
	}
	return n;
}
