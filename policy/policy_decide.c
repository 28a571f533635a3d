/* SPDX-License-Identifier: BSD-3-Clause */
/* policy_decide: a decision in words: which rule made it, and what would change it. */
#include "policy/policy.h"

#include "policy/decision.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *out; /* POLICY_VERDICT_MAX bytes, zero-filled */
	size_t len;
};

/* A request, its decision, and where the words about it go. */
struct wording {
	const struct policy *p;
	const struct policy_request *q;
	const struct decision *d;
	struct text why;
	struct text change;
};

static void say(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->out + t->len, POLICY_VERDICT_MAX - t->len, format, args);
	va_end(args);
	t->len = strlen(t->out);
}

static const char *class_prefix(enum vtpm_class class)
{
	if (class == VTPM_MANDATORY)
		return "mandatory ";
	return class == VTPM_DISCRETIONARY ? "discretionary " : "";
}

/* "operator" the action "stop" on mandatory vTPMs of "maker" */
static void say_request(struct text *t, const struct policy_request *q)
{
	say(t, "\"%.63s\" the action \"%s\" on ", q->subject, policy_action_name(q->action));
	if (q->object)
		say(t, "%svTPMs of \"%.63s\"", class_prefix(q->vtpm_class), q->object);
	else
		say(t, "the platform");
	if (q->peer)
		say(t, " with peer \"%.63s\"", q->peer);
}

/* The first stakeholder, in file order, to whom the same request is allowed; else NULL. */
static const struct stakeholder *who_may(const struct wording *w, struct decision *theirs)
{
	struct policy_request q = *w->q;

	for (unsigned i = 0; i < w->p->nstakeholders; i++) {
		q.subject = w->p->stakeholders[i].id;
		*theirs = decision_make(w->p, &q);
		if (theirs->cause == CAUSE_ALLOWED)
			return &w->p->stakeholders[i];
	}
	return NULL;
}

static void no_rule(struct wording *w)
{
	struct decision theirs;
	const struct stakeholder *s = who_may(w, &theirs);

	say(&w->why, "no rule allows ");
	say_request(&w->why, w->q);
	say(&w->change, "a rule that allows it");
	if (s)
		say(&w->change, "; \"%s\" may do it now, by rule \"%s\"", s->id, theirs.allow->id);
}

static void no_subject(struct wording *w)
{
	if (w->q->subject)
		say(&w->why, "\"%.63s\" is no stakeholder of policy \"%s\"", w->q->subject,
		    w->p->name);
	else
		say(&w->why, "the caller is no stakeholder of policy \"%s\"", w->p->name);
	say(&w->change, "a stakeholder with the caller's uid or gid among its principals");
}

static void no_object(struct wording *w)
{
	const char *action = policy_action_name(w->q->action);

	if (!w->q->object) {
		say(&w->why, "the action \"%s\" is not about the platform", action);
		say(&w->change, "naming the stakeholder whose vTPM it is about");
	} else if (model_stakeholder(w->p, w->q->object) == MODEL_NONE) {
		say(&w->why, "\"%.63s\" is no stakeholder of policy \"%s\"", w->q->object,
		    w->p->name);
		say(&w->change, "a policy with such a stakeholder");
	} else {
		say(&w->why, "the action \"%s\" is about the platform alone", action);
		say(&w->change, "asking for it on the platform");
	}
}

static void mandatory(struct wording *w)
{
	say(&w->why, "every policy denies ");
	say_request(&w->why, w->q);
	say(&w->change, "nothing on this device: mandatory vTPMs are not for local stakeholders to "
			"take away");
}

static void denied(struct wording *w)
{
	const struct decision *d = w->d;

	say(&w->why, "rule \"%s\" denies ", d->deny->id);
	say_request(&w->why, w->q);
	say(&w->change, "removing or narrowing rule \"%s\"", d->deny->id);
	if (d->ndeny > 1)
		say(&w->change, " and %u more that deny it", d->ndeny - 1);
	if (!d->allow)
		say(&w->change, ", and adding one that allows it");
}

static const struct quota *quota_of_object(const struct wording *w)
{
	return &w->p->stakeholders[model_stakeholder(w->p, w->q->object)].quota;
}

static void quota_vtpms(struct wording *w)
{
	say(&w->why, "\"%s\" has %u of the %u vTPMs of its quota", w->q->object, w->q->owned_vtpms,
	    quota_of_object(w)->vtpms);
	say(&w->change, "%sa higher \"vtpms\" in its quota",
	    w->q->owned_vtpms > 0 ? "destroying one of them, or " : "");
}

static void quota_bytes(struct wording *w)
{
	uint64_t limit = quota_of_object(w)->nv_bytes;
	uint64_t left = w->q->owned_bytes < limit ? limit - w->q->owned_bytes : 0;

	say(&w->why, "\"%s\" has %llu of the %llu bytes of its quota left, and %u are asked for",
	    w->q->object, (unsigned long long)left, (unsigned long long)limit, w->q->quota);
	say(&w->change, "asking for less, or a higher \"nv_bytes\" in its quota");
}

static void conflict(struct wording *w)
{
	const char *other = w->p->stakeholders[w->d->other].id;

	say(&w->why, "conflict set \"%s\": a vTPM of \"%s\" runs, and never does \"%s\" beside it",
	    w->d->set->id, other, w->q->object);
	say(&w->change, "stopping the vTPMs of \"%s\" first", other);
}

static void allowed(struct wording *w)
{
	say(&w->why, "rule \"%s\" allows ", w->d->allow->id);
	say_request(&w->why, w->q);
}

static const char *verdict_rule(const struct decision *d)
{
	switch (d->cause) {
	case CAUSE_ALLOWED:
		return d->allow->id;
	case CAUSE_RULE:
		return d->deny->id;
	case CAUSE_CONFLICT:
		return d->set->id;
	case CAUSE_MANDATORY:
		return MODEL_ID_MANDATORY;
	case CAUSE_QUOTA_VTPMS:
	case CAUSE_QUOTA_BYTES:
		return MODEL_ID_QUOTA;
	default:
		return MODEL_ID_DEFAULT;
	}
}

static void (*const words[])(struct wording *w) = {
    [CAUSE_NO_RULE] = no_rule,
    [CAUSE_NO_SUBJECT] = no_subject,
    [CAUSE_NO_OBJECT] = no_object,
    [CAUSE_MANDATORY] = mandatory,
    [CAUSE_RULE] = denied,
    [CAUSE_QUOTA_VTPMS] = quota_vtpms,
    [CAUSE_QUOTA_BYTES] = quota_bytes,
    [CAUSE_CONFLICT] = conflict,
    [CAUSE_ALLOWED] = allowed,
};

void policy_decide(const struct policy *p, const struct policy_request *q,
		   struct policy_verdict *out)
{
	struct decision d = decision_make(p, q);
	struct wording w = {
	    .p = p, .q = q, .d = &d, .why = {out->why, 0}, .change = {out->change, 0}};

	*out = (struct policy_verdict){.allowed = d.cause == CAUSE_ALLOWED};
	snprintf(out->rule, sizeof(out->rule), "%s", verdict_rule(&d));
	words[d.cause](&w);
}
