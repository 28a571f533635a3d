/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a vTPM's terms and its use make of how its worker is to commit: told when
 * it changes, be it by a commit, by new terms or because the day is over.
 */
#include "lib/log.h"
#include "vtpmmgr/keys/keys.h"

#include <time.h>

#define TICK_MAX_MS 60000u /* a loop's clock stands still while the machine sleeps */

/* Goes on while the machine sleeps: its users would not wait a day for a day that was slept. */
static uint64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec;
}

/* Two slots have no room for a session state, whatever the terms say. */
enum freshness_class keys_budget_class(const struct keys *k, const struct leaf *leaf)
{
	if (leaf->slots != SLOTS_SESSION)
		return FRESHNESS_STRICT;
	return wear_class(wear_find(k->wear, leaf->uuid), now_s());
}

enum state_stall keys_budget_stall(const struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	if (k->stalled)
		return STALL_FAILS;
	return wear_stalls(wear_find(k->wear, uuid), now_s()) ? STALL_BUDGET : STALL_NOT;
}

/* ---- the end of a day ----------------------------------------------------------------------- */

static void watch(struct keys *k);

static void on_tick(void *arg)
{
	struct keys *k = arg;

	k->tick = NULL;
	for (struct keys_worker *w = k->workers; w; w = w->next)
		keys_worker_inform(w);
	watch(k);
}

/* Milliseconds until the first vTPM that is out of budget has a new day; 0: none is. */
static uint64_t next_day_ms(const struct keys *k)
{
	uint64_t now = now_s(), first = 0;

	for (const struct wear *w = k->wear; w; w = w->next) {
		uint64_t ms = wear_exhausted(w, now) ? wear_left(w, now) * 1000ull : 0;

		if (ms > 0 && (first == 0 || ms < first))
			first = ms;
	}
	return first;
}

static void watch(struct keys *k)
{
	uint64_t ms = next_day_ms(k);

	if (ms == 0 || k->tick)
		return;
	if (ms > TICK_MAX_MS)
		ms = TICK_MAX_MS;
	if (loop_after(k->loop, ms, on_tick, k, &k->tick) != ERR_OK)
		log_error("no memory to wait for the end of a day");
}

/* ---- what changes it ------------------------------------------------------------------------ */

static void changed(struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	struct keys_worker *w = keys_worker_find(k, uuid);

	if (w)
		keys_worker_inform(w);
	watch(k);
}

enum err keys_budget_terms(struct keys *k, const uint8_t uuid[UUID_SIZE],
			   const struct freshness *terms)
{
	struct wear *w = wear_get(&k->wear, uuid);

	if (!w)
		return ERR_NO_MEMORY;
	w->terms = *terms;
	changed(k, uuid);
	return ERR_OK;
}

void keys_budget_count(struct keys *k, const uint8_t uuid[UUID_SIZE])
{
	struct wear *w = wear_get(&k->wear, uuid);

	if (!w) {
		log_error("no memory to count a commit");
		return;
	}
	wear_count(w, now_s());
	changed(k, uuid);
}

/* ---- what is said of it --------------------------------------------------------------------- */

void keys_budget_status(const struct keys *k, struct keys_status *out)
{
	uint64_t now = now_s();

	for (const struct wear *w = k->wear; w; w = w->next) {
		out->exhausted += wear_stalls(w, now);
		out->degraded += wear_exhausted(w, now) && w->terms.at_end == BUDGET_DEGRADE &&
				 w->terms.fresh == FRESHNESS_STRICT;
	}
}

enum err keys_wear_request(void *keys, struct msg *m)
{
	struct keys *k = keys;
	const struct leaf *leaf = root_find(k->root, m->body);
	const struct wear *w = wear_find(k->wear, m->body);
	const uint64_t now = now_s();
	struct keys_wear is = {.used = wear_used(w, now),
			       .budget = w ? w->terms.commits_per_day : 0,
			       .left = wear_left(w, now),
			       .fresh = FRESHNESS_STRICT,
			       .stalled = wear_stalls(w, now)};
	size_t len;
	enum err e;

	if (leaf)
		is.fresh = (uint8_t)keys_budget_class(k, leaf);
	e = keys_wear_encode(&is, k->out, MSG_BODY_MAX, &len);
	if (!e)
		keys_to_broker(k, KEYS_WEAR_IS, m->id, len);
	return e;
}
