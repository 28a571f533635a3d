/* SPDX-License-Identifier: BSD-3-Clause */
/* keys_finding: which finding a failure of recovery is. Pure. */
#ifndef VTPMMGR_KEYS_FINDING_H
#define VTPMMGR_KEYS_FINDING_H

#include "lib/err.h"
#include "lib/finding.h"
#include "lib/proto_keys.h"

/* The steps from a store to its current root, in their order. */
enum keys_step {
	STEP_HEADER,
	STEP_PARENT,
	STEP_VERSION,
	STEP_ROOT_KEY,
	STEP_ANCHOR,
	STEP_ROOT,
	STEP_FACTS,
	STEPS
};

struct keys_found {
	enum finding finding;
	enum err err; /* as everybody else is told */
	char detail[DETAIL_MAX + 1];
};

/* What it means that this step has failed so. */
void keys_find(enum keys_step step, enum err e, struct keys_found *out);

/* One that was made elsewhere. */
void keys_found_set(struct keys_found *out, enum finding f, enum err e);

#endif
