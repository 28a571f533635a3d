/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy_rules: the "rules" and "conflict_sets" of a file. `into` is the
 * struct policy, whose stakeholders and peers have been read.
 */
#ifndef POLICY_POLICY_RULES_H
#define POLICY_POLICY_RULES_H

#include "policy/field.h"

enum err policy_read_rules(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;
enum err policy_read_conflicts(struct reader *r, const struct jsonvalue *v, void *into) MUST_USE;

/* By id: which of several rules a verdict names must not depend on their order in the file. */
void policy_sort_rules(struct policy *p);

#endif
