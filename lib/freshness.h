/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * freshness: how far a vTPM's state can be turned back by who owns the disk, and
 * what that costs the pTPM. The terms are the policy's when the vTPM is created
 * and stand in its record; a later policy may strengthen them, never weaken
 * them, so that a broker that was taken over cannot either.
 *
 *  strict   every changed state is anchored before the guest is answered
 *  session  anchored at start and stop, and whenever an authorisation failed;
 *           between these a state is durable, and no older than its session
 */
#ifndef LIB_FRESHNESS_H
#define LIB_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

struct rbuf;
struct wbuf;

enum freshness_class { FRESHNESS_STRICT = 0, FRESHNESS_SESSION = 1 };

/* What happens when the wear budget is used up. */
enum budget_end {
	BUDGET_STALL = 0,  /* the guest is told TPM_RC_RETRY until the day is over */
	BUDGET_DEGRADE = 1 /* as of class session until then */
};

#define BUDGET_WINDOW_S (24u * 60 * 60)

/* All zero, the default: strict, without a budget. */
struct freshness {
	uint8_t fresh;            /* enum freshness_class */
	uint8_t at_end;           /* enum budget_end */
	uint32_t commits_per_day; /* states anchored in BUDGET_WINDOW_S; 0: no budget */
};

/* Whether such a vTPM ever has states that are not anchored, and so needs a third slot. */
bool freshness_has_sessions(const struct freshness *f);

/* What holds for a vTPM that was promised one thing and of which another is asked now. */
struct freshness freshness_effective(const struct freshness *promised,
				     const struct freshness *asked);

/* Whether some of what is asked is not granted: it is weaker than the promise. */
bool freshness_weaker(const struct freshness *promised, const struct freshness *asked);

bool freshness_equal(const struct freshness *a, const struct freshness *b);

/* "strict", "session", "strict, 200 commits a day, then degrade". */
struct freshness_words {
	char s[64];
};
struct freshness_words freshness_words(const struct freshness *f);
const char *freshness_class_name(unsigned fresh); /* "unknown" for a value that is none */
const char *freshness_end_name(unsigned at_end);

void freshness_put(struct wbuf *w, const struct freshness *f);
void freshness_get(struct rbuf *r, struct freshness *out);

#endif
