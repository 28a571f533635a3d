/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The audit trail, as far as a client may read it. Who may read all of it sees it
 * as it is; anybody else sees the records about what is his, numbered by
 * themselves and without hashes: the gaps would count what others do.
 */
#include "vtpmmgr/broker/admin_rules.h"

#include "lib/wbuf.h"

struct listing {
	struct request *q;
	struct wbuf w;
	uint64_t from;
	uint64_t position; /* in the client's own numbering */
	uint16_t count;
	bool all;
};

static bool may_read(const struct request *q, const struct admin_audit *r)
{
	struct policy_request pq = {.subject = q->subject[0] ? q->subject : NULL,
				    .action = ACTION_AUDIT,
				    .object = r->stakeholder};
	struct policy_verdict verdict;

	if (!r->stakeholder[0])
		return false;
	rules_decide(&q->b->rules, &pq, &verdict);
	return verdict.allowed;
}

static void put(struct listing *l, const struct admin_audit *r)
{
	struct admin_audit shown = *r;

	if (!l->all) {
		if (!may_read(l->q, r))
			return;
		shown.seq = ++l->position;
		shown.hash = (struct digest){{0}};
	}
	if (shown.seq < l->from || l->count == ADMIN_AUDIT_MAX)
		return;
	admin_audit_put(&l->w, &shown);
	l->count++;
}

static enum err put_all(struct listing *l)
{
	const struct audit *a = &l->q->b->audit;
	uint64_t seq = audit_oldest(a);
	struct admin_audit r;
	enum err e = ERR_OK;

	if (l->all && l->from > seq)
		seq = l->from;
	for (; !e && seq <= a->seq && l->count < ADMIN_AUDIT_MAX; seq++) {
		e = audit_read(a, seq, &r);
		if (!e)
			put(l, &r);
	}
	return e;
}

void admin_audit(struct request *q)
{
	/* On the host nothing is hidden from who administers the platform. */
	struct listing l = {.q = q, .all = request_may(q, ACTION_PLATFORM)};
	struct wbuf head;
	size_t len;
	enum err e = admin_seq_decode(q->body, q->len, &l.from);

	if (!l.all)
		q->verdict = (struct policy_verdict){0};
	wbuf_init(&l.w, q->b->out, MSG_BODY_MAX - DETAIL_MAX);
	wbuf_u16(&l.w, 0);
	if (!e)
		e = put_all(&l);
	wbuf_init(&head, q->b->out, 2);
	wbuf_u16(&head, l.count);
	if (!e)
		e = wbuf_end(&l.w, &len);
	if (e)
		request_fail(q, e, e == ERR_TAMPERED ? "the audit trail does not verify" : NULL);
	else
		request_reply(q, len);
}
