/* SPDX-License-Identifier: BSD-3-Clause */
/* backoff: how long to wait before something that failed is tried again. */
#ifndef VTPMMGR_BACKOFF_H
#define VTPMMGR_BACKOFF_H

#include <stdint.h>

/* Milliseconds. */
#define BACKOFF_FIRST   100u
#define BACKOFF_MAX     10000u
#define BACKOFF_HEALTHY 30000u

/* All zero to begin with. */
struct backoff {
	uint64_t started; /* when it was last tried */
	uint64_t delay;   /* of the last wait; 0: none yet */
};

/* It is tried now (loop_now()). */
void backoff_start(struct backoff *b, uint64_t now);

/* It failed now: how long to wait, doubling, from the beginning again after BACKOFF_HEALTHY. */
uint64_t backoff_fail(struct backoff *b, uint64_t now);

#endif
