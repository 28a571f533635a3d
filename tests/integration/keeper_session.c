/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_session VTPMMGR-KEYS PTPM-DIR: the real key keeper with vTPMs of class
 * session and with wear budgets, under a broker that asks for more than was promised.
 */
#include "tests/integration/keeper_play.h"

#include <signal.h>
#include <string.h>

#define LONG 300 /* enough to see that nothing comes */

enum { STRICT, SESSION, DEGRADES, STALLS, NVTPMS };

static const struct freshness promises[NVTPMS] = {
    [STRICT] = {FRESHNESS_STRICT, BUDGET_STALL, 0},
    [SESSION] = {FRESHNESS_SESSION, BUDGET_STALL, 0},
    [DEGRADES] = {FRESHNESS_STRICT, BUDGET_DEGRADE, 3},
    [STALLS] = {FRESHNESS_STRICT, BUDGET_STALL, 2},
};

static const struct freshness anything = {FRESHNESS_SESSION, BUDGET_DEGRADE, 1};

static void create_all(struct driver *d)
{
	for (unsigned i = STRICT + 1; i < NVTPMS; i++) {
		d->promised = promises[i];
		must(broker_create(d, i), "create");
	}
}

static bool starts(struct driver *d, unsigned i, const struct freshness *asked,
		   struct state_key *key)
{
	d->asked = *asked;
	return broker_start(d, i, key) == ERR_OK;
}

static bool anchors(struct driver *d, unsigned i, uint64_t version)
{
	worker_dirty(d, i, version);
	return worker_told(d, i, WAIT_MS) == version;
}

/* ---- epochs --------------------------------------------------------------------------------- */

static void epochs(struct driver *d)
{
	struct state_anchored a;
	struct state_key key;

	check(d, starts(d, SESSION, &promises[SESSION], &key), "class session starts");
	check(d, key.slots == SLOTS_SESSION && key.fresh == FRESHNESS_SESSION && key.epoch == 0,
	      "with three slots, in its class, without an epoch yet");
	worker_dirty(d, SESSION, 1);
	a = worker_anchored(d, SESSION, WAIT_MS);
	check(d, a.version == 1 && a.epoch == broker_status(d).seq, "its epoch is its root's");
	worker_dirty(d, SESSION, 5);
	a = worker_anchored(d, SESSION, WAIT_MS);
	check(d, a.version == 5 && a.epoch == broker_status(d).seq,
	      "versions between were not anchored; the epoch is a new one");
	worker_exited(d, SESSION);
	check(d, starts(d, SESSION, &promises[SESSION], &key) && key.epoch == a.epoch,
	      "a run that did not end is known by its epoch");
	worker_dirty(d, SESSION, 9);
	check(d, worker_anchored(d, SESSION, WAIT_MS).epoch > a.epoch, "the next one gets its own");
	worker_ends(d, SESSION, 10);
	a = worker_anchored(d, SESSION, WAIT_MS);
	check(d, a.version == 10 && a.epoch == 0, "no session state counts after the last one");
	worker_exited(d, SESSION);
	check(d, starts(d, SESSION, &promises[SESSION], &key) && key.epoch == 0,
	      "nor at the next start");
	check(d, anchors(d, SESSION, 11), "which is anchored");
}

/* ---- what was promised ---------------------------------------------------------------------- */

static void promises_hold(struct driver *d)
{
	struct state_anchored a;
	struct state_key key;

	check(d,
	      starts(d, STRICT, &anything, &key) && key.fresh == FRESHNESS_STRICT &&
		  key.slots == SLOTS_STRICT,
	      "a strict vTPM stays strict, whatever is asked");
	worker_dirty(d, STRICT, 1);
	a = worker_anchored(d, STRICT, WAIT_MS);
	check(d, a.version == 1 && a.epoch == 0, "and has no epochs");
	broker_terms(d, STRICT);
	check(d, worker_freshness(d, STRICT, LONG) == -1, "nor does it change while it runs");
	d->asked = promises[STRICT];
	broker_terms(d, SESSION);
	check(d, worker_freshness(d, SESSION, WAIT_MS) == FRESHNESS_STRICT,
	      "a session vTPM can be made strict");
	d->asked = anything;
	broker_terms(d, SESSION);
	check(d, worker_freshness(d, SESSION, WAIT_MS) == FRESHNESS_SESSION, "and be one again");
}

/* A new key keeper knows no terms: until it is told, every vTPM is strict. */
static void restart(struct driver *d)
{
	keeper_stop(d, SIGKILL);
	keeper_start(d, "keys");
	worker_give(d, SESSION);
	worker_resume(d, SESSION, 11);
	check(d, broker_open(d, &d->store) == ERR_OK, "kill -9: the store opens again");
	check(d, worker_anchored(d, SESSION, WAIT_MS).epoch == broker_status(d).seq - 1,
	      "a running worker is told its version and epoch");
	check(d, worker_freshness(d, SESSION, WAIT_MS) == FRESHNESS_STRICT,
	      "it is strict until the terms are known");
	d->asked = promises[SESSION];
	broker_terms(d, SESSION);
	check(d, worker_freshness(d, SESSION, WAIT_MS) == FRESHNESS_SESSION,
	      "and of its class then");
	worker_exited(d, SESSION);
}

/* ---- budgets -------------------------------------------------------------------------------- */

static void degrades(struct driver *d)
{
	struct state_key key;
	struct keys_wear w;

	check(d, starts(d, DEGRADES, &promises[DEGRADES], &key) && key.fresh == FRESHNESS_STRICT,
	      "a vTPM with a budget starts strict");
	check(d, anchors(d, DEGRADES, 1) && anchors(d, DEGRADES, 2), "within it");
	w = broker_wear(d, DEGRADES);
	check(d,
	      w.used == 2 && w.budget == 3 && w.fresh == FRESHNESS_STRICT && w.left > 86000 &&
		  w.left <= BUDGET_WINDOW_S,
	      "its use is counted");
	worker_dirty(d, DEGRADES, 3);
	check(d, worker_freshness(d, DEGRADES, WAIT_MS) == FRESHNESS_SESSION,
	      "with the last one of the day it is of class session");
	check(d, worker_told(d, DEGRADES, WAIT_MS) == 3, "before that one is acknowledged");
	check(d, anchors(d, DEGRADES, 8), "what must be anchored is, even so");
	w = broker_wear(d, DEGRADES);
	check(d, w.used == 4 && w.fresh == FRESHNESS_SESSION && !w.stalled, "and is counted");
	worker_exited(d, DEGRADES);
	check(d, starts(d, DEGRADES, &promises[DEGRADES], &key) && key.fresh == FRESHNESS_SESSION,
	      "a restart of its worker begins no new day");
	worker_exited(d, DEGRADES);
	check(d, starts(d, DEGRADES, &promises[STRICT], &key) && key.fresh == FRESHNESS_STRICT,
	      "a policy without a budget makes it strict");
	check(d, broker_status(d).degraded == 0, "then it is not degraded");
	d->asked = (struct freshness){FRESHNESS_STRICT, BUDGET_DEGRADE, 1};
	broker_terms(d, DEGRADES);
	check(d, broker_wear(d, DEGRADES).budget == promises[DEGRADES].commits_per_day,
	      "no policy makes it degrade earlier");
	d->asked = promises[DEGRADES];
	broker_terms(d, DEGRADES);
	check(d, broker_status(d).degraded == 1, "degraded again, and counted");
}

static void stalls(struct driver *d)
{
	struct state_key key;
	struct keys_wear w;

	check(d, starts(d, STALLS, &promises[STALLS], &key), "one that stalls starts");
	check(d, anchors(d, STALLS, 1), "its first state");
	check(d, worker_stalled(d, STALLS, LONG) == -1, "is within its budget");
	worker_dirty(d, STALLS, 2);
	check(d, worker_stalled(d, STALLS, WAIT_MS) == STALL_BUDGET, "its second was the last one");
	check(d, worker_told(d, STALLS, WAIT_MS) == 2, "which is said before it is acknowledged");
	w = broker_wear(d, STALLS);
	check(d, w.stalled && w.used == 2 && w.fresh == FRESHNESS_STRICT, "which can be asked");
	check(d, broker_status(d).exhausted == 1, "and is counted");
	check(d, !broker_status(d).stalled, "the platform is not stalled");
	check(d, worker_stalled(d, DEGRADES, LONG) == -1, "no other vTPM is told so");
	check(d, broker_wear(d, SESSION).used == 0, "nor has it used anything of another's");
	worker_ends(d, STALLS, 3);
	check(d, worker_told(d, STALLS, WAIT_MS) == 3, "its last state is anchored all the same");
	worker_exited(d, STALLS);
	check(d, starts(d, STALLS, &promises[STALLS], &key), "it starts again");
	check(d, worker_stalled(d, STALLS, WAIT_MS) == STALL_BUDGET, "into the same day");
	d->commit_mood = FAILING;
	worker_dirty(d, STALLS, 4);
	check(d, worker_stalled(d, STALLS, WAIT_MS) == STALL_FAILS, "a store that fails is worse");
	d->commit_mood = HONEST;
	check(d, worker_told(d, STALLS, WAIT_MS) == 4, "works again");
	check(d, worker_stalled(d, STALLS, WAIT_MS) == STALL_BUDGET, "and the day goes on");
}

int main(int argc, char *argv[])
{
	static struct driver d;

	play_begin(&d, argc, argv);
	broker_provision(&d);
	keeper_start(&d, "keys");
	must(broker_open(&d, &d.store), "open");
	create_all(&d);
	epochs(&d);
	promises_hold(&d);
	restart(&d);
	degrades(&d);
	stalls(&d);
	keeper_stop(&d, SIGTERM);
	return play_end(&d);
}
