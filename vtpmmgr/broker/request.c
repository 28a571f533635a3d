/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/request.h"

#include "lib/uuid.h"
#include "lib/wbuf.h"
#include "vtpmmgr/broker/admin_vtpm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_FOUND_TEXT "no such vTPM"
#define DENIED_TEXT    "the policy does not allow this"

/*
 * Of the audit ring's 2048 records one uid fills no more than this with requests
 * that changed nothing, so that nobody pushes out what others did.
 */
static const struct pace_limit trail_share = {.interval_ms = 10000, .burst = 64};

/* ---- answers -------------------------------------------------------------------------------- */

/* Root could do worse by other means; what was changed is never left out. */
static bool in_trail(const struct request *q, enum err e, uint32_t *omitted)
{
	*omitted = 0;
	return q->who.uid == 0 || (!e && q->rule->changes) ||
	       pace_try(&q->b->trail_pace, &trail_share, q->who.uid, loop_now(), omitted);
}

static void record_omitted(const struct request *q, uint32_t n)
{
	struct admin_audit r = {.uid = (uint32_t)q->who.uid, .action = "omitted"};

	snprintf(r.object, sizeof(r.object), "%u records: see syslog", n);
	broker_audit(q->b, &r);
}

static void record(const struct request *q, enum err e)
{
	struct admin_audit r = {.uid = (uint32_t)q->who.uid, .err = (uint16_t)e};
	uint32_t omitted;

	snprintf(r.action, sizeof(r.action), "%s", q->rule->name);
	snprintf(r.stakeholder, sizeof(r.stakeholder), "%s", q->stakeholder);
	snprintf(r.object, sizeof(r.object), "%s", q->object);
	snprintf(r.rule, sizeof(r.rule), "%s", q->verdict.rule);
	if (!in_trail(q, e, &omitted)) {
		audit_log_only(&q->b->audit, &r);
		return;
	}
	if (omitted > 0)
		record_omitted(q, omitted);
	broker_audit(q->b, &r);
}

void request_drop(struct request *q)
{
	admin_forget(q);
	loop_cancel(q->timer);
	free(q->data);
	free(q);
}

static void finish(struct request *q, enum err e, const char *rule, const char *text,
		   const uint8_t *body, size_t len)
{
	struct admin_reply reply = {.err = (uint16_t)e, .body = body, .body_len = (uint32_t)len};
	uint8_t *out = malloc(MSG_BODY_MAX);
	size_t used;

	snprintf(reply.rule, sizeof(reply.rule), "%s", rule);
	snprintf(reply.text, sizeof(reply.text), "%s", text);
	record(q, e);
	if (q->client && out && admin_reply_encode(&reply, out, MSG_BODY_MAX, &used) == ERR_OK)
		admin_answer(q->client, q->id, out, used);
	free(out);
	request_drop(q);
}

void request_finish(struct request *q, enum err e, const char *text, const uint8_t *body,
		    size_t len)
{
	finish(q, e, "", text ? text : e ? err_text(e) : "", body, len);
}

void request_done(struct request *q)
{
	request_finish(q, ERR_OK, NULL, NULL, 0);
}

void request_fail(struct request *q, enum err e, const char *text)
{
	request_finish(q, e, text, NULL, 0);
}

void request_reply(struct request *q, size_t len)
{
	request_finish(q, ERR_OK, NULL, q->b->out, len);
}

void request_show_wear(struct request *q, const struct vtpm *v, const struct keys_wear *wear)
{
	struct admin_vtpm show;
	struct wbuf w;
	size_t len;

	admin_vtpm_describe(q->b, v, &show);
	show.wear_known = wear != NULL;
	if (wear)
		show.wear = *wear;
	wbuf_init(&w, q->b->out, MSG_BODY_MAX);
	admin_vtpm_put(&w, &show);
	if (wbuf_end(&w, &len) == ERR_OK)
		request_reply(q, len);
	else
		request_fail(q, ERR_INTERNAL, NULL);
}

void request_show(struct request *q, const struct vtpm *v)
{
	request_show_wear(q, v, NULL);
}

/* ---- decisions ------------------------------------------------------------------------------ */

static void decide(const struct request *q, struct policy_request *pq, struct policy_verdict *out)
{
	pq->subject = q->subject[0] ? q->subject : NULL;
	rules_decide(&q->b->rules, pq, out);
}

bool request_decide(struct request *q, struct policy_request *pq)
{
	decide(q, pq, &q->verdict);
	return q->verdict.allowed;
}

static bool may_platform(const struct request *q, enum policy_action action,
			 struct policy_verdict *out)
{
	struct policy_request pq = {.action = action};

	decide(q, &pq, out);
	return out->allowed;
}

bool request_may(struct request *q, enum policy_action action)
{
	return may_platform(q, action, &q->verdict);
}

/* Where the record cannot be read nobody knows whose it is: it is the platform's matter then. */
static bool may_vtpm(const struct request *q, enum policy_action action, const struct vtpm *v,
		     struct policy_verdict *out)
{
	struct policy_request pq = {.action = action,
				    .object = v->record.stakeholder,
				    .vtpm_class = (enum vtpm_class)v->record.vtpm_class,
				    .quota = v->leaf.quota};
	const char *running[LEAVES_MAX];

	if (!v->record_ok)
		return may_platform(q, ACTION_PLATFORM, out);
	if (action == ACTION_START) {
		pq.nrunning = registry_running(&q->b->registry, v->record.stakeholder, running);
		pq.running = running;
	}
	decide(q, &pq, out);
	return out->allowed;
}

bool request_may_vtpm(struct request *q, enum policy_action action, const struct vtpm *v)
{
	request_about(q, v->record.stakeholder, v->record.name);
	return may_vtpm(q, action, v, &q->verdict);
}

void request_deny(struct request *q)
{
	struct policy_verdict may_read;

	if (may_platform(q, ACTION_POLICY_READ, &may_read))
		finish(q, ERR_DENIED, q->verdict.rule, q->verdict.why, NULL, 0);
	else
		finish(q, ERR_DENIED, "", DENIED_TEXT, NULL, 0);
}

bool request_sees(const struct request *q, const struct vtpm *v)
{
	struct policy_verdict verdict;

	return v->anchored && may_vtpm(q, ACTION_SEE, v, &verdict);
}

/* ---- names ---------------------------------------------------------------------------------- */

void request_about(struct request *q, const char *stakeholder, const char *object)
{
	snprintf(q->stakeholder, sizeof(q->stakeholder), "%s", stakeholder);
	snprintf(q->object, sizeof(q->object), "%s", object);
}

static struct vtpm *by_full_name(const struct request *q, const char *name)
{
	char stakeholder[NAME_MAX_LEN + 1];
	const char *slash = strchr(name, '/');
	size_t len = (size_t)(slash - name);

	if (len > NAME_MAX_LEN)
		return NULL;
	memcpy(stakeholder, name, len);
	stakeholder[len] = '\0';
	return registry_find_name(&q->b->registry, stakeholder, slash + 1);
}

/* Of those the client sees, the only one of this name; *several if it is not the only one. */
static struct vtpm *by_visible_name(const struct request *q, const char *name, bool *several)
{
	const struct registry *r = &q->b->registry;
	struct vtpm *found = NULL;

	for (size_t i = 0; i < r->n; i++) {
		struct vtpm *v = r->vtpms[i];

		if (strcmp(v->record.name, name) != 0 || !request_sees(q, v))
			continue;
		*several = found != NULL;
		if (*several)
			return NULL;
		found = v;
	}
	return found;
}

static struct vtpm *lookup(const struct request *q, const char *name, bool *several)
{
	uint8_t uuid[UUID_SIZE];
	struct vtpm *own;

	if (uuid_parse(name, uuid) == ERR_OK)
		return registry_find(&q->b->registry, uuid);
	if (*name == '\0')
		return NULL;
	if (strchr(name, '/'))
		return by_full_name(q, name);
	own = q->subject[0] ? registry_find_name(&q->b->registry, q->subject, name) : NULL;
	return own && request_sees(q, own) ? own : by_visible_name(q, name, several);
}

struct vtpm *request_find(struct request *q, const char *name)
{
	bool several = false;
	struct vtpm *v = lookup(q, name, &several);

	if (v && request_sees(q, v))
		return v;
	snprintf(q->object, sizeof(q->object), "%.*s", NAME_MAX_LEN, name);
	if (several)
		request_fail(q, ERR_ARG, "several vTPMs have this name: say stakeholder/name");
	else
		request_fail(q, ERR_NOT_FOUND, NOT_FOUND_TEXT);
	return NULL;
}
