/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The strict class as it is built: commit, group commit and recovery.
 *
 * Processes. Each is one loop over what it may do next, and what it remembers lies in globals
 * that a kill clears: so it can be killed between any two steps.
 *	keys	the key keeper: keys_commit.c, keys_open.c, keys_pick.c. `phase` is its PHASE_*.
 *		`extending` stands for the time inside anchor_extend(), which waits for the pTPM.
 *	broker	commit.c, store.c, opening.c. `commit` is its COMMIT_*; STORE_COMMIT stands for the
 *		time inside store_commit(). `staged` is store.c's list: what has to be written
 *		before the next fdatasync, kept when one fails.
 *	worker	one per vTPM: WORKER_HELD while the guest's response waits for its anchor.
 *	ptpm	the pTPM behind ptpm-proxy: A, the command under way, and one that was timed out
 *		but is still queued (`late`).
 *	fate	kills any one process or all of them, cuts the power, and does to A what the
 *		owner of the pTPM can do.
 * Messages are channels with the names of the protocol (lib/proto_*.h). KEYS_ANCHORED, which only
 * arms the broker's second check of what the key keeper asks for, is left out, and so are the
 * policy and the audit trail, which are written and anchored as a vTPM's state is.
 *
 * The store. A slot's content is the number of a state or of a root; 0 is an empty or torn one.
 * `page` is what a read returns, `medium` what a power cut leaves. An unsynced page is old, new or
 * torn after a power cut; one that was already replaced may have reached the medium. A failed
 * fdatasync leaves pages that look written and never will be (page and medium differ, not
 * unsynced); opening the store lets go of them.
 * With -DLIES there is no store: the broker is the adversary's. It confirms what it never wrote,
 * refuses what it could write, and shows any root and any blob that ever was handed to it.
 *
 * Freshness. A root is (prev, leaves): extending r onto the value `prev` gives the value r, any
 * other extend JUNK. Roots with the same content are the same. A state has its parent, so that
 * "lost" and "rolled back" are one thing: told[p], the newest state whose effects a guest of
 * vTPM p has seen, is not an ancestor of the state that its next worker starts from.
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
#define SLOTS  (2 * V + 2)

#define STATE_AT(p, s) (2 * (p) + (s))
#define ROOT_AT(s)     (2 * V + (s))

#define NONE 0
#define ZERO 0   /* A as it is defined anew */
#define JUNK 255 /* a value of A that no root gives */
#define KEEP 255 /* nothing staged for this slot */

mtype = { PHASE_CLOSED, PHASE_IDLE, PHASE_WRITING, PHASE_UNCERTAIN };
mtype = { OPENING_WAIT, OPENING_DONE };
mtype = { COMMIT_IDLE, COMMIT_WAITING, STORE_COMMIT, COMMIT_DURABLE };
mtype = { WORKER_DOWN, WORKER_SERVING, WORKER_HELD };
mtype = { UPDATE, DESTROY, CREATE };

/* ---- what exists ---------------------------------------------------------------------------- */

typedef Version {
	byte parent;
	byte version;
	bool vtpm;    /* whose */
	bool record;  /* not a worker's: it comes with KEYS_COMMIT */
	bool removed; /* nothing: the vTPM was destroyed */
};
Version state[STATES];
byte nstates;

typedef Root {
	byte prev;
	byte seq;
	byte leaf[V];
	byte slot[V];
};
Root root[ROOTS];
byte nroots;

byte told[V];

/* ---- the processes' memory ------------------------------------------------------------------ */

mtype phase = PHASE_CLOSED; /* keys */
bool broker_open;
bool extending;
byte cur, root_slot;
byte attempt, attempt_slot;
byte dirty[V];

mtype opening = OPENING_WAIT; /* broker */
mtype commit = COMMIT_IDLE;
byte asked, asked_slot; /* asked is NONE when who asked is gone */
byte blob[V];
byte staged[SLOTS];
byte next_write;

mtype worker_phase[V]; /* worker */
byte mem[V];
bool resuming[V]; /* by a new key keeper, which has not told yet what is anchored */

byte A; /* ptpm */
byte command, late;
bool answered;

byte page[SLOTS]; /* store */
byte medium[SLOTS];
bool unsynced[SLOTS];

byte ops = OPS, crashes = CRASHES, timeouts = TIMEOUTS, failures = FAILURES, changes = CHANGES;
bool owner_acts = true;

/* ---- the messages --------------------------------------------------------------------------- */

chan KEYS_OPEN = [1] of { byte, byte };	   /* the two root slots' content */
chan KEYS_COMMIT = [1] of { byte, byte };  /* root, its slot */
chan KEYS_DURABLE = [1] of { byte, bool }; /* root, durable */
chan STATE_KEY[V] = [1] of { byte, byte }; /* state, its slot */
chan STATE_DIRTY[V] = [1] of { byte };	   /* state: its version and its hash */
chan STATE_ANCHORED[V] = [1] of { byte };  /* a version, as in the code */
chan BLOB_PUT[V] = [1] of { byte };

inline drain(c)
{
	if
	:: nempty(c) -> c ? _
	:: empty(c)
	fi
}

inline drain2(c)
{
	if
	:: nempty(c) -> c ? _, _
	:: empty(c)
	fi
}

/* ---- freshness ------------------------------------------------------------------------------ */

#ifdef COUNTER
#define VALUE(r) root[r].seq
#define EXTEND(r) A = A + 1
#else
#define VALUE(r) (r)
#define EXTEND(r) A = (root[r].prev == A -> (r) : JUNK)
#endif

#ifdef RULE3
#define VERIFIES(b, s) ((b) == (s) || \
	((b) != NONE && state[b].vtpm == state[s].vtpm && state[b].version == state[s].version))
#else
#define VERIFIES(b, s) ((b) == (s))
#endif

inline is_told(vtpm, number)
{
	i = number;
	do
	:: i != told[vtpm] && i != NONE -> i = state[i].parent
	:: else -> break
	od;
	assert(i == told[vtpm]); /* nothing a guest was told of is lost or rolled back */
	told[vtpm] = number;
	i = 0
}

inline new_state(before)
{
	state[nstates].parent = before;
	state[nstates].version = state[before].version + 1;
	state[nstates].vtpm = state[before].vtpm;
	nstates++
}

/* ---- key keeper ----------------------------------------------------------------------------- */

#define LEAF(p)	   root[cur].leaf[p]
#define HOLDS(p)   (phase != PHASE_IDLE && root[attempt].leaf[p] != LEAF(p))
#define CHANGED(p) (root[asked].leaf[p] != root[root[asked].prev].leaf[p])

#ifdef RULE2
byte last, last_slot; /* the last attempt */
#define OTHER(p)   (1 - root[last].slot[p])
#define OTHER_ROOT (1 - last_slot)
#else
#define OTHER(p)   (1 - root[cur].slot[p])
#define OTHER_ROOT (1 - root_slot)
#endif

#ifdef RULE4
bool removing; /* a removal was asked for */
#define REGION_FREE (removing || state[LEAF(0)].removed)
#else
#define REGION_FREE state[LEAF(0)].removed
#endif

inline add_leaf(vtpm, number, at)
{
	root[nroots].leaf[vtpm] = number;
	root[nroots].slot[vtpm] = at
}

inline new_record(gone)
{
	new_state(LEAF(0));
	state[nstates - 1].record = true;
	state[nstates - 1].removed = gone;
	add_leaf(0, nstates - 1, 0)
}

/* Another root with the same content is this one. */
inline intern()
{
	i = 1;
	do
	:: i < nroots &&
	   (root[i].prev != root[nroots].prev || root[i].leaf[0] != root[nroots].leaf[0] ||
	    root[i].leaf[1] != root[nroots].leaf[1] || root[i].slot[0] != root[nroots].slot[0] ||
	    root[i].slot[1] != root[nroots].slot[1]) -> i++
	:: else -> break
	od;
	attempt = i;
	if
	:: i == nroots -> nroots++; assert(nroots < ROOTS)
	:: else
	fi;
	add_leaf(0, 0, 0);
	add_leaf(1, 0, 0);
	root[nroots].prev = 0;
	root[nroots].seq = 0;
	i = 0
}

/* root[nroots] is where the next one is made; it is zero when none is. */
inline begin(what)
{
	root[nroots].prev = cur;
	root[nroots].seq = root[cur].seq + 1;
	i = 0;
	do
	:: i == V -> break
	:: i < V && dirty[i] -> add_leaf(i, dirty[i], OTHER(i)); i++
	:: i < V && !dirty[i] -> add_leaf(i, LEAF(i), root[cur].slot[i]); i++
	od;
	if
	:: what == UPDATE
	:: what == DESTROY -> new_record(true)
	:: what == CREATE -> new_record(false)
	fi;
	attempt_slot = OTHER_ROOT;
	intern();
#ifdef RULE2
	last = attempt;
	last_slot = attempt_slot;
#endif
	phase = PHASE_WRITING;
	KEYS_COMMIT ! attempt, attempt_slot
}

inline adopt(number, at)
{
	cur = number;
	root_slot = at;
#ifdef RULE2
	last = number;
	last_slot = at;
#endif
	phase = PHASE_IDLE
}

inline anchored()
{
	i = 0;
	do
	:: i == V -> break
	:: i < V && dirty[i] && root[attempt].leaf[i] == dirty[i] ->
		dirty[i] = NONE;
		STATE_ANCHORED[i] ! state[root[attempt].leaf[i]].version;
		i++
	:: i < V && !(dirty[i] && root[attempt].leaf[i] == dirty[i]) ->
		if
		:: state[root[attempt].leaf[i]].removed -> told[i] = root[attempt].leaf[i]
		:: else
		fi;
		i++
	od;
	adopt(attempt, attempt_slot);
	attempt = NONE;
	attempt_slot = 0;
	i = 0
}

inline void_attempt()
{
	attempt = NONE;
	attempt_slot = 0;
	phase = PHASE_IDLE
}

/* The old session is flushed, or the proxy drops the dead peer's commands: none can land later. */
inline fence()
{
#ifndef RULE1_FENCE
	late = NONE;
#endif
	skip
}

inline settle()
{
	fence();
#ifdef RULE1
	void_attempt();
#else
	if
	:: A == VALUE(attempt) -> anchored()
	:: A == VALUE(cur) -> void_attempt()
	:: else ->
#ifndef LIES
		assert(A == VALUE(attempt) || A == VALUE(cur)); /* nobody else's value is in A */
#endif
		stop_keys()
	fi
#endif
}

/* What is said to the next key keeper begins with KEYS_OPEN and STATE_RESUME. */
inline stop_keys()
{
	phase = PHASE_CLOSED;
	broker_open = false;
	cur = NONE;
	root_slot = 0;
	attempt = NONE;
	attempt_slot = 0;
	late = (command -> command : late);
	command = NONE;
	extending = false;
	answered = false;
	asked = NONE;
	commit = (commit == STORE_COMMIT -> STORE_COMMIT : COMMIT_IDLE);
	opening = OPENING_WAIT;
#ifdef RULE2
	last = 0;
	last_slot = 0;
#endif
#ifdef RULE4
	removing = false;
#endif
	drain2(KEYS_OPEN);
	drain2(KEYS_COMMIT);
	drain2(KEYS_DURABLE);
	i = 0;
	do
	:: i == V -> break
	:: else ->
		dirty[i] = NONE;
		resuming[i] = (worker_phase[i] != WORKER_DOWN);
		drain2(STATE_KEY[i]);
		drain(STATE_DIRTY[i]);
		drain(STATE_ANCHORED[i]);
		i++
	od;
	i = 0
}

/* STATE_RESUME: each worker is told what is anchored. */
inline resume_all()
{
	i = 0;
	do
	:: i == V -> break
	:: i < V && worker_phase[i] != WORKER_DOWN ->
		STATE_ANCHORED[i] ! state[LEAF(i)].version;
		i++
	:: i < V && worker_phase[i] == WORKER_DOWN -> i++
	od;
	i = 0
}

inline recover(r0, r1)
{
	fence();
	if
	:: r0 != NONE && VALUE(r0) == A -> adopt(r0, 0)
	:: !(r0 != NONE && VALUE(r0) == A) && r1 != NONE && VALUE(r1) == A -> adopt(r1, 1)
#ifdef RULE5
	:: A == ZERO && r0 == 1 -> A = 1; adopt(1, 0)
#endif
	:: else ->
#ifndef LIES
		assert(A == VALUE(r0) || A == VALUE(r1)) /* an honest store has a current root */
#endif
	fi;
	if
	:: phase == PHASE_IDLE -> broker_open = true; opening = OPENING_DONE; resume_all()
	:: else -> opening = OPENING_WAIT
	fi
}

#define NEXT_OF(p) (state[dirty[p]].version == state[LEAF(p)].version + 1)

proctype keys()
{
	byte i, p, r0, r1;
	bool ok;

	do
	:: atomic { phase == PHASE_CLOSED && KEYS_OPEN ? [r0, r1] ->
		KEYS_OPEN ? r0, r1; recover(r0, r1); r0 = 0; r1 = 0 }
#ifndef LIES
	:: atomic { phase == PHASE_IDLE && KEYS_OPEN ? [r0, r1] ->
		KEYS_OPEN ? r0, r1;
		assert((root_slot -> r1 : r0) == cur); /* open_again: the store agrees */
		broker_open = true; opening = OPENING_DONE; r0 = 0; r1 = 0 }
#endif

	/* a vTPM is started when what is under way for it is settled */
	:: atomic { phase != PHASE_CLOSED && broker_open && !extending && !HOLDS(0) &&
		    worker_phase[0] == WORKER_DOWN && empty(STATE_KEY[0]) && !state[LEAF(0)].removed ->
		STATE_KEY[0] ! LEAF(0), root[cur].slot[0] }
	:: atomic { phase != PHASE_CLOSED && broker_open && !extending && !HOLDS(1) &&
		    worker_phase[1] == WORKER_DOWN && empty(STATE_KEY[1]) ->
		STATE_KEY[1] ! LEAF(1), root[cur].slot[1] }

	:: atomic { phase != PHASE_CLOSED && !extending && nempty(STATE_DIRTY[0]) ->
		STATE_DIRTY[0] ? dirty[0]; assert(NEXT_OF(0)) }
	:: atomic { phase != PHASE_CLOSED && !extending && nempty(STATE_DIRTY[1]) ->
		STATE_DIRTY[1] ? dirty[1]; assert(NEXT_OF(1)) }

	:: atomic { phase == PHASE_IDLE && broker_open && (dirty[0] || dirty[1]) -> begin(UPDATE) }
#ifdef LIFE
	:: atomic { phase == PHASE_IDLE && broker_open && changes == 2 &&
		    worker_phase[0] == WORKER_DOWN && empty(STATE_KEY[0]) ->
		changes--; begin(DESTROY)
#ifdef RULE4
		; removing = true
#endif
		}
	:: atomic { phase == PHASE_IDLE && broker_open && changes == 1 && REGION_FREE &&
		    worker_phase[0] == WORKER_DOWN && empty(STATE_KEY[0]) ->
		changes--; begin(CREATE) }
#endif

	:: atomic { phase == PHASE_WRITING && !extending && nempty(KEYS_DURABLE) ->
		KEYS_DURABLE ? r0, ok;
		if
		:: r0 != attempt
		:: r0 == attempt && !ok -> void_attempt()
		:: r0 == attempt && ok ->
			extending = true; command = attempt
#ifdef EARLY_ACK
			; p = 0;
			do
			:: p < V && dirty[p] == root[attempt].leaf[p] && worker_phase[p] == WORKER_HELD ->
				told[p] = mem[p]; p++
			:: p < V && !(dirty[p] == root[attempt].leaf[p] && worker_phase[p] == WORKER_HELD) -> p++
			:: p == V -> p = 0; break
			od
#endif
		fi;
		r0 = 0; ok = false }
	:: atomic { phase == PHASE_WRITING && !extending && !broker_open -> void_attempt() }
	:: atomic { extending && answered -> extending = false; answered = false; anchored() }
	:: atomic { extending && timeouts -> /* lost before, lost after it took effect, or queued */
		timeouts--; extending = false; answered = false; late = command; command = NONE;
		phase = PHASE_UNCERTAIN }
	:: atomic { phase == PHASE_UNCERTAIN -> settle() }
	:: atomic { phase == PHASE_UNCERTAIN && !broker_open -> stop_keys() }
	od
}

proctype ptpm()
{
	do
	:: d_step { command != NONE -> EXTEND(command); command = NONE; answered = true }
	:: d_step { late != NONE -> EXTEND(late); late = NONE }
	od
}

/* ---- broker --------------------------------------------------------------------------------- */

#define ARRIVED(p) \
	(!CHANGED(p) || blob[p] == root[asked].leaf[p] || state[root[asked].leaf[p]].record)

inline answer(ok_)
{
	if
	:: asked != NONE -> KEYS_DURABLE ! asked, ok_
	:: else
	fi;
	commit = (ok_ && asked -> COMMIT_DURABLE : COMMIT_IDLE);
	asked = NONE;
	asked_slot = 0
}

inline stage()
{
	i = 0;
	do
	:: i == V -> break
	:: i < V && CHANGED(i) && !state[root[asked].leaf[i]].removed ->
		staged[STATE_AT(i, root[asked].slot[i])] = root[asked].leaf[i];
		i++
	:: i < V && !(CHANGED(i) && !state[root[asked].leaf[i]].removed) -> i++
	od;
	staged[ROOT_AT(asked_slot)] = asked;
	i = 0;
	commit = STORE_COMMIT;
	find_write()
}

/* The next slot with something staged; SLOTS if there is none: the fdatasync. */
inline find_write()
{
	do
	:: next_write < SLOTS && staged[next_write] == KEEP -> next_write++
	:: else -> break
	od
}

inline write()
{
	if
	:: unsynced[next_write] -> medium[next_write] = page[next_write]
	:: true
	fi;
	page[next_write] = staged[next_write];
	unsynced[next_write] = true;
	next_write++;
	find_write()
}

inline sync()
{
	i = 0;
	do
	:: i == SLOTS -> break
	:: i < SLOTS && unsynced[i] -> medium[i] = page[i]; unsynced[i] = false; i++
	:: i < SLOTS && !unsynced[i] -> i++
	od;
	i = 0
}

inline unstage()
{
	i = 0;
	do
	:: i == SLOTS -> break
	:: else -> staged[i] = KEEP; i++
	od;
	i = 0;
	next_write = 0
}

inline fail_sync()
{
	i = 0;
	do
	:: i == SLOTS -> break
	:: else -> unsynced[i] = false; i++
	od;
	i = 0
}

/* store_open(): fdatasync, then what the cache holds is let go of. */
inline store_open()
{
	sync();
	do
	:: i == SLOTS -> break
	:: else -> page[i] = medium[i]; i++
	od;
	i = 0
}

proctype broker()
{
	byte i;

	do
#ifdef LIES
	:: atomic { opening == OPENING_WAIT && empty(KEYS_OPEN) && phase == PHASE_CLOSED ->
		i = 1;
		do
		:: i + 1 < nroots -> i++
		:: break
		od;
		KEYS_OPEN ! i, 0; i = 0 }
	:: atomic { nempty(KEYS_COMMIT) && empty(KEYS_DURABLE) ->
		KEYS_COMMIT ? asked, asked_slot;
		if
		:: KEYS_DURABLE ! asked, true
		:: KEYS_DURABLE ! asked, false
		fi;
		asked = NONE; asked_slot = 0 }
	:: atomic { nempty(BLOB_PUT[0]) -> BLOB_PUT[0] ? _ }
	:: atomic { nempty(BLOB_PUT[1]) -> BLOB_PUT[1] ? _ }
#else
	:: atomic { opening == OPENING_WAIT && commit == COMMIT_IDLE && empty(KEYS_OPEN) ->
		KEYS_OPEN ! page[ROOT_AT(0)], page[ROOT_AT(1)] }
	:: atomic { nempty(BLOB_PUT[0]) && commit != STORE_COMMIT -> BLOB_PUT[0] ? blob[0] }
	:: atomic { nempty(BLOB_PUT[1]) && commit != STORE_COMMIT -> BLOB_PUT[1] ? blob[1] }
	:: atomic { nempty(KEYS_COMMIT) && commit != STORE_COMMIT && empty(KEYS_DURABLE) ->
		KEYS_COMMIT ? asked, asked_slot; commit = COMMIT_WAITING }
	:: atomic { commit == COMMIT_WAITING && ARRIVED(0) && ARRIVED(1) -> stage() }
	:: atomic { commit == COMMIT_WAITING && !(ARRIVED(0) && ARRIVED(1)) -> answer(false) }
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
	:: atomic { worker_phase[p] == WORKER_DOWN && opening == OPENING_DONE &&
		    commit != STORE_COMMIT && nempty(STATE_KEY[p]) ->
		STATE_KEY[p] ? s, slot;
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
		assert(VERIFIES(page[STATE_AT(p, slot)], s)); /* an honest store is usable */
		s = page[STATE_AT(p, slot)];
#endif
		is_told(p, s); mem[p] = s; worker_phase[p] = WORKER_SERVING; s = 0; slot = 0; i = 0 }

	:: atomic { worker_phase[p] == WORKER_SERVING && ops && empty(STATE_ANCHORED[p]) && empty(BLOB_PUT[p]) ->
		ops--; new_state(mem[p]); mem[p] = nstates - 1;
		BLOB_PUT[p] ! mem[p]; worker_phase[p] = WORKER_HELD;
		if
		:: resuming[p]
		:: !resuming[p] -> STATE_DIRTY[p] ! mem[p]
		fi }

	:: atomic { nempty(STATE_ANCHORED[p]) ->
		STATE_ANCHORED[p] ? s; resuming[p] = false;
		if
		:: worker_phase[p] == WORKER_HELD && s == state[mem[p]].version ->
			worker_phase[p] = WORKER_SERVING; told[p] = mem[p]
		:: worker_phase[p] == WORKER_HELD && s != state[mem[p]].version ->
			STATE_DIRTY[p] ! mem[p]
		:: else
		fi;
		s = 0 }
	od
}

/* ---- fate ----------------------------------------------------------------------------------- */

inline kill_worker(vtpm)
{
	worker_phase[vtpm] = WORKER_DOWN;
	mem[vtpm] = NONE;
	dirty[vtpm] = NONE;
	resuming[vtpm] = false;
	drain2(STATE_KEY[vtpm]);
	drain(STATE_DIRTY[vtpm]);
	drain(STATE_ANCHORED[vtpm]);
	drain(BLOB_PUT[vtpm]);
	blob[vtpm] = NONE
}

/* The write that was under way is torn, or was not begun. A worker that waits puts its blob again. */
inline kill_broker()
{
	if
	:: commit == STORE_COMMIT && next_write < SLOTS ->
		page[next_write] = NONE; unsynced[next_write] = true
	:: true
	fi;
	broker_open = false;
	opening = OPENING_WAIT;
	commit = COMMIT_IDLE;
	asked = NONE;
	asked_slot = 0;
	drain2(KEYS_OPEN);
	drain2(KEYS_COMMIT);
	drain2(KEYS_DURABLE);
	unstage();
	do
	:: i == V -> break
	:: else ->
		drain(BLOB_PUT[i]);
		blob[i] = NONE;
		if
		:: worker_phase[i] == WORKER_HELD -> BLOB_PUT[i] ! mem[i]
		:: else
		fi;
		i++
	od;
	i = 0;
#ifndef LIES
	store_open()
#endif
}

inline kill_all()
{
	kill_worker(0);
	kill_worker(1);
	stop_keys();
	kill_broker()
}

inline cut_power()
{
	do
	:: i == SLOTS -> break
	:: i < SLOTS && unsynced[i] && page[i] != medium[i] ->
		if
		:: medium[i] = page[i]
		:: medium[i] = NONE
		:: true
		fi;
		unsynced[i] = false;
		i++
	:: i < SLOTS && !(unsynced[i] && page[i] != medium[i]) -> unsynced[i] = false; i++
	od;
	i = 0;
	do
	:: i == SLOTS -> break
	:: else -> page[i] = medium[i]; i++
	od;
	i = 0;
	kill_all();
	late = NONE
}

#define AT_REST(p) (worker_phase[p] == WORKER_SERVING || (phase == PHASE_IDLE && state[LEAF(p)].removed))

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
	:: atomic { crashes && worker_phase[0] != WORKER_DOWN -> crashes--; kill_worker(0) }
	:: atomic { crashes && worker_phase[1] != WORKER_DOWN -> crashes--; kill_worker(1) }
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
			worker_phase[i] = WORKER_DOWN;
			state[i + 1].version = 1;
			state[i + 1].vtpm = i;
			told[i] = i + 1;
			root[1].leaf[i] = i + 1;
			page[STATE_AT(i, 0)] = i + 1;
			medium[STATE_AT(i, 0)] = i + 1;
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
