/* SPDX-License-Identifier: BSD-3-Clause */
/* policy_freshness: reads freshness terms, and the vTPMs that have their own. */
#ifndef POLICY_POLICY_FRESHNESS_H
#define POLICY_POLICY_FRESHNESS_H

#include "policy/field.h"

/* More than eleven a second all day: no budget at all. */
#define COMMITS_MAX 1000000

/* { "class": ..., "commits_per_day": ..., "at_end": ... }. `into` is struct freshness. */
enum err policy_read_freshness(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;

/* A stakeholder's "vtpms", into the policy's list. `into` is that struct stakeholder. */
enum err policy_read_named(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;

#endif
