/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_recover VTPMMGR-KEYS PTPM-DIR: yesterday's store is put back, over a bus that
 * loses commands and answers, by key keepers that are killed and brokers that fail.
 */
#include "lib/anchor.h"
#include "tests/integration/keeper_play.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* The store as it was when vTPM 0 had anchored this version, in an epoch of its own. */
#define YESTERDAY 2
static struct store yesterday;
static uint64_t used[8]; /* the last root number of each history there was */
static unsigned nused;

/* ---- requests ------------------------------------------------------------------------------- */

static void view(const struct store *s, struct keys_open *q)
{
	for (int i = 0; i < 2; i++) {
		q->header[i] = s->header[i].bytes;
		q->header_len[i] = (uint32_t)s->header[i].len;
		q->root[i] = s->root[i].bytes;
		q->root_len[i] = (uint32_t)s->root[i].len;
	}
}

static enum err inspect(struct driver *d, struct keys_inspected *out)
{
	struct keys_open q;
	struct keys_done done;
	struct msg m;
	size_t len;

	view(&d->store, &q);
	must(keys_open_encode(&q, play_buffer, sizeof(play_buffer), &len), "inspect");
	play_send(&d->broker, KEYS_INSPECT, ++d->next_id, len);
	while (play_receive(&d->broker, &m, WAIT_MS)) {
		if (m.id == d->next_id && m.type == KEYS_INSPECTED)
			return keys_inspected_decode(m.body, m.len, out);
		if (m.id == d->next_id && m.type == KEYS_DONE &&
		    keys_done_decode(m.body, m.len, &done) == ERR_OK) {
			printf("   (%s: %s)\n", err_name(err_from_wire(done.err)), done.detail);
			return err_from_wire(done.err);
		}
	}
	return ERR_TIMEOUT;
}

static uint32_t ask_recover(struct driver *d, const struct recovery *r,
			    const struct crypt_signature *sig)
{
	struct keys_recover q = {.recovery = *r, .sig = *sig};
	size_t len;

	view(&d->store, &q.open);
	must(keys_recover_encode(&q, play_buffer, sizeof(play_buffer), &len), "recover");
	play_send(&d->broker, KEYS_RECOVER, ++d->next_id, len);
	return d->next_id;
}

static enum err recover(struct driver *d, const struct recovery *r)
{
	struct crypt_signature sig;
	struct digest digest;

	must(recovery_digest(r, &digest), "digest");
	authority_sign(d, &digest, &sig);
	return broker_wait_done(d, ask_recover(d, r, &sig), WAIT_MS);
}

static struct root *root_in(const struct slot *s)
{
	static struct root r;

	must(root_decode(s->bytes, s->len, &r), "the root decodes");
	return &r;
}

/* The newest root of what is there, for A as it is. */
static struct recovery statement(struct driver *d)
{
	struct keys_inspected found;
	struct recovery r = {0};
	uint64_t seq[2];
	int newest;

	must(inspect(d, &found), "inspect");
	for (int i = 0; i < 2; i++)
		seq[i] = root_in(&d->store.root[i])->seq;
	newest = seq[1] > seq[0];
	memcpy(r.store, found.store, UUID_SIZE);
	r.anchor = found.anchor;
	r.root = found.roots[newest].digest;
	return r;
}

static bool is_closed(struct driver *d)
{
	return !broker_status(d).open && broker_open(d, &d->store) != ERR_OK;
}

/* A key keeper that has found yesterday's store in the place of today's. */
static void begin(struct driver *d, enum err why)
{
	d->store = yesterday;
	keeper_start(d, "keys");
	if (broker_open(d, &d->store) != why)
		die("the store is refused", ERR_STATE);
}

/* ---- what it was ---------------------------------------------------------------------------- */

static void live(struct driver *d)
{
	struct state_key key;

	d->promised = d->asked = (struct freshness){.fresh = FRESHNESS_SESSION};
	broker_provision(d);
	keeper_start(d, "keys");
	must(broker_open(d, &d->store), "the store opens");
	must(broker_start(d, 0, &key), "start");
	for (uint64_t v = 1; v <= 4; v++) {
		worker_dirty(d, 0, v);
		if (worker_told(d, 0, WAIT_MS) != v)
			die("a state is anchored", ERR_TIMEOUT);
		if (v == YESTERDAY)
			yesterday = d->store;
	}
	used[nused++] = broker_status(d).seq;
	keeper_stop(d, SIGTERM);
}

/* ---- who may not ---------------------------------------------------------------------------- */

static void candidates(struct driver *d)
{
	struct keys_inspected found = {0};
	int older = root_in(&d->store.root[0])->seq > root_in(&d->store.root[1])->seq;

	check(d,
	      inspect(d, &found) == ERR_OK && found.finding == FOUND_ROLLBACK &&
		  found.roots[0].there && found.roots[1].there,
	      "a rollback is named, with both roots");
	check(d, found.roots[older].was_current && !found.roots[1 - older].was_current,
	      "of which the older one is known to have been current");
	d->store.root[older].bytes[100] ^= 1;
	check(d, inspect(d, &found) == ERR_OK && !found.roots[older].was_current,
	      "but not with a bit of it changed");
	d->store = yesterday;
}

static void refused(struct driver *d)
{
	const struct recovery good = statement(d);
	struct recovery r = good;
	EVP_PKEY *authority = d->authority;
	const struct crypt_point point = d->authority_point;

	authority_make(d);
	check(d, recover(d, &good) == ERR_SIGNATURE, "another key's signature is refused");
	EVP_PKEY_free(d->authority);
	d->authority = authority;
	d->authority_point = point;
	r.root.b[0] ^= 1;
	check(d, recover(d, &r) == ERR_UNAPPROVED, "one for a root that is not there");
	r = good;
	r.anchor.b[0] ^= 1;
	check(d, recover(d, &r) == ERR_UNAPPROVED, "one for another value of A");
	r = good;
	r.store[0] ^= 1;
	check(d, recover(d, &r) == ERR_UNAPPROVED, "one for another store");
	check(d, is_closed(d), "the store stays closed");
	memset(d->store.root, 0, sizeof(d->store.root));
	check(d, recover(d, &good) == ERR_UNAPPROVED, "one for a root that is not there any more");
	d->store = yesterday;
}

/* ---- what goes wrong on the way ------------------------------------------------------------- */

static void lost_commands(struct driver *d, const struct recovery *r)
{
	static const uint32_t steps[] = {TPM2_CC_ReadPublic,    TPM2_CC_NV_ReadPublic,
					 TPM2_CC_NV_Read,       TPM2_CC_StartAuthSession,
					 TPM2_CC_PolicyNV,      TPM2_CC_PolicyAuthorize,
					 TPM2_CC_Load,          TPM2_CC_Unseal,
					 TPM2_CC_GetCapability, TPM2_CC_NV_Extend};
	bool closed = true;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		relay_fault(d->relay, FAULT_DROP_COMMAND, steps[i], 1);
		closed &= recover(d, r) != ERR_OK && !broker_status(d).open;
		relay_fault(d->relay, FAULT_NONE, 0, 0);
	}
	check(d, closed, "whichever command is lost, the store stays closed");
	check(d, broker_open(d, &d->store) == ERR_ROLLBACK, "and A is as it was");
}

static void failing_broker(struct driver *d, const struct recovery *r)
{
	struct crypt_signature sig;
	struct digest digest;
	unsigned commits;

	d->commit_mood = FAILING;
	check(d, recover(d, r) == ERR_IO && is_closed(d), "a store that cannot be written");
	d->commit_mood = SILENT;
	must(recovery_digest(r, &digest), "digest");
	authority_sign(d, &digest, &sig);
	commits = d->ncommits;
	ask_recover(d, r, &sig);
	broker_until_commit(d, commits);
	broker_replace(d, true);
	d->commit_mood = HONEST;
	check(d, is_closed(d), "a broker that dies over it");
}

static void killed_before(struct driver *d, const struct recovery *r)
{
	struct crypt_signature sig;
	struct digest digest;

	must(recovery_digest(r, &digest), "digest");
	authority_sign(d, &digest, &sig);
	relay_fault(d->relay, FAULT_HOLD_COMMAND, TPM2_CC_NV_Extend, 1);
	ask_recover(d, r, &sig);
	broker_until_held(d);
	keeper_stop(d, SIGKILL);
	keeper_start(d, "keys");
	check(d, broker_open(d, &d->store) == ERR_ROLLBACK,
	      "killed between the writes and the extend: nothing was put back");
}

/* Of a root that is not anchored there would be two histories: the one that was signed for, and
 * his.
 */
static void hasty_broker(struct driver *d, const struct recovery *r)
{
	struct crypt_signature sig;
	struct digest digest;
	struct state_key key;
	uint32_t id;

	must(recovery_digest(r, &digest), "digest");
	authority_sign(d, &digest, &sig);
	/* After one that failed the next is put off a little. */
	d->commit_mood = FAILING;
	check(d, recover(d, r) == ERR_IO, "a store that cannot be written again");
	id = ask_recover(d, r, &sig);
	check(d, broker_start(d, 0, &key) != ERR_OK,
	      "nothing is started from a root before it is put back");
	check(d, broker_wait_done(d, id, WAIT_MS) == ERR_IO && is_closed(d),
	      "which then is not put back");
	d->commit_mood = HONEST;
}

/* ---- and what it is afterwards -------------------------------------------------------------- */

/* Far from every number of every history that was given up. */
static bool is_new(uint64_t seq)
{
	for (unsigned i = 0; i < nused; i++)
		if (seq - used[i] < UINT32_MAX || used[i] - seq < UINT32_MAX)
			return false;
	used[nused++] = seq;
	return true;
}

static void is_yesterdays(struct driver *d)
{
	const struct root *r = root_in(&d->store.root[0]);
	struct keys_status s = broker_status(d);
	struct state_key key;

	if (r->seq != s.seq)
		r = root_in(&d->store.root[1]);
	check(d, s.recovered && r->recovered && r->leaves[0].recovered, "   root and leaf say so");
	check(d, r->leaves[0].epoch == 0, "   no session state of what was given up counts");
	check(d, is_new(s.seq), "   no root number is used twice");
	check(d,
	      broker_start(d, 0, &key) == ERR_OK && key.current.version == YESTERDAY &&
		  key.epoch == 0,
	      "   the vTPM has yesterday's state");
	worker_dirty(d, 0, YESTERDAY + 1);
	check(d, worker_told(d, 0, WAIT_MS) == YESTERDAY + 1, "   and goes on from there");
	check(d, broker_status(d).recovered, "   which does not take the mark away");
}

static void put_back(struct driver *d, const struct recovery *r)
{
	relay_fault(d->relay, FAULT_DROP_ANSWER, TPM2_CC_NV_Extend, 1);
	check(d, recover(d, r) == ERR_OK, "put back, although the extend's answer was lost");
	check(d, broker_open(d, &d->store) == ERR_OK, "   the store is open");
	is_yesterdays(d);
	check(d, recover(d, r) == ERR_STATE, "an open store is not recovered");
	keeper_stop(d, SIGTERM);
	begin(d, ERR_ROLLBACK);
	check(d, recover(d, r) == ERR_UNAPPROVED, "that signature was for once");
	keeper_stop(d, SIGTERM);
}

static void killed_after(struct driver *d)
{
	struct crypt_signature sig;
	struct recovery r;
	struct digest digest;

	begin(d, ERR_ROLLBACK);
	r = statement(d);
	must(recovery_digest(&r, &digest), "digest");
	authority_sign(d, &digest, &sig);
	relay_fault(d->relay, FAULT_HOLD_ANSWER, TPM2_CC_NV_Extend, 1);
	ask_recover(d, &r, &sig);
	broker_until_held(d);
	keeper_stop(d, SIGKILL);
	keeper_start(d, "keys");
	check(d, broker_open(d, &d->store) == ERR_OK, "killed after the extend: it was put back");
	is_yesterdays(d);
	keeper_stop(d, SIGTERM);
}

/* ---- A is missing --------------------------------------------------------------------------- */

static void missing(struct driver *d)
{
	const struct anchor_handles h = anchor_handles(d->hierarchy);
	struct keys_inspected found;
	struct recovery before, r;

	begin(d, ERR_ROLLBACK);
	before = statement(d);
	keeper_stop(d, SIGTERM);
	check(d, raw_undefine(d, TPM2_RH_PLATFORM, h.a) == 0, "A is undefined by who may");
	begin(d, ERR_TAMPERED);
	check(d, recover(d, &before) == ERR_TAMPERED, "what was signed before helps nobody");
	relay_fault(d->relay, FAULT_DROP_COMMAND, TPM2_CC_NV_DefineSpace, 1);
	check(d, inspect(d, &found) != ERR_OK, "the definition is lost");
	relay_fault(d->relay, FAULT_DROP_ANSWER, TPM2_CC_NV_DefineSpace, 1);
	check(d, inspect(d, &found) != ERR_OK, "its answer is lost");
	relay_fault(d->relay, FAULT_DROP_COMMAND, TPM2_CC_NV_Extend, 1);
	check(d, inspect(d, &found) != ERR_OK, "defined, but not written");
	check(d, broker_open(d, &d->store) == ERR_TAMPERED, "is not taken for a first use");
	relay_fault(d->relay, FAULT_DROP_ANSWER, TPM2_CC_NV_Extend, 1);
	check(d, inspect(d, &found) != ERR_OK, "written, but nobody was told");
	r = statement(d);
	check(d, !digest_equal(&r.anchor, &before.anchor), "A has a value of its own then");
	check(d, recover(d, &before) == ERR_UNAPPROVED, "which is not what was signed for");
	check(d, recover(d, &r) == ERR_OK && broker_open(d, &d->store) == ERR_OK,
	      "what is signed for it puts the store back");
	is_yesterdays(d);
	keeper_stop(d, SIGTERM);
	check(d, raw_undefine(d, TPM2_RH_PLATFORM, h.a) == 0, "undefined once more");
	begin(d, ERR_TAMPERED);
	must(inspect(d, &found), "inspect");
	check(d, recover(d, &r) == ERR_UNAPPROVED, "that signature was for once, too");
	keeper_stop(d, SIGTERM);
}

int main(int argc, char *argv[])
{
	static struct driver d;
	struct recovery r;

	play_begin(&d, argc, argv);
	live(&d);
	begin(&d, ERR_ROLLBACK);
	candidates(&d);
	refused(&d);
	r = statement(&d);
	lost_commands(&d, &r);
	failing_broker(&d, &r);
	hasty_broker(&d, &r);
	killed_before(&d, &r);
	put_back(&d, &r);
	killed_after(&d);
	missing(&d);
	return play_end(&d);
}
