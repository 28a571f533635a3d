/* SPDX-License-Identifier: BSD-3-Clause */
/* decision: what a policy says to a request, before it is put into words. */
#ifndef POLICY_DECISION_H
#define POLICY_DECISION_H

#include "policy/model.h"

/* Denied is the zero value. */
enum cause {
	CAUSE_NO_RULE,     /* default deny */
	CAUSE_NO_SUBJECT,  /* who asks is no stakeholder */
	CAUSE_NO_OBJECT,   /* no such stakeholder, or the action does not apply to it */
	CAUSE_MANDATORY,   /* the rule that no file can lift */
	CAUSE_RULE,        /* a rule denies */
	CAUSE_QUOTA_VTPMS, /* one more vTPM does not fit */
	CAUSE_QUOTA_BYTES, /* so many bytes do not fit */
	CAUSE_CONFLICT,    /* another member of a conflict set is running */
	CAUSE_ALLOWED,
};

struct decision {
	enum cause cause;
	const struct rule *deny;  /* the one that is named, or NULL */
	unsigned ndeny;           /* how many rules deny it */
	const struct rule *allow; /* the one that is named, or NULL */
	const struct conflict_set *set;
	unsigned other; /* CAUSE_CONFLICT: the running stakeholder */
};

struct decision decision_make(const struct policy *p, const struct policy_request *q);

#endif
