/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_gather: how long a group commit waits for more states. Where the last one
 * had several, more are likely on their way: as long as a turn of the loop brings
 * any, there is another turn. And who had one in the last two commits is likely to have another
 * soon, for his guest has just been answered: for him a commit waits, until nobody new has come for
 * 2 ms, and a quarter of what the last one took at most. So a lone writer never waits, and with a
 * slow pTPM writers that have fallen out of step find together again.
 */
#ifndef KEYS_GATHER_H
#define KEYS_GATHER_H

#include <stdbool.h>
#include <stdint.h>

/* Times are milliseconds of CLOCK_MONOTONIC. All zero to begin with. */
struct gather {
	uint64_t began; /* the commit under way, or the last one */
	uint64_t took;  /* the last one that was anchored */
	uint64_t since; /* when the first state of the next one was seen; 0: none was */
	uint64_t last;  /* when the newest was */
	unsigned expected;
	unsigned states; /* of the last commit, anchored or not */
	unsigned seen;   /* states at hand when another turn was last taken; 0: none was */
};

/* One of so many states. */
void gather_began(struct gather *g, unsigned states, uint64_t now);
void gather_ended(struct gather *g, uint64_t now);

/* For how long to go on waiting, with some states at hand and so many expected; 0: not at all. */
uint64_t gather_wait(struct gather *g, unsigned expected, uint64_t now);

/* Whether to take another turn of the loop, with so many states at hand and room for so many. */
bool gather_turn(struct gather *g, unsigned states, unsigned room);

#endif
