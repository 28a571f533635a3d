/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/broker.h"

#include "lib/log.h"
#include "lib/proto_super.h"
#include "lib/uuid.h"
#include "vtpmmgr/broker/broker_sandbox.h"
#include "vtpmmgr/broker/life.h"
#include "vtpmmgr/broker/opening.h"
#include "vtpmmgr/supervisor/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Audit records that no commit takes along are on the disk after so long. Milliseconds. */
#define FLUSH_MS 1000

/* ---- audit ---------------------------------------------------------------------------------- */

static void on_flush(void *arg)
{
	struct broker *b = arg;

	b->flush_timer = NULL;
	if (store_staged(b->store) && store_commit(b->store, NULL, 0) != ERR_OK)
		log_warning("audit records are not on the disk yet");
}

static void tell_head(struct broker *b)
{
	const struct keys_audit head = {.seq = b->audit.seq, .head = b->audit.head};
	uint8_t body[64];
	size_t len;

	if (keys_audit_encode(&head, body, sizeof(body), &len) == ERR_OK)
		keeper_tell(&b->keeper, KEYS_AUDIT, body, len);
}

void broker_audit(struct broker *b, const struct admin_audit *in)
{
	struct admin_audit r = *in;
	enum err e;

	r.time = (uint64_t)time(NULL);
	e = audit_add(&b->audit, &r);
	if (e)
		log_error("an audit record is lost: %s", err_text(e));
	if (b->opening == OPENING_DONE)
		tell_head(b);
	if (!b->flush_timer && loop_after(b->loop, FLUSH_MS, on_flush, b, &b->flush_timer))
		log_error("no timer to write the audit trail");
}

void broker_event(struct broker *b, const char *action, const struct vtpm *v, enum err e)
{
	struct admin_audit r = {.uid = AUDIT_MANAGER, .err = (uint16_t)e};

	snprintf(r.action, sizeof(r.action), "%s", action);
	if (v) {
		memcpy(r.stakeholder, v->record.stakeholder, sizeof(r.stakeholder));
		memcpy(r.object, v->record.name, sizeof(r.object));
	}
	broker_audit(b, &r);
}

/* ---- commits -------------------------------------------------------------------------------- */

static enum err find_blob(void *arg, const uint8_t uuid[UUID_SIZE], const struct state_mark *mark,
			  const uint8_t **bytes)
{
	return workers_blob(arg, uuid, mark, bytes);
}

static void on_late(void *arg, const uint8_t uuid[UUID_SIZE])
{
	log_warning("worker %s named a state that it does not send", uuid_format(uuid).s);
	broker_kill_worker(arg, uuid);
}

static void tell_durable(void *arg, uint64_t attempt, enum err e)
{
	const struct keys_result r = {.attempt = attempt, .err = (uint16_t)e};
	struct broker *b = arg;
	uint8_t body[32];
	size_t len;

	if (keys_result_encode(&r, body, sizeof(body), &len) == ERR_OK)
		keeper_tell(&b->keeper, KEYS_DURABLE, body, len);
}

/* What a commit brought along need not be read back. */
struct record_source {
	struct broker *b;
	const struct keys_commit *c;
};

static enum err record_of(void *arg, const struct leaf *leaf, const uint8_t **bytes)
{
	const struct record_source *src = arg;

	for (size_t i = 0; i < src->c->nrecords; i++) {
		const struct keys_commit_record *r = &src->c->records[i];

		if (memcmp(r->uuid, leaf->uuid, UUID_SIZE) != 0 || r->len != leaf->record_len)
			continue;
		*bytes = r->bytes;
		return ERR_OK;
	}
	*bytes = src->b->out;
	return store_read(src->b->store, REGION_RECORD_AT(leaf->region, leaf->record_slot),
			  src->b->out, leaf->record_len);
}

static void on_commit_anchored(void *arg, const struct keys_commit *c, const struct root *root)
{
	struct broker *b = arg;
	struct record_source src = {b, c};
	enum err e = registry_apply(&b->registry, root, record_of, &src);

	/* What is believed here is no longer what is anchored: begin again from that. */
	if (e) {
		log_error("the new root cannot be taken over: %s", err_text(e));
		loop_stop(b->loop);
		return;
	}
	b->policy_slot = root->policy_slot;
	for (size_t i = 0; i < c->nblobs; i++)
		workers_anchored(b, c->blobs[i].uuid, c->blobs[i].mark.version);
}

static const struct commit_ops commit_ops = {find_blob, on_late, tell_durable, on_commit_anchored};

/* ---- session states ------------------------------------------------------------------------- */

static bool in_group_commit(void *arg, const uint8_t uuid[UUID_SIZE])
{
	return commit_holds(&((struct broker *)arg)->commit, uuid);
}

static void on_stored(void *arg, const uint8_t uuid[UUID_SIZE], uint64_t version)
{
	workers_stored(arg, uuid, version);
}

static void on_refused(void *arg, const uint8_t uuid[UUID_SIZE], enum err why)
{
	log_warning("worker %s sent a session state that cannot be: %s", uuid_format(uuid).s,
		    err_text(why));
	broker_kill_worker(arg, uuid);
}

static void on_stalled(void *arg, bool stalled)
{
	workers_stall(arg, stalled);
}

static const struct session_ops session_ops = {in_group_commit, on_stored, on_refused, on_stalled};

/* ---- the key keeper ------------------------------------------------------------------------- */

static enum err on_header(void *ctx, struct msg *m)
{
	struct broker *b = ctx;
	struct keys_header h;
	enum err e = keys_header_decode(m->body, m->len, &h);

	if (e)
		return e;
	tell_durable(b, h.attempt, opening_write_header(b, h.bytes, h.len));
	return ERR_OK;
}

static enum err on_commit(void *ctx, struct msg *m)
{
	return commit_begin(&((struct broker *)ctx)->commit, m);
}

static enum err on_anchored(void *ctx, struct msg *m)
{
	struct broker *b = ctx;
	enum err e = commit_anchored(&b->commit, m);

	session_kick(&b->session);
	return e;
}

static const struct msg_rule keeper_rules[] = {
    {KEYS_HEADER, "header", MSG_ANY_STATE, 1, STORE_HEADER_SIZE, 0, on_header},
    {KEYS_COMMIT, "commit", MSG_ANY_STATE, 1, MSG_BODY_MAX, 0, on_commit},
    {KEYS_ANCHORED, "anchored", MSG_ANY_STATE, 1, 64, 0, on_anchored},
};

static enum err on_keeper_msg(void *arg, struct msg *m)
{
	return msg_dispatch(keeper_rules, sizeof(keeper_rules) / sizeof(keeper_rules[0]), 0, arg,
			    m);
}

/* One that died is replaced. Who was cut off for what it said lives on: begin again with it. */
static void on_keeper_gone(void *arg, enum err why)
{
	struct broker *b = arg;

	log_warning("the key keeper's channel has ended: %s", err_text(why));
	opening_lost(b);
	if (why != ERR_EOF)
		loop_stop(b->loop);
}

/* ---- the supervisor ------------------------------------------------------------------------- */

void broker_kill_worker(struct broker *b, const uint8_t uuid[UUID_SIZE])
{
	const struct msg m = {.type = SUPER_KILL, .body = uuid, .len = UUID_SIZE};
	enum err e = b->super ? channel_send(b->super, &m) : ERR_EOF;

	if (e)
		log_error("the supervisor cannot be told: %s", err_text(e));
}

static enum err on_peer(void *ctx, struct msg *m)
{
	struct broker *b = ctx;
	struct super_peer p;
	enum err e = super_peer_decode(m->body, m->len, &p);

	if (e)
		return e;
	if (p.role == ROLE_WORKER)
		return workers_connect(b, p.uuid, msg_take_fd(m, 0));
	if (p.role != ROLE_KEYS)
		return ERR_ARG;
	e = keeper_connect(&b->keeper, msg_take_fd(m, 0));
	opening_lost(b);
	if (!e)
		opening_ask(b);
	return e;
}

/* ERR_OK: cleanly. */
static enum err why_it_ended(const struct super_exited *x)
{
	if (x->how == EXITED_NOT_STARTED)
		return err_from_wire(x->code);
	return x->how == EXITED_CODE && x->code == 0 ? ERR_OK : ERR_UNAVAILABLE;
}

static enum err on_exited(void *ctx, struct msg *m)
{
	struct super_exited x;
	enum err e = super_exited_decode(m->body, m->len, &x);

	if (!e && x.role == ROLE_WORKER)
		workers_exited(ctx, x.uuid, why_it_ended(&x));
	return e;
}

/* Only what is worse than it could be is for the audit trail. */
static enum err on_isolation(void *ctx, struct msg *m)
{
	struct admin_audit r = {
	    .uid = AUDIT_MANAGER, .err = ERR_UNAVAILABLE, .action = "isolation"};
	struct broker *b = ctx;
	enum isolation told = ISOLATION_UNTOLD;
	enum err e = isolation_decode(m->body, m->len, &told);

	if (e || told == b->isolation)
		return e;
	b->isolation = told;
	if (told == ISOLATION_ENFORCING)
		return ERR_OK;
	snprintf(r.object, sizeof(r.object), "%s", isolation_name(b->isolation));
	log_warning("Xen does not keep domains apart by a policy: %s", r.object);
	broker_audit(b, &r);
	return ERR_OK;
}

static enum err on_stop(void *ctx, struct msg *m)
{
	struct broker *b = ctx;

	(void)m;
	broker_event(b, "ending", NULL, ERR_OK);
	b->stopping = true;
	life_stop_all(b);
	broker_stop_if_done(b);
	return ERR_OK;
}

void broker_stop_if_done(struct broker *b)
{
	if (!b->stopping)
		return;
	for (size_t i = 0; i < b->registry.n; i++)
		if (b->registry.vtpms[i]->life != LIFE_STOPPED)
			return;
	on_flush(b);
	loop_stop(b->loop);
}

static const struct msg_rule super_rules[] = {
    {SUPER_PEER, "peer", MSG_ANY_STATE, 1, 128, 1, on_peer},
    {SUPER_EXITED, "exited", MSG_ANY_STATE, 1, 64, 0, on_exited},
    {SUPER_ISOLATION, "isolation", MSG_ANY_STATE, 1, 1, 0, on_isolation},
    {SUPER_STOP, "stop", MSG_ANY_STATE, 0, 0, 0, on_stop},
};

static enum err on_super(void *arg, struct msg *m)
{
	return msg_dispatch(super_rules, sizeof(super_rules) / sizeof(super_rules[0]), 0, arg, m);
}

static void on_super_gone(void *arg, enum err why)
{
	struct broker *b = arg;

	log_error("the supervisor's channel has ended: %s", err_text(why));
	loop_stop(b->loop);
}

/* ---- start ---------------------------------------------------------------------------------- */

enum err broker_init(struct broker *b, struct loop *l, int store, const char *run_dir)
{
	enum err e;

	*b = (struct broker){.loop = l, .run_dir = run_dir};
	snprintf(b->open_text, sizeof(b->open_text), "the key keeper is not there yet");
	LIST_INIT(&b->workers.list);
	audit_init(&b->audit);
	keeper_init(&b->keeper, l, on_keeper_msg, on_keeper_gone, b);
	b->out = malloc(MSG_BODY_MAX);
	if (!b->out)
		return ERR_NO_MEMORY;
	e = store_open(store, &b->store);
	if (!e)
		e = commit_init(&b->commit, l, b->store, &b->registry, &commit_ops, b);
	session_init(&b->session, l, b->store, &b->registry, &session_ops, b);
	return e;
}

void broker_fini(struct broker *b)
{
	keeper_disconnect(&b->keeper);
	admin_free(b->admin);
	workers_close_all(b);
	loop_cancel(b->flush_timer);
	loop_cancel(b->open_timer);
	commit_fini(&b->commit);
	session_fini(&b->session);
	registry_clear(&b->registry);
	rules_clear(&b->rules);
	store_free(b->store);
	channel_close(b->super);
	free(b->out);
}

static enum err enter_sandbox(const struct child_args *args, uint64_t size)
{
	const struct sandbox box = broker_sandbox(args->uid, args->gid, size);

	return sandbox_enter(&box);
}

static enum err serve(struct broker *b)
{
	const struct msg ready = {.type = SUPER_READY};
	enum err e;

	/* A policy that does not parse is reported by status: nothing else is allowed then. */
	if (rules_read(&b->rules, FD_BROKER_POLICY) != ERR_OK)
		log_warning("no policy is in force: everything is denied");
	e = channel_new(FD_SUPER, 1024, &b->super);
	if (!e)
		e = channel_attach(b->super, b->loop, on_super, on_super_gone, b);
	if (!e)
		e = admin_new(b, FD_BROKER_ADMIN, &b->admin);
	if (!e)
		e = channel_send(b->super, &ready);
	return e ? e : loop_run(b->loop);
}

static enum err run(struct broker *b, const struct child_args *args)
{
	struct loop *l = NULL;
	enum err e = crypt_init();

	if (!e)
		e = loop_new(&l);
	if (!e)
		e = broker_init(b, l, FD_BROKER_STORE, args->run_dir);
	if (!e)
		e = enter_sandbox(args, store_size(b->store));
	if (!e)
		e = serve(b);
	if (e) {
		log_error("cannot serve: %s", err_text(e));
		return e;
	}
	broker_fini(b);
	loop_free(l);
	return ERR_OK;
}

int broker_main(int argc, char *argv[])
{
	struct child_args args;
	struct broker *b = calloc(1, sizeof(*b));

	log_init(BROKER_ARGV0, LOG_LEVEL_ERROR);
	if (!b || child_args_parse(argc, argv, &args) != ERR_OK) {
		log_error("started by vtpmmgr, never by hand");
		return EXIT_FAILURE;
	}
	log_init(BROKER_ARGV0, args.level);
	return run(b, &args) ? EXIT_FAILURE : EXIT_SUCCESS;
}
