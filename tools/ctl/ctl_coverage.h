/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_coverage: what of the protection that this project promises holds on
 * this machine now, and for each thing that does not, what that means and
 * what to do. Pure: from the figures to the words of 'vtpmctl status'.
 */
#ifndef TOOLS_CTL_COVERAGE_H
#define TOOLS_CTL_COVERAGE_H

#include "lib/proto_admin.h"

struct ctl_coverage {
	const char *item; /* "measured": stable, for scripts */
	bool covered;
	const char *text;   /* what holds, or what the gap means */
	const char *action; /* what to do; NULL where covered */
};

/* How many things are judged. */
size_t ctl_coverage_count(void);

/*
 * The i-th, in the order in which a person should mend them. False where there
 * is no answer: of a store that was never bound to a TPM, say.
 */
bool ctl_coverage_at(const struct admin_status *s, size_t i, struct ctl_coverage *out);

#endif
