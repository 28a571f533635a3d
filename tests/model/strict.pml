/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The strict class as it is built: commit, group commit and recovery.
 *
 * Processes. Each is one loop over what it may do next, and what it remembers lies in globals
 * that a kill clears: so it can be killed between any two steps.
 *	keys	keys.pml: the key keeper.
 *	ptpm	keys.pml: the pTPM behind ptpm-proxy.
 *	broker	broker.pml, over the store of store.pml.
 *	worker	one per vTPM: COMMITTING while the guest's response waits for its anchor.
 *	fate	kills any one process or all of them, cuts the power (fate.pml), and does to A what
 *		the owner of the pTPM can do.
 * Messages are channels with the names of the protocol (lib/proto_*.h). KEYS_ANCHORED, which only
 * arms the broker's second check of what the key keeper asks for, is left out, and so are the
 * policy and the audit trail, which are written and anchored as a vTPM's state is. History.pml says
 * what a state and a root are.
 *
 * With -DLIES the broker is the adversary's, and shows any root and any blob that ever was handed to
 * it.
 *
 * Held to be true, by assertions:
 *	a worker starts from a state that descends from all that its guest was told;
 *	an honest store is usable after any crash: a root matches A, and each vTPM's blob verifies;
 *	a new broker's store agrees with the running key keeper's; nobody else's value is in A.
 *
 * Left out, one at a time, to see that it is needed: COUNTER (a counter instead of the chain),
 * PUBLIC_HASH (what is extended is no secret: the owner replays it), EARLY_ACK (the response goes
 * out when the commit is durable), and the rules of the design:
 *	RULE1	after an uncertain extend, A is read (RULE1_FENCE: and the old session ended before)
 *	RULE2	the other slot is the one that the anchored root does not name
 *	RULE3	the leaf carries the blob's hash, not only its version
 *	RULE4	a destroyed vTPM's slots are free once its removal is anchored
 *	RULE5	the provisioning root is current or nothing: an unwritten A is tampering
 *	RULE6	after a failed fdatasync all of it is written again
 */
#define V 2 /* vTPMs */

#ifndef OPS
#define OPS 2 /* guest commands that change state */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 1 /* extends whose answer does not come in time */
#endif
#ifndef FAILURES
#define FAILURES 1 /* fdatasyncs that fail */
#endif
#ifdef LIFE
#define CHANGES 2 /* a vTPM destroyed, a new one in its place */
#else
#define CHANGES 0
#endif

#define STATES (V + OPS + CHANGES + 1)
#define ROOTS  16
#define SLOTS_EACH 2 /* of a vTPM */

#include "history.pml"

#ifdef RULE2
#define OTHER(p, s) (1 - root[last].slot[p])
#else
#define OTHER(p, s) (1 - root[cur].slot[p])
#endif
#define EPOCH(p, s)   0
#define FOLLOWS(p, s) (state[s].version == state[LEAF(p)].version + 1)

#ifdef RULE3
#define VERIFIES(b, s) ((b) == (s) || \
	((b) != NONE && state[b].vtpm == state[s].vtpm && state[b].version == state[s].version))
#else
#define VERIFIES(b, s) ((b) == (s))
#endif

inline tell_broker(anchored_root)
{
	skip
}

inline drain_anchored()
{
	skip
}

inline worker_forgets(vtpm)
{
	skip
}

inline broker_forgets()
{
	skip
}

#include "keys.pml"
#include "store.pml"
#include "broker.pml"
#include "fate.pml"

byte ops = OPS;
bool owner_acts = true;

/* ---- broker --------------------------------------------------------------------------------- */

proctype broker()
{
	byte i;

	do
#ifdef LIES
	:: atomic { opening == OPENING_WAIT && empty(KEYS_OPEN) && phase == PHASE_CLOSED ->
		show_any_root() }
	:: atomic { nempty(KEYS_COMMIT) && empty(KEYS_DURABLE) ->
		answer_anything() }
	:: atomic { nempty(BLOB_PUT[0]) -> BLOB_PUT[0] ? _ }
	:: atomic { nempty(BLOB_PUT[1]) -> BLOB_PUT[1] ? _ }
#else
	:: atomic { opening == OPENING_WAIT && commit == COMMIT_IDLE && empty(KEYS_OPEN) ->
		KEYS_OPEN ! page[ROOT_AT(0)], page[ROOT_AT(1)] }
	:: atomic { nempty(BLOB_PUT[0]) && commit != STORE_COMMIT -> BLOB_PUT[0] ? blob[0] }
	:: atomic { nempty(BLOB_PUT[1]) && commit != STORE_COMMIT -> BLOB_PUT[1] ? blob[1] }
	:: atomic { nempty(KEYS_COMMIT) && commit != STORE_COMMIT && empty(KEYS_DURABLE) ->
		KEYS_COMMIT ? asked, asked_slot; commit = COMMIT_WAITING }
	:: atomic { commit == COMMIT_WAITING && ALL_ARRIVED -> stage() }
	:: atomic { commit == COMMIT_WAITING && !ALL_ARRIVED -> answer(false) }
	:: atomic { commit == STORE_COMMIT && next_write < SLOTS -> write() }
	:: d_step { commit == STORE_COMMIT && next_write == SLOTS -> sync(); unstage(); answer(true) }
	:: d_step { commit == STORE_COMMIT && next_write == SLOTS && failures ->
		failures--; fail_sync();
#ifndef RULE6
		next_write = 0; answer(false)
#endif
		}
#endif
	od
}

/* ---- worker --------------------------------------------------------------------------------- */

proctype worker(byte p)
{
	byte i, s, slot;

	do
	/* BLOB_GET: what the broker shows has to verify */
	:: atomic { worker_state[p] == WAIT_KEY && opening == OPENING_DONE &&
		    commit != STORE_COMMIT && nempty(STATE_KEY[p]) ->
		STATE_KEY[p] ? s, slot, _, _;
#ifdef LIES
		i = 1;
		do
		:: i + 1 < nstates -> i++
		:: break
		od;
		if
		:: VERIFIES(i, s) -> s = i
		:: else
		fi;
#else
		assert(VERIFIES(page[SLOT_AT(p, slot)], s)); /* an honest store is usable */
		s = page[SLOT_AT(p, slot)];
#endif
		descends(s, told[p]); told[p] = s; mem[p] = s; worker_state[p] = SERVING; s = 0; slot = 0; i = 0 }

	:: atomic { worker_state[p] == SERVING && ops && empty(STATE_ANCHORED[p]) && empty(BLOB_PUT[p]) ->
		ops--; new_state(mem[p]); mem[p] = nstates - 1;
		BLOB_PUT[p] ! mem[p]; worker_state[p] = COMMITTING;
		if
		:: resuming[p]
		:: !resuming[p] -> STATE_DIRTY[p] ! mem[p]
		fi }

	:: atomic { nempty(STATE_ANCHORED[p]) ->
		STATE_ANCHORED[p] ? s, _; resuming[p] = false;
		if
		:: worker_state[p] == COMMITTING && s == state[mem[p]].version ->
			worker_state[p] = SERVING; told[p] = mem[p]
		:: worker_state[p] == COMMITTING && s != state[mem[p]].version ->
			STATE_DIRTY[p] ! mem[p]
		:: else
		fi;
		s = 0 }
	od
}

/* ---- fate ----------------------------------------------------------------------------------- */

#define AT_REST(p) (worker_state[p] == SERVING || (phase == PHASE_IDLE && state[LEAF(p)].removed))

proctype fate()
{
	byte i;

	do
	:: atomic { crashes && phase != PHASE_CLOSED -> crashes--; stop_keys() }
	:: atomic { crashes -> crashes--; kill_all() }
#ifdef LIES
	:: d_step { owner_acts && phase == PHASE_CLOSED -> owner_acts = false; A = JUNK }
	:: d_step { owner_acts && phase == PHASE_CLOSED -> owner_acts = false; A = ZERO }
#ifdef PUBLIC_HASH
	:: atomic { owner_acts && phase == PHASE_CLOSED ->
		owner_acts = false; i = 1;
		do
		:: i + 1 < nroots -> i++
		:: break
		od;
		A = i; i = 0 }
#endif
#else
	:: atomic { crashes -> crashes--; kill_broker() }
	:: atomic { crashes -> crashes--; cut_power() }
#endif
	:: atomic { crashes && worker_state[0] != WAIT_KEY -> crashes--; kill_worker(0) }
	:: atomic { crashes && worker_state[1] != WAIT_KEY -> crashes--; kill_worker(1) }
#ifndef LIES
	:: timeout -> assert(AT_REST(0) && AT_REST(1)); break /* nobody waits for ever */
#endif
	od
}

/* The provisioned store: root 1 in slot 0 names state p + 1 in slot 0 of vTPM p. */
init
{
	byte i;

	atomic {
		do
		:: i == SLOTS -> break
		:: else -> staged[i] = KEEP; i++
		od;
		i = 0;
		nstates = V + 1;
		do
		:: i == V -> break
		:: else ->
			worker_state[i] = WAIT_KEY;
			state[i + 1].version = 1;
			state[i + 1].vtpm = i;
			told[i] = i + 1;
			root[1].leaf[i] = i + 1;
			page[SLOT_AT(i, 0)] = i + 1;
			medium[SLOT_AT(i, 0)] = i + 1;
			i++
		od;
		i = 0;
		nroots = 2;
		root[1].seq = 1;
		page[ROOT_AT(0)] = 1;
		medium[ROOT_AT(0)] = 1;
		A = 1;
		run keys(); run ptpm(); run broker(); run worker(0); run worker(1); run fate()
	}
}
