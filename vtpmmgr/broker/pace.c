/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/pace.h"

#include <stddef.h>

static size_t slot_of(struct pace *p, uid_t uid)
{
	size_t quietest = 0;

	for (size_t i = 0; i < PACE_UIDS; i++) {
		if (p->uids[i].uid == uid && p->uids[i].due != 0)
			return i;
		if (p->uids[i].due < p->uids[quietest].due)
			quietest = i;
	}
	p->uids[quietest].uid = uid;
	p->uids[quietest].due = 0;
	p->uids[quietest].refused = 0;
	return quietest;
}

/* A token bucket, written down as the time at which it would be full again. */
uint64_t pace_take(struct pace *p, uid_t uid, uint64_t now)
{
	const uint64_t burst = (uint64_t)PACE_BURST * PACE_INTERVAL_MS;
	uint64_t *due = &p->uids[slot_of(p, uid)].due;

	if (*due < now)
		*due = now;
	if (*due < now + burst + PACE_WAIT_MAX_MS)
		*due += PACE_INTERVAL_MS;
	return *due > now + burst ? *due - now - burst : 0;
}

bool pace_try(struct pace *p, const struct pace_limit *limit, uid_t uid, uint64_t now,
	      uint32_t *refused)
{
	const uint64_t burst = (uint64_t)limit->burst * limit->interval_ms;
	const size_t i = slot_of(p, uid);
	uint64_t due = p->uids[i].due > now ? p->uids[i].due : now;

	if (due + limit->interval_ms > now + burst) {
		p->uids[i].refused += p->uids[i].refused < UINT32_MAX;
		return false;
	}
	p->uids[i].due = due + limit->interval_ms;
	*refused = p->uids[i].refused;
	p->uids[i].refused = 0;
	return true;
}
