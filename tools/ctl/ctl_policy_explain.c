/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_policy_explain: a question to the policy, asked without doing anything. */
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_output.h"
#include "tools/ctl/ctl_policy_file.h"

#include <stdlib.h>
#include <string.h>

enum { FROM_FILE, AS_WHO, OF_CLASS, OF_QUOTA, WITH_RUNNING, WITH_PEER };

/* A request, and the memory that its words lie in. */
struct question {
	struct ctl_policy_file policy;
	struct policy_request request;
	char object[NAME_MAX_LEN + 1];
	const char *vtpm; /* the name in stakeholder/name, or NULL */
	struct admin_vtpm *vtpms;
	size_t nvtpms;
	char *running_words; /* that --running's names are cut from */
	const char *running[POLICY_STAKEHOLDERS];
};

static void question_free(struct question *q)
{
	ctl_policy_file_free(&q->policy);
	free(q->vtpms);
	free(q->running_words);
}

/* The policy's own spelling of a stakeholder id. */
static enum err find_stakeholder(struct ctl *c, const struct policy *p, const char *id,
				 const char **out)
{
	char known[512] = "";
	const char *role;
	const char *s;

	for (size_t i = 0; (s = policy_stakeholder_at(p, i, &role)); i++) {
		size_t n = strlen(known);

		if (strcmp(s, id) == 0) {
			*out = s;
			return ERR_OK;
		}
		snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", s);
	}
	return ctl_fail(c, ERR_NOT_FOUND, "policy \"%s\" has no stakeholder '%s'; it has: %s",
			policy_name(p), id, known);
}

/* "uid:N", "gid:N" or "uid:N,gid:M"; what is not named is nobody's. */
static enum err parse_principal(struct ctl *c, const char *who, struct policy_principal *out)
{
	struct policy_principal p = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	unsigned uid, gid;
	int end = 0;

	if (sscanf(who, "uid:%9u%n", &uid, &end) == 1 && who[end] == '\0') {
		p.uid = uid;
	} else if (sscanf(who, "gid:%9u%n", &gid, &end) == 1 && who[end] == '\0') {
		p.gid = gid;
	} else if (sscanf(who, "uid:%9u,gid:%9u%n", &uid, &gid, &end) == 2 && who[end] == '\0') {
		p.uid = uid;
		p.gid = gid;
	} else {
		return ctl_fail(c, ERR_ARG,
				"--as must be a stakeholder, uid:N, gid:N or uid:N,gid:M, not '%s'",
				who);
	}
	*out = p;
	return ERR_OK;
}

static enum err ask_subject(struct ctl *c, const char *who, struct question *q)
{
	struct policy_principal principal;
	enum err e;

	if (!strchr(who, ':'))
		return find_stakeholder(c, q->policy.policy, who, &q->request.subject);
	e = parse_principal(c, who, &principal);
	if (!e)
		q->request.subject = policy_stakeholder_of(q->policy.policy, &principal);
	return e;
}

static enum err ask_action(struct ctl *c, const char *name, struct question *q)
{
	char known[512] = "";

	if (!policy_action_parse(name, &q->request.action))
		return ERR_OK;
	for (enum policy_action a = 0; a < ACTION_COUNT; a++) {
		size_t n = strlen(known);

		snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "",
			 policy_action_name(a));
	}
	return ctl_fail(c, ERR_ARG, "there is no action '%s'; there are: %s", name, known);
}

static enum err ask_object(struct ctl *c, const char *object, struct question *q)
{
	const char *slash = strchr(object, '/');
	size_t n = slash ? (size_t)(slash - object) : strlen(object);

	if (strcmp(object, "platform") == 0)
		return ERR_OK;
	if (n == 0 || n > NAME_MAX_LEN || (slash && !slash[1]))
		return ctl_fail(c, ERR_ARG,
				"OBJECT must be a stakeholder, stakeholder/name or platform, not "
				"'%s'",
				object);
	memcpy(q->object, object, n);
	q->vtpm = slash ? slash + 1 : NULL;
	return find_stakeholder(c, q->policy.policy, q->object, &q->request.object);
}

static enum err ask_class(struct ctl *c, const char *word, struct question *q)
{
	static const enum vtpm_class all[] = {VTPM_DISCRETIONARY, VTPM_MANDATORY};

	if (!q->request.object)
		return word ? ctl_fail(c, ERR_ARG, "--class is of a vTPM; the platform has none")
			    : ERR_OK;
	if (!word && !q->request.vtpm_class)
		q->request.vtpm_class = VTPM_DISCRETIONARY;
	for (size_t i = 0; word && i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(word, ctl_output_class(all[i])) == 0) {
			q->request.vtpm_class = all[i];
			return ERR_OK;
		}
	}
	return word ? ctl_fail(c, ERR_ARG, "--class must be mandatory or discretionary, not '%s'",
			       word)
		    : ERR_OK;
}

static bool is_listed(const struct question *q, const char *id)
{
	for (size_t i = 0; i < q->request.nrunning; i++)
		if (strcmp(q->running[i], id) == 0)
			return true;
	return false;
}

/* id is one of the policy's own strings. */
static void add_running(struct question *q, const char *id)
{
	bool own = q->request.object && strcmp(id, q->request.object) == 0;

	if (!own && !is_listed(q, id) && q->request.nrunning < POLICY_STAKEHOLDERS)
		q->running[q->request.nrunning++] = id;
}

static enum err ask_running(struct ctl *c, const char *list, struct question *q)
{
	char *at = NULL;
	const char *id;
	enum err e;

	if (!list)
		return ERR_OK;
	q->running_words = strdup(list);
	if (!q->running_words)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	for (char *word = strtok_r(q->running_words, ",", &at); word;
	     word = strtok_r(NULL, ",", &at)) {
		e = find_stakeholder(c, q->policy.policy, word, &id);
		if (e)
			return e;
		add_running(q, id);
	}
	return ERR_OK;
}

/* What the manager knows of one vTPM goes into the question. */
static void add_fact(struct question *q, const struct admin_vtpm *v)
{
	bool own = q->request.object && strcmp(v->stakeholder, q->request.object) == 0;

	if (v->state != VTPM_STOPPED)
		add_running(q, v->stakeholder);
	if (!own)
		return;
	q->request.owned_vtpms++;
	q->request.owned_bytes += v->quota;
	if (q->vtpm && strcmp(v->name, q->vtpm) == 0)
		q->request.vtpm_class = v->vtpm_class;
}

/* Facts of the running manager; of a file alone there are none. */
static enum err ask_manager(struct ctl *c, struct question *q)
{
	enum err e = ctl_client_list(c, &q->vtpms, &q->nvtpms);

	for (size_t i = 0; !e && i < q->nvtpms; i++)
		add_fact(q, &q->vtpms[i]);
	if (!e && q->vtpm && !q->request.vtpm_class && q->request.action != ACTION_CREATE)
		return ctl_fail(c, ERR_NOT_FOUND, "there is no vTPM '%s/%s' that you may see",
				q->object, q->vtpm);
	return e;
}

static enum err ask(struct ctl *c, const struct ctl_args *a, struct question *q)
{
	enum err e = ask_subject(c, a->opt[AS_WHO], q);

	q->request.running = q->running;
	q->request.peer = a->opt[WITH_PEER];
	if (!e)
		e = ask_action(c, a->pos[0], q);
	if (!e)
		e = ask_object(c, a->pos[1], q);
	if (!e && !a->opt[FROM_FILE])
		e = ask_manager(c, q);
	if (!e)
		e = ask_class(c, a->opt[OF_CLASS], q);
	if (!e && a->opt[OF_QUOTA])
		e = ctl_args_quota(c, a->opt[OF_QUOTA], &q->request.quota);
	else if (!e && q->request.object && q->request.action == ACTION_CREATE)
		e = policy_default_quota(q->policy.policy, q->request.object, &q->request.quota);
	return e ? e : ask_running(c, a->opt[WITH_RUNNING], q);
}

/* With which terms the vTPM would be created; false: none would. */
static bool terms_of(const struct question *q, const struct policy_verdict *v,
		     struct freshness *out)
{
	return v->allowed && q->request.action == ACTION_CREATE &&
	       policy_freshness(q->policy.policy, q->request.object, q->vtpm ? q->vtpm : "", out) ==
		   ERR_OK;
}

static void print(const struct question *q, const struct policy_verdict *v)
{
	struct freshness terms;

	printf("%s: %s\n", v->allowed ? "allowed" : "denied", v->why);
	printf("rule: %s\n", v->rule);
	if (v->change[0])
		printf("what would change it: %s\n", v->change);
	if (terms_of(q, v, &terms))
		printf("freshness: %s\n", freshness_words(&terms).s);
}

static enum err output(struct ctl *c, const struct question *q, const struct policy_verdict *v)
{
	const struct policy_request *r = &q->request;
	struct freshness terms;
	struct json_object *o;

	if (!c->json) {
		print(q, v);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "allowed", json_object_new_boolean(v->allowed));
	json_object_object_add(o, "subject",
			       r->subject ? json_object_new_string(r->subject) : NULL);
	json_object_object_add(o, "action", json_object_new_string(policy_action_name(r->action)));
	json_object_object_add(o, "object", r->object ? json_object_new_string(r->object) : NULL);
	json_object_object_add(o, "rule", json_object_new_string(v->rule));
	json_object_object_add(o, "why", json_object_new_string(v->why));
	json_object_object_add(o, "change", json_object_new_string(v->change));
	if (terms_of(q, v, &terms))
		json_object_object_add(o, "freshness", ctl_output_freshness_json(&terms));
	return ctl_output_json(c, o);
}

static enum err explain(struct ctl *c, const struct ctl_args *a)
{
	struct policy_verdict verdict = {0};
	struct question q = {0};
	enum err e = a->opt[FROM_FILE] ? ctl_policy_file_read(c, a->opt[FROM_FILE], &q.policy)
				       : ctl_policy_file_fetch(c, &q.policy);

	if (e)
		return e;
	e = ask(c, a, &q);
	if (!e) {
		policy_decide(q.policy.policy, &q.request, &verdict);
		e = output(c, &q, &verdict);
	}
	question_free(&q);
	return e;
}

const struct ctl_command ctl_policy_explain_commands[] = {
    {.name = "policy explain",
     .args = "[--file FILE] --as WHO ACTION OBJECT [--class CLASS] [--quota SIZE] "
	     "[--running ID,...] [--peer CLASS]",
     .brief = "tell what the policy decides, why, and what would change it",
     .help = "Asks the policy without doing anything. The answer is the decision, the rule that "
	     "made it, for a denial what would change it, and for a vTPM that may be created the "
	     "freshness terms that it would have. The exit code is 0 for both "
	     "decisions; scripts read \"allowed\" of --json.\n"
	     "WHO is a stakeholder of the policy, or a local process: uid:N, gid:N, or "
	     "uid:N,gid:M. OBJECT is a stakeholder (any vTPM of it), stakeholder/name (that "
	     "vTPM), or platform.\n"
	     "Without --file the manager's loaded policy is asked, together with what it knows "
	     "now: the class of the vTPM, how much of the quota is used, who is running. With "
	     "--file no manager is needed, and nobody has or runs a vTPM but those you name.",
     .min_pos = 2,
     .max_pos = 2,
     .opts = {[FROM_FILE] = {"file", 0, "FILE", "ask this policy file", false},
	      [AS_WHO] = {"as", 0, "WHO", "who asks", true},
	      [OF_CLASS] = {"class", 0, "CLASS",
			    "mandatory or discretionary; default: the vTPM's own, else "
			    "discretionary",
			    false},
	      [OF_QUOTA] = {"quota", 0, "SIZE", "of the vTPM to create; default: the policy's",
			    false},
	      [WITH_RUNNING] = {"running", 0, "ID,...",
				"stakeholders with a running vTPM, for conflict sets", false},
	      [WITH_PEER] = {"peer", 0, "CLASS", "class of the other platform, for migration",
			     false}},
     .fn = explain},
    {0},
};
