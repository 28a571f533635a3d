/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_gather: how long a group commit waits for more states. Who had one in
 * the last two commits is likely to have another soon, for his guest has just
 * been answered: for him a commit waits, until nobody new has come for 2 ms, and
 * a quarter of what the last one took at most. So a lone writer never waits, and
 * with a slow pTPM writers that have fallen out of step find together again.
 */
#ifndef KEYS_GATHER_H
#define KEYS_GATHER_H

#include <stdint.h>

/* Times are milliseconds of CLOCK_MONOTONIC. All zero to begin with. */
struct gather {
	uint64_t began; /* the commit under way, or the last one */
	uint64_t took;  /* the last one that was anchored */
	uint64_t since; /* when the first state of the next one was seen; 0: none was */
	uint64_t last;  /* when the newest was */
	unsigned expected;
};

void gather_began(struct gather *g, uint64_t now);
void gather_ended(struct gather *g, uint64_t now);

/* For how long to go on waiting, with some states at hand and so many expected; 0: not at all. */
uint64_t gather_wait(struct gather *g, unsigned expected, uint64_t now);

#endif
