/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/policy_rules.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Where a table of fields puts a member. */
#define IN_RULE(member)         offsetof(struct rule, member)
#define IN_CONFLICT_SET(member) offsetof(struct conflict_set, member)

/* "any", "self", "platform", every role and every stakeholder. */
#define SELECTORS_MAX (3 + ROLE_COUNT + POLICY_STAKEHOLDERS)

#define ROLE_PREFIX "role:"

static bool id_taken(const struct policy *p, const char *id)
{
	for (unsigned i = 0; i < p->nrules; i++)
		if (strcmp(p->rules[i].id, id) == 0)
			return true;
	for (unsigned i = 0; i < p->nconflict_sets; i++)
		if (strcmp(p->conflict_sets[i].id, id) == 0)
			return true;
	return false;
}

static bool id_reserved(const char *id)
{
	return strcmp(id, MODEL_ID_DEFAULT) == 0 || strcmp(id, MODEL_ID_MANDATORY) == 0 ||
	       strcmp(id, MODEL_ID_QUOTA) == 0;
}

/* A verdict names a rule or a conflict set by its id alone. */
static enum err read_verdict_id(struct reader *r, const struct jsonvalue *v, void *into)
{
	char id[POLICY_ID_MAX + 1];
	enum err e = field_id(r, v, id);

	if (e)
		return e;
	if (id_reserved(id))
		return field_fault(r, v, "\"%s\" is the id of built-in verdicts", id);
	if (id_taken(r->policy, id))
		return field_fault(r, v, "id \"%s\" is used twice", id);
	memcpy(into, id, sizeof(id));
	return ERR_OK;
}

static enum err read_effect(struct reader *r, const struct jsonvalue *v, void *into)
{
	bool *allow = into;
	const char *text;
	enum err e = field_string(r, v, &text);

	if (e)
		return e;
	*allow = strcmp(text, "allow") == 0;
	if (!*allow && strcmp(text, "deny") != 0)
		return field_fault(r, v, "expected \"allow\" or \"deny\"");
	return ERR_OK;
}

static enum err select_role(struct reader *r, const struct jsonvalue *v, const char *name,
			    uint64_t *selected)
{
	const struct policy *p = r->policy;
	unsigned role = model_role(name);

	if (role == MODEL_NONE)
		return field_fault(r, v, "unknown role \"%s\"", field_show(name).text);
	for (unsigned i = 0; i < p->nstakeholders; i++)
		if (p->stakeholders[i].role == role)
			*selected |= UINT64_C(1) << i;
	return ERR_OK;
}

static enum err select_stakeholders(struct reader *r, const struct jsonvalue *v, const char *name,
				    uint64_t *selected)
{
	unsigned i;

	if (strcmp(name, "any") == 0) {
		*selected = UINT64_MAX;
		return ERR_OK;
	}
	if (strncmp(name, ROLE_PREFIX, strlen(ROLE_PREFIX)) == 0)
		return select_role(r, v, name + strlen(ROLE_PREFIX), selected);
	i = model_stakeholder(r->policy, name);
	if (i == MODEL_NONE)
		return field_fault(r, v, "no stakeholder \"%s\"", field_show(name).text);
	*selected |= UINT64_C(1) << i;
	return ERR_OK;
}

static enum err read_subject(struct reader *r, const struct jsonvalue *v, void *into)
{
	const char *name;
	enum err e = field_string(r, v, &name);

	return e ? e : select_stakeholders(r, v, name, into);
}

static enum err read_subjects(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"subjects", 1, SELECTORS_MAX};

	return field_names(r, v, &bounds, read_subject, into);
}

static enum err read_object(struct reader *r, const struct jsonvalue *v, void *into)
{
	struct rule *rule = into;
	const char *name;
	enum err e = field_string(r, v, &name);

	if (e)
		return e;
	if (strcmp(name, "self") == 0)
		rule->self = true;
	else if (strcmp(name, "platform") == 0)
		rule->platform = true;
	else
		return select_stakeholders(r, v, name, &rule->objects);
	return ERR_OK;
}

static enum err read_objects(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"objects", 1, SELECTORS_MAX};

	return field_names(r, v, &bounds, read_object, into);
}

static enum err read_action(struct reader *r, const struct jsonvalue *v, void *into)
{
	uint32_t *actions = into;
	enum policy_action action;
	const char *name;
	enum err e = field_string(r, v, &name);

	if (e)
		return e;
	if (policy_action_parse(name, &action))
		return field_fault(r, v, "unknown action \"%s\"", field_show(name).text);
	*actions |= UINT32_C(1) << action;
	return ERR_OK;
}

static enum err read_actions(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"actions", 1, ACTION_COUNT};

	return field_names(r, v, &bounds, read_action, into);
}

static enum err read_class(struct reader *r, const struct jsonvalue *v, void *into)
{
	enum vtpm_class *class = into;
	const char *text;
	enum err e = field_string(r, v, &text);

	if (e)
		return e;
	if (strcmp(text, "discretionary") == 0)
		*class = VTPM_DISCRETIONARY;
	else if (strcmp(text, "mandatory") == 0)
		*class = VTPM_MANDATORY;
	else
		return field_fault(r, v, "expected \"mandatory\" or \"discretionary\"");
	return ERR_OK;
}

static enum err read_rule_peer(struct reader *r, const struct jsonvalue *v, void *into)
{
	struct rule *rule = into;
	const char *name;
	enum err e = field_string(r, v, &name);
	unsigned i;

	if (e)
		return e;
	if (strcmp(name, "any") == 0) {
		rule->any_peer = true;
		return ERR_OK;
	}
	i = model_peer(r->policy, name);
	if (i == MODEL_NONE)
		return field_fault(r, v, "no peer \"%s\"", field_show(name).text);
	rule->peers |= UINT32_C(1) << i;
	return ERR_OK;
}

static enum err read_rule_peers(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"peers", 1, MODEL_PEERS + 1};

	return field_names(r, v, &bounds, read_rule_peer, into);
}

/* An action of a rule that has no object it could apply to is a mistake in the file. */
static enum err check_actions(struct reader *r, const struct jsonvalue *v, const struct rule *rule)
{
	unsigned objects =
	    (rule->platform ? ON_PLATFORM : 0) | (rule->self || rule->objects ? ON_VTPM : 0);

	for (const struct jsonvalue *a = jsondoc_member(v, "action")->first; a; a = a->next) {
		enum policy_action action;
		const char *name;
		enum err e = field_string(r, a, &name);

		if (e || policy_action_parse(name, &action))
			return ERR_INTERNAL;
		if (objects && !(model_action_objects(action) & objects))
			return field_fault(
			    r, a, "\"%s\" applies to %s, which no object here is", name,
			    model_action_objects(action) & ON_PLATFORM ? "the platform"
								       : "a stakeholder's vTPMs");
	}
	return ERR_OK;
}

/* Where a vTPM may go, or come from, is never left to a default. */
static enum err check_peers(struct reader *r, const struct jsonvalue *v, struct rule *rule)
{
	const struct jsonvalue *peers = jsondoc_member(v, "peer");

	if (peers && (rule->actions & ~MODEL_MIGRATIONS))
		return field_key_fault(r, peers, "only rules about migration alone have a peer");
	if (!peers && rule->allow && (rule->actions & MODEL_MIGRATIONS))
		return field_fault(r, v, "a rule that allows migration needs a \"peer\"");
	if (!peers)
		rule->any_peer = true;
	return ERR_OK;
}

static enum err read_rule(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"id", true, read_verdict_id, IN_RULE(id)},
	    {"description", false, field_description, 0},
	    {"effect", true, read_effect, IN_RULE(allow)},
	    {"subject", true, read_subjects, IN_RULE(subjects)},
	    {"action", true, read_actions, IN_RULE(actions)},
	    {"object", true, read_objects, 0},
	    {"class", false, read_class, IN_RULE(vtpm_class)},
	    {"peer", false, read_rule_peers, 0},
	};
	struct policy *p = into;
	struct rule rule = {0};
	enum err e = field_object(r, v, fields, COUNT(fields), &rule);

	if (!e)
		e = check_actions(r, v, &rule);
	if (!e)
		e = check_peers(r, v, &rule);
	if (!e)
		p->rules[p->nrules++] = rule;
	return e;
}

enum err policy_read_rules(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"rules", 0, POLICY_RULES};

	return field_items(r, v, &bounds, read_rule, into);
}

static enum err read_member(struct reader *r, const struct jsonvalue *v, void *into)
{
	uint64_t *members = into;
	const char *name;
	enum err e = field_string(r, v, &name);
	unsigned i;

	if (e)
		return e;
	i = model_stakeholder(r->policy, name);
	if (i == MODEL_NONE)
		return field_fault(r, v, "no stakeholder \"%s\"", field_show(name).text);
	*members |= UINT64_C(1) << i;
	return ERR_OK;
}

static enum err read_members(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"members", 2, POLICY_STAKEHOLDERS};

	return field_names(r, v, &bounds, read_member, into);
}

static enum err read_conflict(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field fields[] = {
	    {"id", true, read_verdict_id, IN_CONFLICT_SET(id)},
	    {"description", false, field_description, 0},
	    {"members", true, read_members, IN_CONFLICT_SET(members)},
	};
	struct policy *p = into;
	struct conflict_set set = {0};
	enum err e = field_object(r, v, fields, COUNT(fields), &set);

	if (!e)
		p->conflict_sets[p->nconflict_sets++] = set;
	return e;
}

enum err policy_read_conflicts(struct reader *r, const struct jsonvalue *v, void *into)
{
	static const struct field_bounds bounds = {"conflict sets", 0, MODEL_CONFLICT_SETS};

	return field_items(r, v, &bounds, read_conflict, into);
}

static int by_rule_id(const void *a, const void *b)
{
	return strcmp(((const struct rule *)a)->id, ((const struct rule *)b)->id);
}

static int by_set_id(const void *a, const void *b)
{
	return strcmp(((const struct conflict_set *)a)->id, ((const struct conflict_set *)b)->id);
}

void policy_sort_rules(struct policy *p)
{
	qsort(p->rules, p->nrules, sizeof(p->rules[0]), by_rule_id);
	qsort(p->conflict_sets, p->nconflict_sets, sizeof(p->conflict_sets[0]), by_set_id);
}
