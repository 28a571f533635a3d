/* SPDX-License-Identifier: BSD-3-Clause */
/* The broker: it writes what it is told into its arrays, and asks what a broker asks. */
#include "tests/integration/keeper_play.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PCRS    0x80ff /* what the approvals are for */
#define STEP_MS 5

/* ---- what the key keeper wants -------------------------------------------------------------- */

static void durable(struct driver *d, uint64_t attempt, enum mood mood)
{
	const struct keys_result r = {.attempt = attempt, .err = mood == FAILING ? ERR_IO : ERR_OK};
	size_t len;

	if (mood == SILENT)
		return;
	must(keys_result_encode(&r, play_buffer, sizeof(play_buffer), &len), "durable");
	play_send(&d->broker, KEYS_DURABLE, 0, len);
}

static void put_slot(struct slot *s, const uint8_t *bytes, size_t len)
{
	s->len = len;
	memcpy(s->bytes, bytes, len);
}

static void put_record(struct driver *d, const struct keys_commit_record *r)
{
	struct record_slot *s = &d->store.records[r->uuid[UUID_SIZE - 1]];

	s->len = r->len;
	memcpy(s->bytes, r->bytes, r->len);
}

static void note(struct driver *d, const struct keys_commit *c)
{
	struct commit_seen *seen = &d->commits[d->ncommits];
	static struct root root;

	must(root_decode(c->root, c->root_len, &root), "the root decodes");
	*seen = (struct commit_seen){.relayed = d->relay->nseen,
				     .attempt = c->attempt,
				     .blobs = c->nblobs,
				     .prev = root.prev};
	if (d->ncommits < sizeof(d->commits) / sizeof(d->commits[0]) - 1)
		d->ncommits++;
}

static void on_commit(struct driver *d, const struct msg *m)
{
	static struct keys_commit c;

	must(keys_commit_decode(m->body, m->len, &c), "KEYS_COMMIT decodes");
	note(d, &c);
	if (d->commit_mood == HONEST) {
		put_slot(&d->store.root[c.root_slot], c.root, c.root_len);
		for (uint16_t i = 0; i < c.nrecords; i++)
			put_record(d, &c.records[i]);
	}
	durable(d, c.attempt, d->commit_mood);
}

static void on_header(struct driver *d, const struct msg *m)
{
	struct keys_header h;

	must(keys_header_decode(m->body, m->len, &h), "KEYS_HEADER decodes");
	if (d->header_mood == HONEST) {
		put_slot(&d->store.header[d->store.next_header], h.bytes, h.len);
		d->store.next_header ^= 1;
	}
	durable(d, h.attempt, d->header_mood);
}

static void on_anchored(struct driver *d, const struct msg *m)
{
	struct keys_result r;

	must(keys_result_decode(m->body, m->len, &r), "KEYS_ANCHORED decodes");
	if (r.err == ERR_OK)
		d->anchored++;
	else
		d->refused++;
}

static void on_stray(struct driver *d, const struct msg *m)
{
	(void)m;
	d->strays++;
}

static const struct {
	uint16_t type;
	void (*fn)(struct driver *d, const struct msg *m);
} handlers[] = {
    {KEYS_COMMIT, on_commit},
    {KEYS_HEADER, on_header},
    {KEYS_ANCHORED, on_anchored},
    {KEYS_DONE, on_stray},
};

bool broker_serve(struct driver *d, uint16_t type, uint32_t id, struct msg *m, int wait_ms)
{
	while (play_receive(&d->broker, m, wait_ms)) {
		if (m->type == type && m->id == id)
			return true;
		for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
			if (handlers[i].type == m->type)
				handlers[i].fn(d, m);
	}
	return false;
}

void broker_serve_for(struct driver *d, int ms)
{
	struct msg m;

	if (d->broker.channel)
		broker_serve(d, 0, UINT32_MAX, &m, ms);
	else
		poll(NULL, 0, ms);
}

void broker_until_held(struct driver *d)
{
	for (int ms = 0; !d->relay->held; ms += STEP_MS) {
		if (ms > WAIT_MS)
			die("a command is held", ERR_TIMEOUT);
		broker_serve_for(d, STEP_MS);
	}
}

void broker_until_commit(struct driver *d, unsigned n)
{
	for (int ms = 0; d->ncommits <= n; ms += STEP_MS) {
		if (ms > WAIT_MS)
			die("a commit is asked for", ERR_TIMEOUT);
		broker_serve_for(d, STEP_MS);
	}
}

/* ---- requests ------------------------------------------------------------------------------- */

static enum err done_error(const struct msg *m)
{
	struct keys_done done;

	must(keys_done_decode(m->body, m->len, &done), "KEYS_DONE decodes");
	if (done.err)
		printf("   (%s: %s)\n", err_name(err_from_wire(done.err)), done.detail);
	return err_from_wire(done.err);
}

enum err broker_wait_done(struct driver *d, uint32_t id, int wait_ms)
{
	struct msg m;

	return broker_serve(d, KEYS_DONE, id, &m, wait_ms) ? done_error(&m) : ERR_TIMEOUT;
}

/* What is left of a commit before may come first. */
enum err broker_until_spawn(struct driver *d, uint32_t id, struct super_spawn *who)
{
	struct msg m;
	enum err e;

	for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (play_receive(&d->super, &m, 0))
			return m.type == SUPER_SPAWN ? super_spawn_decode(m.body, m.len, who)
						     : ERR_FORMAT;
		if (broker_serve(d, KEYS_DONE, id, &m, STEP_MS)) {
			e = done_error(&m);
			return e ? e : ERR_STATE; /* started, without a worker */
		}
	}
	return ERR_TIMEOUT;
}

enum err broker_request(struct driver *d, uint16_t type, size_t len)
{
	uint32_t id = ++d->next_id;

	play_send(&d->broker, type, id, len);
	return broker_wait_done(d, id, WAIT_MS);
}

struct keys_status broker_status(struct driver *d)
{
	struct keys_status s;
	struct msg m;

	play_send(&d->broker, KEYS_STATUS, ++d->next_id, 0);
	if (!broker_serve(d, KEYS_STATUS_IS, d->next_id, &m, WAIT_MS))
		die("status", ERR_TIMEOUT);
	must(keys_status_decode(m.body, m.len, &s), "status decodes");
	return s;
}

enum err broker_init(struct driver *d, const struct approval *a, bool allow_owner)
{
	struct keys_init q = {.authority = d->authority_point,
			      .approval = *a,
			      .policy_len = 3,
			      .allow_owner_hierarchy = allow_owner};
	size_t len;

	must(keys_init_encode(&q, play_buffer, sizeof(play_buffer), &len), "init");
	return broker_request(d, KEYS_INIT, len);
}

enum err broker_open(struct driver *d, const struct store *s)
{
	struct keys_open q;
	struct keys_opened a;
	struct msg m;
	size_t len;

	for (int i = 0; i < 2; i++) {
		q.header[i] = s->header[i].bytes;
		q.header_len[i] = (uint32_t)s->header[i].len;
		q.root[i] = s->root[i].bytes;
		q.root_len[i] = (uint32_t)s->root[i].len;
	}
	must(keys_open_encode(&q, play_buffer, sizeof(play_buffer), &len), "open");
	play_send(&d->broker, KEYS_OPEN, ++d->next_id, len);
	if (!broker_serve(d, KEYS_OPENED, d->next_id, &m, WAIT_MS))
		return ERR_TIMEOUT;
	must(keys_opened_decode(m.body, m.len, &a), "opened");
	if (a.err)
		printf("   (%s)\n", a.detail);
	return err_from_wire(a.err);
}

enum err broker_create_for(struct driver *d, unsigned i, unsigned region, const struct guest *g)
{
	struct record r = {.name = "v",
			   .stakeholder = "s",
			   .vtpm_class = VTPM_DISCRETIONARY,
			   .freshness = d->promised};
	struct keys_create q = {.region = STORE_REGIONS_AT +
					  region * REGION_SIZE(QUOTA_MIN, SLOTS_SESSION),
				.quota = QUOTA_MIN,
				.guest = *g};
	static uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;

	memcpy(r.uuid, worker_uuid(i), UUID_SIZE);
	must(record_encode(&r, bytes, sizeof(bytes), &len), "record");
	q.record = bytes;
	q.record_len = (uint32_t)len;
	must(keys_create_encode(&q, play_buffer, sizeof(play_buffer), &len), "create");
	return broker_request(d, KEYS_CREATE, len);
}

enum err broker_create(struct driver *d, unsigned i)
{
	static const struct guest user = {.kind = GUEST_UNIX, .id = {0, 0, 0x4e, 0x21}};

	return broker_create_for(d, i, i, &user);
}

enum err broker_update(struct driver *d, const uint8_t uuid[UUID_SIZE], const struct approval *a,
		       const struct record_slot *record)
{
	struct keys_update q = {.approval = *a};
	size_t len;

	memcpy(q.uuid, uuid, UUID_SIZE);
	if (record) {
		q.record = record->bytes;
		q.record_len = (uint32_t)record->len;
	}
	must(keys_update_encode(&q, play_buffer, sizeof(play_buffer), &len), "update");
	return broker_request(d, KEYS_UPDATE, len);
}

uint32_t broker_ask_destroy(struct driver *d, unsigned i)
{
	memcpy(play_buffer, worker_uuid(i), UUID_SIZE);
	play_send(&d->broker, KEYS_DESTROY, ++d->next_id, UUID_SIZE);
	return d->next_id;
}

static void send_terms(struct driver *d, unsigned i, const struct record_slot *record,
		       uint16_t type, uint32_t id)
{
	struct keys_start q = {
	    .asked = d->asked, .record = record->bytes, .record_len = (uint32_t)record->len};
	size_t len;

	memcpy(q.uuid, worker_uuid(i), UUID_SIZE);
	must(keys_start_encode(&q, play_buffer, sizeof(play_buffer), &len), "start");
	play_send(&d->broker, type, id, len);
}

uint32_t broker_ask_start(struct driver *d, unsigned i, const struct record_slot *record)
{
	send_terms(d, i, record, KEYS_START, ++d->next_id);
	return d->next_id;
}

void broker_terms(struct driver *d, unsigned i)
{
	send_terms(d, i, &d->store.records[i], KEYS_TERMS, 0);
}

struct keys_wear broker_wear(struct driver *d, unsigned i)
{
	struct keys_wear w;
	struct msg m;

	memcpy(play_buffer, worker_uuid(i), UUID_SIZE);
	play_send(&d->broker, KEYS_WEAR, ++d->next_id, UUID_SIZE);
	if (!broker_serve(d, KEYS_WEAR_IS, d->next_id, &m, WAIT_MS))
		die("wear", ERR_TIMEOUT);
	must(keys_wear_decode(m.body, m.len, &w), "wear decodes");
	return w;
}

static bool is_worker(const struct super_spawn *who, unsigned i)
{
	return memcmp(who->uuid, worker_uuid(i), UUID_SIZE) == 0 && who->guest.kind == GUEST_UNIX &&
	       who->guest.id[2] == 0x4e;
}

enum err broker_start(struct driver *d, unsigned i, struct state_key *key)
{
	uint32_t id = broker_ask_start(d, i, &d->store.records[i]);
	struct super_spawn who;
	struct msg m;
	enum err e;

	e = broker_until_spawn(d, id, &who);
	if (!e && !is_worker(&who, i))
		e = ERR_ARG;
	if (e)
		return e;
	worker_give(d, i);
	e = broker_wait_done(d, id, WAIT_MS);
	if (e)
		return e;
	if (!play_receive(&d->workers[i], &m, WAIT_MS) || m.type != STATE_KEY)
		return ERR_TIMEOUT;
	return state_key_decode(m.body, m.len, key);
}

void broker_provision(struct driver *d)
{
	struct approval a;
	struct msg m;

	keeper_start(d, "provision");
	a = authority_approve(d, PCRS, d->hierarchy);
	must(broker_init(d, &a, true), "platform init");
	if (!play_receive(&d->super, &m, WAIT_MS) || m.type != SUPER_PIN)
		die("the pTPM's key is pinned", ERR_TIMEOUT);
	memcpy(d->pin, m.body, TPM_NAME_SIZE);
	d->pinned = true;
	must(broker_create(d, 0), "create");
	keeper_stop(d, SIGTERM);
}
