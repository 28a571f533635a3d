/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_wear: how many states of each vTPM were anchored in its day, and what its
 * terms make of that. A day is BUDGET_WINDOW_S seconds from the first state in it;
 * the next begins with the first state after it. One account a vTPM, which
 * outlives its workers, and which no other vTPM's use touches.
 *
 * now: seconds of a clock that goes on while the machine sleeps.
 */
#ifndef VTPMMGR_KEYS_WEAR_H
#define VTPMMGR_KEYS_WEAR_H

#include "lib/err.h"
#include "lib/freshness.h"
#include "lib/proto_root.h"

struct wear {
	struct wear *next;
	uint8_t uuid[UUID_SIZE];
	struct freshness terms; /* in force; all zero, which is strict, until they are known */
	uint64_t began;
	uint32_t used; /* since then; 0: no day has begun */
};

struct wear *wear_find(struct wear *list, const uint8_t uuid[UUID_SIZE]);
/* Finds or adds. NULL: no memory. */
struct wear *wear_get(struct wear **list, const uint8_t uuid[UUID_SIZE]);
/* Of a vTPM that is no more. */
void wear_forget(struct wear **list, const uint8_t uuid[UUID_SIZE]);

/* One state has been anchored. */
void wear_count(struct wear *w, uint64_t now);

/* Of the day at `now`; w may be NULL: nothing is known of that vTPM. */
uint32_t wear_used(const struct wear *w, uint64_t now);
uint32_t wear_left(const struct wear *w, uint64_t now);
bool wear_exhausted(const struct wear *w, uint64_t now);
enum freshness_class wear_class(const struct wear *w, uint64_t now);
bool wear_stalls(const struct wear *w, uint64_t now);

#endif
