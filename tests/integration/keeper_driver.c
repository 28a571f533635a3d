/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_driver VTPMMGR-KEYS PTPM-DIR: the real key keeper against a real pTPM,
 * under a broker and workers that lie.
 */
#include "tests/integration/keeper_play.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void provision(struct driver *d)
{
	struct approval a, forged;
	struct msg m;

	keeper_start(d, "provision");
	check(d, broker_open(d, &d->store) == ERR_UNPROVISIONED, "an empty store is unprovisioned");
	a = authority_approve(d, 0x80ff, HIERARCHY_PLATFORM);
	forged = a;
	forged.sig.r[5] ^= 1;
	check(d, broker_init(d, &forged, false) == ERR_SIGNATURE,
	      "a forged approval provisions nothing");
	forged = authority_approve(d, 0x80ff, HIERARCHY_OWNER);
	check(d, broker_init(d, &forged, false) == ERR_DENIED,
	      "the owner hierarchy has to be asked for");
	check(d, broker_init(d, &a, false) == ERR_OK, "platform init");
	check(d, broker_init(d, &a, false) == ERR_EXISTS, "a second init is refused");
	if (!play_receive(&d->super, &m, WAIT_MS) || m.type != SUPER_PIN)
		die("the pTPM's key is pinned", ERR_TIMEOUT);
	memcpy(d->pin, m.body, TPM_NAME_SIZE);
	d->pinned = true;
	check(d, broker_create(d, 0) == ERR_OK, "create");
	check(d, broker_create(d, 0) == ERR_EXISTS, "a uuid exists once");
	keeper_stop(d, SIGTERM);
}

static void first_commit(struct driver *d, struct state_key *key)
{
	struct keys_status before, after;

	keeper_start(d, "keys");
	check(d, broker_open(d, &d->store) == ERR_OK, "the store opens again");
	before = broker_status(d);
	check(d, before.open && before.measured && before.pinned, "status: open, measured, pinned");
	check(d, broker_start(d, 0, key) == ERR_OK, "start, for the guest that the leaf names");
	after = broker_status(d);
	check(d, after.ptpm_commands - before.ptpm_commands <= 7,
	      "the first start is at most 8 pTPM commands, its first commit included");
	check(d, key->current.version == 0 && key->quota == QUOTA_MIN, "a new vTPM has no state");
	before = after;
	worker_dirty(d, 0, 1);
	check(d, worker_told(d, 0, WAIT_MS) == 1, "version 1 is anchored");
	after = broker_status(d);
	check(d, after.ptpm_commands - before.ptpm_commands == 1, "a commit is one pTPM command");
	check(d, after.states == 1 && after.extends == 1, "and is counted");
}

static void stall(struct driver *d)
{
	d->commit_mood = FAILING;
	worker_dirty(d, 0, 2);
	check(d, worker_stalled(d, 0, WAIT_MS) == 1, "a store that fails is known to fail");
	check(d, worker_told(d, 0, 300) == 0, "nothing is acknowledged that is not durable");
	check(d, broker_status(d).stalled, "and status says so");
	d->commit_mood = HONEST;
	check(d, worker_told(d, 0, WAIT_MS) == 2, "what is durable again is acknowledged");
	check(d, worker_stalled(d, 0, WAIT_MS) == 0, "the worker is told that it may go on");
	check(d, !broker_status(d).stalled, "the store works again");
}

static void restart(struct driver *d, const struct state_key *key)
{
	struct state_key again;
	struct keys_status before;

	keeper_stop(d, SIGKILL);
	keeper_start(d, "keys");
	worker_give(d, 0);
	worker_resume(d, 0, 2);
	check(d, broker_open(d, &d->store) == ERR_OK, "kill -9: the store opens again");
	check(d, worker_told(d, 0, WAIT_MS) == 2, "a running worker is told what is anchored");
	worker_dirty(d, 0, 3);
	check(d, worker_told(d, 0, WAIT_MS) == 3, "and goes on");
	worker_exited(d, 0);
	before = broker_status(d);
	check(d, broker_start(d, 0, &again) == ERR_OK, "a dead worker's vTPM starts again");
	check(d, broker_status(d).ptpm_commands - before.ptpm_commands <= 7,
	      "in at most 8 pTPM commands, its first commit included");
	check(d, memcmp(again.key, key->key, sizeof(key->key)) == 0, "with the same state key");
	check(d, again.current.version == 3, "and its last state");
}

/* What is refused by what is anchored, whatever the broker says. */
static void lying_broker(struct driver *d)
{
	struct record_slot bent = d->store.records[0];
	struct msg m;

	worker_dirty(d, 0, 5);
	broker_serve_for(d, 100);
	check(d, !play_receive(&d->workers[0], &m, 500),
	      "a worker that skips a version loses its channel");
	keeper_stop(d, SIGKILL);
	keeper_start(d, "keys");
	check(d, broker_open(d, &d->store) == ERR_OK, "the others go on");
	check(d, broker_create(d, 0) == ERR_EXISTS, "a refused change is no error of the store");
	bent.bytes[40] ^= 1;
	check(d, broker_wait_done(d, broker_ask_start(d, 0, &bent), WAIT_MS) == ERR_TAMPERED,
	      "a bent record");
	check(d, broker_start(d, 0, &(struct state_key){0}) == ERR_OK, "the true record");
	for (uint64_t version = 4; version <= 5; version++) {
		worker_dirty(d, 0, version);
		check(d, worker_told(d, 0, WAIT_MS) == version, "the next versions are anchored");
	}
	keeper_stop(d, SIGKILL);
}

/* And whatever the disk says. */
static void lying_disk(struct driver *d, const struct store *yesterday)
{
	static struct store bent;

	keeper_start(d, "keys");
	check(d, broker_open(d, yesterday) == ERR_ROLLBACK, "yesterday's store is a rollback");
	bent = d->store;
	for (int i = 0; i < 2; i++)
		bent.root[i].bytes[100] ^= 1;
	check(d, broker_open(d, &bent) == ERR_ROLLBACK, "a bent root is not the anchored one");
	bent = d->store;
	bent.header[0].bytes[100] ^= 1;
	check(d, broker_open(d, &bent) == ERR_TAMPERED, "a bent boot header");
	check(d, broker_open(d, &d->store) == ERR_OK, "today's store opens");
	keeper_stop(d, SIGTERM);
}

int main(int argc, char *argv[])
{
	static struct driver d;
	static struct store yesterday;
	struct state_key key;

	play_begin(&d, argc, argv);
	provision(&d);
	first_commit(&d, &key);
	stall(&d);
	restart(&d, &key);
	yesterday = d.store;
	lying_broker(&d);
	lying_disk(&d, &yesterday);
	return play_end(&d);
}
