/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_wear.h"

#include <stdlib.h>
#include <string.h>

struct wear *wear_find(struct wear *list, const uint8_t uuid[UUID_SIZE])
{
	while (list && memcmp(list->uuid, uuid, UUID_SIZE) != 0)
		list = list->next;
	return list;
}

struct wear *wear_get(struct wear **list, const uint8_t uuid[UUID_SIZE])
{
	struct wear *w = wear_find(*list, uuid);

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	memcpy(w->uuid, uuid, UUID_SIZE);
	w->next = *list;
	*list = w;
	return w;
}

void wear_forget(struct wear **list, const uint8_t uuid[UUID_SIZE])
{
	struct wear *w = wear_find(*list, uuid);

	if (!w)
		return;
	while (*list != w)
		list = &(*list)->next;
	*list = w->next;
	free(w);
}

/* Whether it is still the day in which `used` was counted. */
static bool same_day(const struct wear *w, uint64_t now)
{
	return w && w->used > 0 && now - w->began < BUDGET_WINDOW_S;
}

void wear_count(struct wear *w, uint64_t now)
{
	if (!same_day(w, now)) {
		w->began = now;
		w->used = 0;
	}
	if (w->used < UINT32_MAX)
		w->used++;
}

uint32_t wear_used(const struct wear *w, uint64_t now)
{
	return same_day(w, now) ? w->used : 0;
}

uint32_t wear_left(const struct wear *w, uint64_t now)
{
	return same_day(w, now) ? (uint32_t)(BUDGET_WINDOW_S - (now - w->began)) : 0;
}

bool wear_exhausted(const struct wear *w, uint64_t now)
{
	return same_day(w, now) && w->terms.commits_per_day > 0 &&
	       w->used >= w->terms.commits_per_day;
}

enum freshness_class wear_class(const struct wear *w, uint64_t now)
{
	if (!w)
		return FRESHNESS_STRICT;
	if (wear_exhausted(w, now) && w->terms.at_end == BUDGET_DEGRADE)
		return FRESHNESS_SESSION;
	return (enum freshness_class)w->terms.fresh;
}

bool wear_stalls(const struct wear *w, uint64_t now)
{
	return wear_exhausted(w, now) && w->terms.at_end == BUDGET_STALL;
}
