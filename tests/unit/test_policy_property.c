/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Properties of decisions over random policies: they agree with a plain
 * reading of the rules; the order of the file does not matter, down to the
 * words; any deny wins; no allow takes anything away.
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POLICIES     400
#define STAKEHOLDERS 5
#define RULES_MAX    10
#define SETS_MAX     3
#define NAMES_MAX    3
#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))

static const char *const ids[STAKEHOLDERS] = {"ann", "bob", "cat", "dan", "eve"};
static const char *const roles[] = {"operator", "enterprise", "user"};
static const char *const selectors[] = {"any",       "ann", "bob",           "cat",
					"dan",       "eve", "role:operator", "role:enterprise",
					"role:user", "self"};
#define SUBJECT_SELECTORS (COUNT(selectors) - 1) /* all but "self" */

static const enum policy_action acts[] = {ACTION_CREATE, ACTION_START,  ACTION_STOP, ACTION_DESTROY,
					  ACTION_OWN,    ACTION_ATTEST, ACTION_SEE,  ACTION_AUDIT};

struct names {
	unsigned n;
	const char *name[NAMES_MAX];
};

struct sample_rule {
	unsigned id;
	bool allow;
	struct names subject;
	struct names action;
	struct names object;
	enum vtpm_class vtpm_class; /* 0: both */
};

struct sample_set {
	unsigned id;
	struct names members;
};

struct sample {
	const char *role[STAKEHOLDERS];
	unsigned nrules;
	struct sample_rule rules[RULES_MAX + 1];
	unsigned nsets;
	struct sample_set sets[SETS_MAX];
};

/* xorshift64*: the same samples on every run. */
static uint64_t random_state = 1;

static unsigned below(unsigned n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned)((random_state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static bool among(const struct names *names, const char *name)
{
	for (unsigned i = 0; i < names->n; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

static void add_name(struct names *names, const char *name)
{
	if (!among(names, name))
		names->name[names->n++] = name;
}

static struct sample_rule random_rule(unsigned id)
{
	struct sample_rule r = {.id = id, .allow = below(3) > 0};

	for (unsigned i = 1 + below(NAMES_MAX); i > 0; i--) {
		add_name(&r.subject, selectors[below(SUBJECT_SELECTORS)]);
		add_name(&r.object, selectors[below(COUNT(selectors))]);
		add_name(&r.action, policy_action_name(acts[below(COUNT(acts))]));
	}
	r.vtpm_class = (enum vtpm_class)below(3);
	return r;
}

static struct sample_set random_set(unsigned id)
{
	struct sample_set s = {.id = id};

	while (s.members.n < 2)
		add_name(&s.members, ids[below(STAKEHOLDERS)]);
	return s;
}

static struct sample random_sample(void)
{
	struct sample s = {.nrules = below(RULES_MAX + 1), .nsets = below(SETS_MAX + 1)};

	for (unsigned i = 0; i < STAKEHOLDERS; i++)
		s.role[i] = roles[below(COUNT(roles))];
	for (unsigned i = 0; i < s.nrules; i++)
		s.rules[i] = random_rule(i);
	for (unsigned i = 0; i < s.nsets; i++)
		s.sets[i] = random_set(i);
	return s;
}

static void write_names(FILE *f, const char *key, const struct names *names)
{
	fprintf(f, ", \"%s\": [", key);
	for (unsigned i = 0; i < names->n; i++)
		fprintf(f, "%s\"%s\"", i ? ", " : "", names->name[i]);
	fputs("]", f);
}

static void write_rule(FILE *f, const struct sample_rule *r)
{
	fprintf(f, "{\"id\": \"r%u\", \"effect\": \"%s\"", r->id, r->allow ? "allow" : "deny");
	write_names(f, "subject", &r->subject);
	write_names(f, "action", &r->action);
	write_names(f, "object", &r->object);
	if (r->vtpm_class)
		fprintf(f, ", \"class\": \"%s\"",
			r->vtpm_class == VTPM_MANDATORY ? "mandatory" : "discretionary");
	fputs("}", f);
}

static void write_sample(FILE *f, const struct sample *s)
{
	fputs("{\"version\": 1, \"name\": \"x\", \"signature\": \"optional\", "
	      "\"quota\": {\"vtpms\": 1, \"nv_bytes\": 65536}, \"stakeholders\": {",
	      f);
	for (unsigned i = 0; i < STAKEHOLDERS; i++)
		fprintf(f, "%s\"%s\": {\"role\": \"%s\"}", i ? ", " : "", ids[i], s->role[i]);
	fputs("}, \"rules\": [", f);
	for (unsigned i = 0; i < s->nrules; i++) {
		fputs(i ? ", " : "", f);
		write_rule(f, &s->rules[i]);
	}
	fputs("], \"conflict_sets\": [", f);
	for (unsigned i = 0; i < s->nsets; i++) {
		fprintf(f, "%s{\"id\": \"s%u\"", i ? ", " : "", s->sets[i].id);
		write_names(f, "members", &s->sets[i].members);
		fputs("}", f);
	}
	fputs("]}", f);
}

static struct policy *read_sample(const struct sample *s)
{
	struct policy_diag diag;
	struct policy *p = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	write_sample(f, s);
	fclose(f);
	if (policy_parse(text, len, &p, &diag))
		fail_msg("column %u: %s in %s", diag.column, diag.text, text);
	free(text);
	return p;
}

/* A plain reading of the rules, by names. */
static bool selected(const struct sample *s, const struct names *names, const char *who,
		     const char *self)
{
	char role[64];
	unsigned i = 0;

	while (strcmp(ids[i], who) != 0)
		i++;
	snprintf(role, sizeof(role), "role:%s", s->role[i]);
	return among(names, "any") || among(names, who) || among(names, role) ||
	       (strcmp(who, self) == 0 && among(names, "self"));
}

static bool applies(const struct sample *s, const struct sample_rule *r,
		    const struct policy_request *q)
{
	return selected(s, &r->subject, q->subject, "") &&
	       among(&r->action, policy_action_name(q->action)) &&
	       selected(s, &r->object, q->object, q->subject) &&
	       (r->vtpm_class == 0 || r->vtpm_class == q->vtpm_class);
}

static bool in_conflict(const struct sample *s, const struct policy_request *q)
{
	for (unsigned i = 0; i < s->nsets; i++)
		if (q->action == ACTION_START && strcmp(q->running[0], q->object) != 0 &&
		    among(&s->sets[i].members, q->object) &&
		    among(&s->sets[i].members, q->running[0]))
			return true;
	return false;
}

static bool taken_away(const struct policy_request *q)
{
	return q->vtpm_class == VTPM_MANDATORY &&
	       (q->action == ACTION_STOP || q->action == ACTION_DESTROY || q->action == ACTION_OWN);
}

static bool plain_reading(const struct sample *s, const struct policy_request *q)
{
	bool allow = false, deny = taken_away(q) || in_conflict(s, q);

	for (unsigned i = 0; i < s->nrules; i++) {
		if (!applies(s, &s->rules[i], q))
			continue;
		if (s->rules[i].allow)
			allow = true;
		else
			deny = true;
	}
	return allow && !deny;
}

/* Calls fn for every request that these policies tell apart. */
typedef void (*request_fn)(const struct policy_request *q, void *arg);

static void each_request(request_fn fn, void *arg)
{
	const char *running[1];
	struct policy_request q = {.quota = 16384, .running = running, .nrunning = 1};

	for (unsigned i = 0; i < STAKEHOLDERS * STAKEHOLDERS * COUNT(acts) * 2; i++) {
		unsigned rest = i;

		q.subject = ids[rest % STAKEHOLDERS];
		rest /= STAKEHOLDERS;
		q.object = ids[rest % STAKEHOLDERS];
		rest /= STAKEHOLDERS;
		q.action = acts[rest % COUNT(acts)];
		q.vtpm_class = rest / COUNT(acts) ? VTPM_MANDATORY : VTPM_DISCRETIONARY;
		running[0] = ids[below(STAKEHOLDERS)];
		fn(&q, arg);
	}
}

struct pair {
	const struct sample *s;
	const struct policy *a;
	const struct policy *b;
	const struct sample_rule *added;
	unsigned allowed;
};

static void agrees(const struct policy_request *q, void *arg)
{
	struct pair *x = arg;
	struct policy_verdict v;

	policy_decide(x->a, q, &v);
	assert_int_equal(v.allowed, plain_reading(x->s, q));
	assert_int_equal(v.allowed, v.change[0] == '\0');
	assert_true(v.why[0] != '\0' && v.rule[0] != '\0');
	x->allowed += v.allowed;
}

static void test_plain_reading(void **state)
{
	struct pair x = {0};

	(void)state;
	for (unsigned i = 0; i < POLICIES; i++) {
		struct sample s = random_sample();
		struct policy *p = read_sample(&s);

		x.s = &s;
		x.a = p;
		each_request(agrees, &x);
		policy_free(p);
	}
	/* The samples are worth something: neither nearly all denied nor nearly all allowed. */
	assert_in_range(x.allowed, POLICIES * 40, POLICIES * 200);
}

static void swap(void *a, void *b, size_t size)
{
	uint8_t kept[sizeof(struct sample_rule)];

	memcpy(kept, a, size);
	memmove(a, b, size);
	memcpy(b, kept, size);
}

static void shuffle(void *items, unsigned n, size_t size)
{
	for (unsigned i = n; i > 1; i--)
		swap((char *)items + (i - 1) * size, (char *)items + below(i) * size, size);
}

static void shuffle_names(struct names *names)
{
	shuffle(names->name, names->n, sizeof(names->name[0]));
}

static struct sample shuffled(struct sample s)
{
	shuffle(s.rules, s.nrules, sizeof(s.rules[0]));
	shuffle(s.sets, s.nsets, sizeof(s.sets[0]));
	for (unsigned i = 0; i < s.nrules; i++) {
		shuffle_names(&s.rules[i].subject);
		shuffle_names(&s.rules[i].action);
		shuffle_names(&s.rules[i].object);
	}
	for (unsigned i = 0; i < s.nsets; i++)
		shuffle_names(&s.sets[i].members);
	return s;
}

static void same_words(const struct policy_request *q, void *arg)
{
	struct pair *x = arg;
	struct policy_verdict a, b;

	policy_decide(x->a, q, &a);
	policy_decide(x->b, q, &b);
	assert_int_equal(a.allowed, b.allowed);
	assert_string_equal(a.rule, b.rule);
	assert_string_equal(a.why, b.why);
	assert_string_equal(a.change, b.change);
}

static void test_order_does_not_matter(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POLICIES; i++) {
		struct sample s = random_sample();
		struct sample t = shuffled(s);
		struct policy *a = read_sample(&s), *b = read_sample(&t);
		struct pair x = {.a = a, .b = b};

		each_request(same_words, &x);
		policy_free(a);
		policy_free(b);
	}
}

/* b has one rule more than a. */
static void added_rule_counts(const struct policy_request *q, void *arg)
{
	struct pair *x = arg;
	struct policy_verdict a, b;
	bool matched = applies(x->s, x->added, q);

	policy_decide(x->a, q, &a);
	policy_decide(x->b, q, &b);
	if (!matched)
		assert_int_equal(a.allowed, b.allowed);
	else if (x->added->allow)
		assert_true(b.allowed >= a.allowed);
	else
		assert_false(b.allowed);
}

static void test_deny_wins(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POLICIES; i++) {
		struct sample s = random_sample();
		struct policy *a = read_sample(&s), *b;
		struct pair x = {.s = &s, .a = a, .added = &s.rules[s.nrules]};

		s.rules[s.nrules] = random_rule(s.nrules);
		s.nrules++;
		x.b = b = read_sample(&s);
		each_request(added_rule_counts, &x);
		policy_free(a);
		policy_free(b);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain_reading),
	    cmocka_unit_test(test_order_does_not_matter),
	    cmocka_unit_test(test_deny_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
