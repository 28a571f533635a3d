/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_audit: the audit trail and its hash chain. */
#include "tools/ctl/ctl_audit.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_output.h"

#include <stdlib.h>
#include <string.h>

enum { AUDIT_FROM, AUDIT_VERIFY };

struct trail {
	struct admin_audit *records;
	size_t count;
};

enum err ctl_audit_chain(const struct digest *prev, const struct admin_audit *record,
			 struct digest *out)
{
	uint8_t bytes[sizeof(*record)];
	struct crypt_part parts[2] = {{prev->b, DIGEST_SIZE}, {bytes, 0}};
	struct wbuf w;
	enum err e;

	wbuf_init(&w, bytes, sizeof(bytes));
	admin_audit_put(&w, record);
	e = wbuf_end(&w, &parts[1].len);
	if (e)
		return e;
	parts[1].len -= DIGEST_SIZE;
	return crypt_sha256(parts, 2, out);
}

enum err ctl_audit_check(const struct admin_audit *records, size_t n, size_t *bad)
{
	static const struct digest start;

	for (size_t i = 0; i < n; i++) {
		const struct digest *prev = i ? &records[i - 1].hash : &start;
		struct digest want;
		enum err e;

		/* Of a trail whose beginning has been overwritten, the first hash is the base. */
		if (i == 0 && records[i].seq != 1)
			continue;
		e = ctl_audit_chain(prev, &records[i], &want);
		if (e)
			return e;
		if ((i && records[i].seq != records[i - 1].seq + 1) ||
		    !digest_equal(&want, &records[i].hash)) {
			*bad = i;
			return ERR_TAMPERED;
		}
	}
	return ERR_OK;
}

static enum err append_page(struct ctl *c, const struct admin_reply *reply, struct trail *t,
			    size_t *got)
{
	struct admin_audit *more;
	struct rbuf r;
	size_t n;

	rbuf_init(&r, reply->body, reply->body_len);
	n = rbuf_u16(&r);
	if (!rbuf_require(&r, n <= ADMIN_AUDIT_MAX))
		return ctl_client_bad_reply(c, ERR_FORMAT);
	more = reallocarray(t->records, t->count + n + 1, sizeof(*more));
	if (!more)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	t->records = more;
	for (size_t i = 0; i < n; i++)
		admin_audit_get(&r, &more[t->count + i]);
	if (rbuf_end(&r))
		return ctl_client_bad_reply(c, ERR_FORMAT);
	t->count += n;
	*got = n;
	return ERR_OK;
}

/* Page after page, until one is not full. */
static enum err fetch(struct ctl *c, uint64_t from, struct trail *t)
{
	struct admin_reply reply;
	uint8_t body[8];
	struct client_request rq = {.type = ADMIN_AUDIT,
				    .doing = "reading the audit trail",
				    .body = body,
				    .timeout_ms = CTL_QUICK_MS};
	size_t got = ADMIN_AUDIT_MAX;
	enum err e = ERR_OK;

	while (!e && got == ADMIN_AUDIT_MAX) {
		e = admin_seq_encode(from, body, sizeof(body), &rq.len);
		if (!e)
			e = ctl_client_call(c, &rq, &reply);
		if (!e)
			e = append_page(c, &reply, t, &got);
		if (!e && got > 0 && t->records[t->count - 1].seq < from)
			e = ctl_client_bad_reply(c, ERR_FORMAT);
		if (!e && got > 0)
			from = t->records[t->count - 1].seq + 1;
	}
	return e;
}

static enum err verify(struct ctl *c, const struct trail *t)
{
	static const struct digest hidden;
	size_t bad = 0;
	enum err e;

	/* Who sees a part of the trail sees no hashes: the gaps would count what others do. */
	if (t->count > 0 && digest_equal(&t->records[0].hash, &hidden))
		return ctl_fail(c, ERR_DENIED,
				"only who may read the whole audit trail can verify its chain");
	e = ctl_audit_check(t->records, t->count, &bad);
	if (e == ERR_TAMPERED)
		return ctl_fail(c, e,
				"the chain breaks at record %llu: it was altered, or one before it "
				"removed; what is older than that cannot be relied on",
				(unsigned long long)t->records[bad].seq);
	return e ? ctl_fail(c, e, "cannot verify the chain: %s", err_text(e)) : ERR_OK;
}

static struct json_object *record_json(const struct admin_audit *r)
{
	const struct {
		const char *name;
		const char *value;
	} words[] = {{"action", r->action},
		     {"stakeholder", r->stakeholder},
		     {"object", r->object},
		     {"rule", r->rule}};
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "seq", json_object_new_uint64(r->seq));
	json_object_object_add(o, "time", ctl_output_time_json(r->time));
	json_object_object_add(o, "uid",
			       r->uid == UINT32_MAX ? NULL : json_object_new_int64(r->uid));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		json_object_object_add(o, words[i].name, json_object_new_string(words[i].value));
	json_object_object_add(o, "outcome",
			       json_object_new_string(err_name(err_from_wire(r->err))));
	json_object_object_add(o, "hash", ctl_output_digest_json(&r->hash));
	return o;
}

static enum err trail_json(struct ctl *c, const struct trail *t, bool verified)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < t->count; i++)
		json_object_array_add(list, record_json(&t->records[i]));
	json_object_object_add(o, "records", list);
	if (verified)
		json_object_object_add(o, "verified", json_object_new_boolean(true));
	return ctl_output_json(c, o);
}

/* The cells of one row that are not strings already. */
struct trail_text {
	char seq[24];
	char when[CTL_TIME_TEXT];
	char who[16];
	char vtpm[2 * NAME_MAX_LEN + 2]; /* as it may be named: stakeholder/name */
};

static void trail_row(const void *items, size_t i, void *text, const char **cells)
{
	const struct admin_audit *r = (const struct admin_audit *)items + i;
	struct trail_text *t = text;

	snprintf(t->seq, sizeof(t->seq), "%llu", (unsigned long long)r->seq);
	ctl_output_time(r->time, t->when);
	snprintf(t->who, sizeof(t->who), "%u", r->uid);
	snprintf(t->vtpm, sizeof(t->vtpm), "%s%s%s", r->stakeholder,
		 r->stakeholder[0] && r->object[0] ? "/" : "", r->object);
	cells[0] = t->seq;
	cells[1] = t->when;
	cells[2] = r->uid == UINT32_MAX ? "manager" : t->who;
	cells[3] = r->action;
	cells[4] = err_name(err_from_wire(r->err));
	cells[5] = t->vtpm;
	cells[6] = r->rule;
}

static const char *const trail_head[] = {"SEQ",     "TIME",   "UID", "ACTION",
					 "OUTCOME", "OBJECT", "RULE"};
static const struct ctl_table trail_table = {trail_head, sizeof(trail_head) / sizeof(trail_head[0]),
					     sizeof(struct trail_text), trail_row};

static enum err audit(struct ctl *c, const struct ctl_args *a)
{
	bool check = a->opt[AUDIT_VERIFY] != NULL;
	struct trail t = {0};
	uint64_t from = 0;
	enum err e = ERR_OK;

	if (a->opt[AUDIT_FROM])
		e = ctl_args_number(c, "--from", a->opt[AUDIT_FROM], UINT64_MAX - 1, &from);
	if (!e)
		e = fetch(c, from, &t);
	if (!e && check)
		e = verify(c, &t);
	if (!e && c->json)
		e = trail_json(c, &t, check);
	else if (!e)
		e = ctl_output_items(c, &trail_table, t.records, t.count);
	if (!e && !c->json && check)
		printf("%zu records, the chain holds\n", t.count);
	free(t.records);
	return e;
}

const struct ctl_command ctl_audit_commands[] = {
    {.name = "audit",
     .args = "[--from SEQ] [--verify]",
     .brief = "print the audit trail; verify its hash chain",
     .help = "Prints the records that you may see, oldest first: number, time, who asked, what "
	     "for, the outcome, whose and which vTPM, and the rule that decided.\n"
	     "With --verify, every record is checked against the hash chain first, and nothing "
	     "is printed of a trail that was altered. The chain's head is part of the root "
	     "record, which is anchored in the TPM.",
     .opts = {[AUDIT_FROM] = {"from", 0, "SEQ", "from this record on", false},
	      [AUDIT_VERIFY] = {"verify", 0, NULL, "verify the hash chain", false}},
     .fn = audit},
    {0},
};
