/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_gather.h"

#define SHARE  4 /* of the last commit's time */
#define GAP_MS 2

static uint64_t left(uint64_t since, uint64_t most, uint64_t now)
{
	return now - since < most ? most - (now - since) : 0;
}

void gather_began(struct gather *g, unsigned states, uint64_t now)
{
	g->states = states;
	g->began = now;
	g->since = 0;
}

void gather_ended(struct gather *g, uint64_t now)
{
	g->took = now - g->began;
}

uint64_t gather_wait(struct gather *g, unsigned expected, uint64_t now)
{
	uint64_t window, gap;

	if (g->since == 0)
		g->since = now;
	if (g->since == now || expected != g->expected)
		g->last = now;
	g->expected = expected;
	if (expected == 0)
		return 0;
	window = left(g->since, g->took / SHARE, now);
	gap = left(g->last, GAP_MS, now);
	return window < gap ? window : gap;
}

bool gather_turn(struct gather *g, unsigned states, unsigned room)
{
	bool more = g->states > 1 && states > g->seen && states < room;

	g->seen = more ? states : 0;
	return more;
}
