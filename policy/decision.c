/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/decision.h"

/* A request with its names looked up. */
struct query {
	const struct policy_request *q;
	unsigned subject;
	unsigned object; /* MODEL_NONE: the platform */
	unsigned peer;   /* MODEL_NONE: unknown */
};

static bool has(uint64_t set, unsigned i)
{
	return set >> i & 1;
}

static bool object_matches(const struct rule *r, const struct query *q)
{
	if (q->object == MODEL_NONE)
		return r->platform;
	return has(r->objects, q->object) || (r->self && q->object == q->subject);
}

/* What is not known cannot fulfil the condition of an allow, nor escape that of a deny. */
static bool class_matches(const struct rule *r, enum vtpm_class class)
{
	if (r->vtpm_class == 0)
		return true;
	return class == 0 ? !r->allow : r->vtpm_class == class;
}

static bool peer_matches(const struct rule *r, unsigned peer)
{
	if (r->any_peer)
		return true;
	return peer == MODEL_NONE ? !r->allow : has(r->peers, peer);
}

static bool rule_matches(const struct rule *r, const struct query *q)
{
	return has(r->actions, q->q->action) && has(r->subjects, q->subject) &&
	       object_matches(r, q) && class_matches(r, q->q->vtpm_class) &&
	       peer_matches(r, q->peer);
}

/* Rules are sorted by id: the first match is the one to name. */
static void match_rules(const struct policy *p, const struct query *q, struct decision *d)
{
	for (unsigned i = 0; i < p->nrules; i++) {
		const struct rule *r = &p->rules[i];

		if (!rule_matches(r, q))
			continue;
		if (r->allow) {
			d->allow = d->allow ? d->allow : r;
			continue;
		}
		d->deny = d->deny ? d->deny : r;
		d->ndeny++;
	}
}

static enum cause judge_rules(const struct policy *p, const struct query *q, struct decision *d)
{
	match_rules(p, q, d);
	if (d->deny)
		return CAUSE_RULE;
	return d->allow ? CAUSE_ALLOWED : CAUSE_NO_RULE;
}

static enum cause judge_quota(const struct policy *p, const struct query *q)
{
	const struct quota *quota = &p->stakeholders[q->object].quota;

	if (q->q->owned_vtpms >= quota->vtpms)
		return CAUSE_QUOTA_VTPMS;
	if (q->q->owned_bytes > quota->nv_bytes ||
	    q->q->quota > quota->nv_bytes - q->q->owned_bytes)
		return CAUSE_QUOTA_BYTES;
	return CAUSE_ALLOWED;
}

static uint64_t running_others(const struct policy *p, const struct query *q)
{
	uint64_t set = 0;

	for (size_t i = 0; i < q->q->nrunning; i++) {
		unsigned s = model_stakeholder(p, q->q->running[i]);

		if (s != MODEL_NONE && s != q->object)
			set |= UINT64_C(1) << s;
	}
	return set;
}

static enum cause judge_conflicts(const struct policy *p, const struct query *q, struct decision *d)
{
	uint64_t running = running_others(p, q);

	for (unsigned i = 0; i < p->nconflict_sets; i++) {
		const struct conflict_set *set = &p->conflict_sets[i];

		if (!has(set->members, q->object) || !(set->members & running))
			continue;
		d->set = set;
		d->other = (unsigned)__builtin_ctzll(set->members & running);
		return CAUSE_CONFLICT;
	}
	return CAUSE_ALLOWED;
}

/* What else must hold of an action that the rules allow. */
static enum cause judge_limits(const struct policy *p, const struct query *q, struct decision *d)
{
	switch (q->q->action) {
	case ACTION_CREATE:
	case ACTION_MIGRATE_IN:
		return judge_quota(p, q);
	case ACTION_START:
		return judge_conflicts(p, q, d);
	default:
		return CAUSE_ALLOWED;
	}
}

static bool is_mandatory(const struct policy_request *q)
{
	return q->vtpm_class != VTPM_DISCRETIONARY && has(MODEL_MANDATORY_DENIED, q->action);
}

static bool object_exists(const struct query *q)
{
	unsigned objects = model_action_objects(q->q->action);

	if (!q->q->object)
		return objects & ON_PLATFORM;
	return (objects & ON_VTPM) && q->object != MODEL_NONE;
}

struct decision decision_make(const struct policy *p, const struct policy_request *request)
{
	struct decision d = {.cause = CAUSE_NO_RULE};
	struct query q = {
	    .q = request,
	    .subject = model_stakeholder(p, request->subject),
	    .object = model_stakeholder(p, request->object),
	    .peer = model_peer(p, request->peer),
	};

	if (q.subject == MODEL_NONE)
		d.cause = CAUSE_NO_SUBJECT;
	else if (!object_exists(&q))
		d.cause = CAUSE_NO_OBJECT;
	else if (is_mandatory(request))
		d.cause = CAUSE_MANDATORY;
	else
		d.cause = judge_rules(p, &q, &d);
	if (d.cause == CAUSE_ALLOWED)
		d.cause = judge_limits(p, &q, &d);
	return d;
}
