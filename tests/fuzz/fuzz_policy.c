/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads any bytes as a policy. A refused one says where; of an accepted one
 * every decision about its stakeholders is made, and must be in words.
 */
#include "policy/policy.h"

#include <stdlib.h>

#define ASKED 4 /* stakeholders, so that a run stays short */

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void decide(const struct policy *p, const char *subject, const char *object)
{
	const char *const running[] = {subject ? subject : "none"};
	struct policy_request q = {.subject = subject,
				   .object = object,
				   .quota = QUOTA_MIN,
				   .running = running,
				   .nrunning = 1};
	struct policy_verdict v;

	for (unsigned a = 0; a < ACTION_COUNT; a++) {
		for (unsigned class = 0; class <= VTPM_MANDATORY; class ++) {
			q.action = (enum policy_action)a;
			q.vtpm_class = (enum vtpm_class) class;
			policy_decide(p, &q, &v);
			require(v.rule[0] && v.why[0] && v.allowed == !v.change[0]);
		}
	}
}

static void require_terms(const struct freshness *f)
{
	require(f->fresh <= FRESHNESS_SESSION && f->at_end <= BUDGET_DEGRADE);
	require(f->at_end == BUDGET_STALL ||
		(f->commits_per_day > 0 && f->fresh == FRESHNESS_STRICT));
}

static void ask_terms(const struct policy *p)
{
	struct freshness f, same;
	const char *id, *name;

	for (size_t i = 0; policy_freshness_at(p, i, &f); i++)
		require_terms(&f);
	for (size_t i = 0; (name = policy_named_at(p, i, &id, &f)); i++) {
		require_terms(&f);
		require(policy_freshness(p, id, name, &same) == ERR_OK &&
			freshness_equal(&f, &same));
	}
}

static void ask(const struct policy *p)
{
	const char *role, *subject = "", *object;

	ask_terms(p);
	for (size_t i = 0; subject && i < ASKED; i++) {
		subject = policy_stakeholder_at(p, i, &role);
		decide(p, subject, NULL);
		for (size_t j = 0; j < ASKED; j++) {
			object = policy_stakeholder_at(p, j, &role);
			decide(p, subject, object);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_diag diag;
	struct policy *p;
	enum err e = policy_parse((const char *)data, size, &p, &diag);

	if (e) {
		require(e == ERR_FORMAT && diag.line > 0 && diag.column > 0 && diag.text[0]);
		return 0;
	}
	require(policy_reserved_bytes(p) <= LEAVES_MAX * REGION_SIZE(QUOTA_MAX, SLOTS_SESSION));
	ask(p);
	policy_free(p);
	return 0;
}
