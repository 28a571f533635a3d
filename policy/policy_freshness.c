/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/policy_freshness.h"

#include "lib/field.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define IN_TERMS(member) offsetof(struct freshness, member)

/* The index of a word in a list of two, as the u8 that it stands for. */
static enum err read_word(struct reader *r, const struct jsonvalue *v,
			  const char *(*word)(unsigned value), uint8_t *into)
{
	const char *text;
	enum err e = field_string(r, v, &text);

	if (e)
		return e;
	for (uint8_t value = 0; value < 2; value++) {
		if (strcmp(text, word(value)) == 0) {
			*into = value;
			return ERR_OK;
		}
	}
	return field_fault(r, v, "expected \"%s\" or \"%s\"", word(0), word(1));
}

static enum err read_fresh(struct reader *r, const struct jsonvalue *v, void *into)
{
	return read_word(r, v, freshness_class_name, into);
}

static enum err read_at_end(struct reader *r, const struct jsonvalue *v, void *into)
{
	return read_word(r, v, freshness_end_name, into);
}

static enum err read_commits(struct reader *r, const struct jsonvalue *v, void *into)
{
	uint32_t *commits = into;
	uint64_t number = 0;
	enum err e = field_number(r, v, 1, COMMITS_MAX, &number);

	*commits = (uint32_t)number;
	return e;
}

/* A budget without an end would leave to a default what happens to a guest in the night. */
static enum err check_budget(struct reader *r, const struct jsonvalue *v, const struct freshness *f)
{
	const struct jsonvalue *commits = jsondoc_member(v, "commits_per_day");
	const struct jsonvalue *at_end = jsondoc_member(v, "at_end");

	if (at_end && !commits)
		return field_key_fault(r, at_end,
				       "\"at_end\" is the end of a budget: "
				       "\"commits_per_day\" is missing");
	if (commits && !at_end)
		return field_fault(r, v, "a budget has an end: key \"at_end\" is missing");
	if (at_end && f->fresh == FRESHNESS_SESSION && f->at_end == BUDGET_DEGRADE)
		return field_fault(r, at_end, "class session has nothing to degrade to");
	return ERR_OK;
}

enum err policy_read_freshness(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"class", true, read_fresh, IN_TERMS(fresh)},
	    {"commits_per_day", false, read_commits, IN_TERMS(commits_per_day)},
	    {"at_end", false, read_at_end, IN_TERMS(at_end)},
	};
	struct freshness *out = into;
	struct freshness f = {0}; /* nothing of what is inherited stays */
	enum err e = field_object(r, v, fields, COUNT(fields), &f);

	if (!e)
		e = check_budget(r, v, &f);
	if (!e)
		*out = f;
	return e;
}

static enum err read_named(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"description", false, field_description, 0},
	    {"freshness", true, policy_read_freshness, offsetof(struct named, freshness)},
	};
	const struct stakeholder *s = into;
	struct policy *p = r->policy;
	struct named named = {.stakeholder = (unsigned)(s - p->stakeholders)};
	enum err e;

	if (!field_name_ok(v->key))
		return field_key_fault(r, v,
				       "a vTPM's name is 1 to 63 letters, digits, '.', '_' "
				       "and '-' and begins with a letter or digit");
	if (p->nnamed == MODEL_NAMED)
		return field_key_fault(r, v, "too many named vTPMs: at most %u", MODEL_NAMED);
	memcpy(named.name, v->key, v->key_len + 1);
	e = field_object(r, v, fields, COUNT(fields), &named);
	if (!e)
		p->named[p->nnamed++] = named;
	return e;
}

enum err policy_read_named(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"vTPMs", 0, MODEL_NAMED};

	return field_members(r, v, &bounds, read_named, into);
}
