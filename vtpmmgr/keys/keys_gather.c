/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_gather.h"

#define SHARE 8 /* of the last commit's time */

void gather_began(struct gather *g, uint64_t now)
{
	g->began = now;
	g->since = 0;
}

void gather_ended(struct gather *g, uint64_t now)
{
	g->took = now - g->began;
}

uint64_t gather_wait(struct gather *g, unsigned expected, uint64_t now)
{
	uint64_t most = g->took / SHARE;

	if (g->since == 0)
		g->since = now;
	return expected > 0 && now - g->since < most ? most - (now - g->since) : 0;
}
