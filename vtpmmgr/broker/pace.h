/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: how fast one uid's requests are taken up, however many connections it
 * makes. So nobody fills the key keeper's queue, or wears out the audit ring that
 * others' records are in, faster than somebody can look.
 */
#ifndef VTPMMGR_PACE_H
#define VTPMMGR_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PACE_INTERVAL_MS 50u  /* one request in so long, in the long run */
#define PACE_BURST       40u  /* so many at once before that */
#define PACE_WAIT_MAX_MS 5000 /* no request waits longer */
#define PACE_UIDS        64   /* remembered; of more, the one that has been quiet longest goes */

/* All zero to begin with. */
struct pace {
	struct {
		uid_t uid;
		uint64_t due; /* when all that was taken up so far would have been, one by one */
		uint32_t refused; /* by pace_try(), since it last took one */
	} uids[PACE_UIDS];
};

/* A request of this uid arrives now (milliseconds): how long it has to wait. */
uint64_t pace_take(struct pace *p, uid_t uid, uint64_t now);

struct pace_limit {
	uint32_t interval_ms; /* one in so long, in the long run */
	uint32_t burst;       /* so many at once before that */
};

/*
 * The same for what can be left out but not wait: whether it is taken now. If it
 * is, *refused is how many before it were not.
 */
bool pace_try(struct pace *p, const struct pace_limit *limit, uid_t uid, uint64_t now,
	      uint32_t *refused);

#endif
