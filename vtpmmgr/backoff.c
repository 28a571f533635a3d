/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/backoff.h"

void backoff_start(struct backoff *b, uint64_t now)
{
	b->started = now;
}

uint64_t backoff_fail(struct backoff *b, uint64_t now)
{
	if (b->delay == 0 || now - b->started >= BACKOFF_HEALTHY)
		b->delay = BACKOFF_FIRST;
	else if (b->delay < BACKOFF_MAX / 2)
		b->delay *= 2;
	else
		b->delay = BACKOFF_MAX;
	return b->delay;
}
