/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key keeper and the pTPM, with what the three processes say to each other.
 *
 *	keys	keys_commit.c, keys_open.c, keys_pick.c. `phase` is its PHASE_*. `extending` stands
 *		for the time inside anchor_extend(), which waits for the pTPM.
 *	ptpm	the pTPM behind ptpm-proxy: A, the command under way, and one that was timed out
 *		but is still queued (`late`).
 *
 * The model that includes this says how its class differs:
 *	OTHER(p, s)	the slot for state s of vTPM p, which the anchored root does not name
 *	EPOCH(p, s)	what its leaf gets
 *	FOLLOWS(p, s)	s may be the state after the anchored one
 *	tell_broker(r)	the root that is anchored: KEYS_ANCHORED, KEYS_OPENED
 *	drain_anchored()
 */
mtype phase = PHASE_CLOSED;
bool broker_open;
bool extending;
byte cur, root_slot;
byte attempt, attempt_slot;
byte dirty[V];

mtype opening = OPENING_WAIT; /* the broker's, which the key keeper's death resets */
mtype commit = COMMIT_IDLE;
byte asked, asked_slot; /* asked is NONE when who asked is gone */

mtype worker_state[V];
byte mem[V];
bool resuming[V]; /* by a new key keeper, which has not told yet what is anchored */

byte A;
byte command, late;
bool answered;

byte crashes = CRASHES, timeouts = TIMEOUTS, failures = FAILURES, changes = CHANGES;

chan KEYS_OPEN = [1] of { byte, byte };	   /* the two root slots' content */
chan KEYS_COMMIT = [1] of { byte, byte };  /* root, its slot */
chan KEYS_DURABLE = [1] of { byte, bool }; /* root, durable */
chan STATE_KEY[V] = [1] of { byte, byte, byte, byte }; /* state, its slot, epoch, volatile */
chan STATE_DIRTY[V] = [1] of { byte };		       /* state: its version, hash and kind */
chan STATE_ANCHORED[V] = [1] of { byte, byte };	       /* a version, as in the code; epoch */
chan BLOB_PUT[V] = [1] of { byte };

#define LEAF(p)	 root[cur].leaf[p]
#define HOLDS(p) (phase != PHASE_IDLE && root[attempt].leaf[p] != LEAF(p))

#ifdef RULE2
byte last, last_slot; /* the last attempt */
#define OTHER_ROOT (1 - last_slot)
#else
#define OTHER_ROOT (1 - root_slot)
#endif

#ifdef RULE4
bool removing; /* a removal was asked for */
#define REGION_FREE (removing || state[LEAF(0)].removed)
#else
#define REGION_FREE state[LEAF(0)].removed
#endif

/* ---- the attempt ---------------------------------------------------------------------------- */

inline add_leaf(vtpm, number, at)
{
	root[nroots].leaf[vtpm] = number;
	root[nroots].slot[vtpm] = at
}

inline keep_leaf(vtpm)
{
	add_leaf(vtpm, LEAF(vtpm), root[cur].slot[vtpm]);
	root[nroots].epoch[vtpm] = root[cur].epoch[vtpm];
	root[nroots].vol[vtpm] = root[cur].vol[vtpm]
}

/* The anchored state of a suspended vTPM is resumed from once: the next one clears it. */
inline put_state(vtpm, number)
{
	add_leaf(vtpm, number, OTHER(vtpm, number));
	root[nroots].epoch[vtpm] = EPOCH(vtpm, number);
#ifdef KEEP_VOLATILE
	root[nroots].vol[vtpm] = root[cur].vol[vtpm];
#endif
	if
	:: state[number].kind == STATE_SUSPENDS -> root[nroots].vol[vtpm] = number
	:: else
	fi
}

inline new_record(gone)
{
	new_state(LEAF(0));
	state[nstates - 1].record = true;
	state[nstates - 1].removed = gone;
	add_leaf(0, nstates - 1, 0)
}

#define SAME_LEAF(r, n, p)                                                              \
	(root[r].leaf[p] == root[n].leaf[p] && root[r].slot[p] == root[n].slot[p] &&    \
	 root[r].epoch[p] == root[n].epoch[p] && root[r].vol[p] == root[n].vol[p])

/* Another root with the same content is this one. root[nroots] is where the next one is made. */
inline intern()
{
	i = 1;
	do
	:: i < nroots ->
		p = 0;
		do
		:: p < V && SAME_LEAF(i, nroots, p) -> p++
		:: else -> break
		od;
		if
		:: p == V && root[i].prev == root[nroots].prev && root[i].seq == root[nroots].seq ->
			break
		:: else -> i++
		fi
	:: else -> break
	od;
	attempt = i;
	if
	:: i == nroots -> nroots++; assert(nroots < ROOTS)
	:: else
	fi;
	p = 0;
	do
	:: p == V -> break
	:: else ->
		add_leaf(p, 0, 0);
		root[nroots].epoch[p] = 0;
		root[nroots].vol[p] = 0;
		p++
	od;
	root[nroots].prev = 0;
	root[nroots].seq = 0;
	i = 0;
	p = 0
}

inline begin(what)
{
	root[nroots].prev = cur;
	root[nroots].seq = root[cur].seq + 1;
	i = 0;
	do
	:: i == V -> break
	:: i < V && dirty[i] -> put_state(i, dirty[i]); i++
	:: i < V && !dirty[i] -> keep_leaf(i); i++
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

/* ---- the outcome ---------------------------------------------------------------------------- */

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
		STATE_ANCHORED[i] ! state[root[attempt].leaf[i]].version, root[attempt].epoch[i];
		i++
	:: i < V && !(dirty[i] && root[attempt].leaf[i] == dirty[i]) ->
		if
		:: state[root[attempt].leaf[i]].removed -> told[i] = root[attempt].leaf[i]
		:: else
		fi;
		i++
	od;
	tell_broker(attempt);
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
	drain_anchored();
	i = 0;
	do
	:: i == V -> break
	:: else ->
		dirty[i] = NONE;
		resuming[i] = (worker_state[i] != WAIT_KEY);
		drain4(STATE_KEY[i]);
		drain(STATE_DIRTY[i]);
		drain2(STATE_ANCHORED[i]);
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
	:: i < V && worker_state[i] != WAIT_KEY ->
		STATE_ANCHORED[i] ! state[LEAF(i)].version, root[cur].epoch[i];
		i++
	:: i < V && worker_state[i] == WAIT_KEY -> i++
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
	:: phase == PHASE_IDLE ->
		broker_open = true; opening = OPENING_DONE; tell_broker(cur); resume_all()
	:: else -> opening = OPENING_WAIT
	fi
}

/* ---- the process ---------------------------------------------------------------------------- */

/* A vTPM is started when what is under way for it is settled. */
#define MAY_START(p) (phase != PHASE_CLOSED && broker_open && !extending && !HOLDS(p) &&  \
		      worker_state[p] == WAIT_KEY && empty(STATE_KEY[p]) &&               \
		      !state[LEAF(p)].removed)

inline start(vtpm)
{
	STATE_KEY[vtpm] ! LEAF(vtpm), root[cur].slot[vtpm], root[cur].epoch[vtpm], root[cur].vol[vtpm]
}

#define MAY_TAKE(p) (phase != PHASE_CLOSED && !extending && nempty(STATE_DIRTY[p]))

inline take_dirty(vtpm)
{
	STATE_DIRTY[vtpm] ? dirty[vtpm];
	assert(FOLLOWS(vtpm, dirty[vtpm]))
}

#if V == 2
#define ANY_DIRTY (dirty[0] || dirty[1])
#else
#define ANY_DIRTY (dirty[0])
#endif

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
		broker_open = true; opening = OPENING_DONE; tell_broker(cur); r0 = 0; r1 = 0 }
#endif
	:: atomic { MAY_START(0) -> start(0) }
	:: atomic { MAY_TAKE(0) -> take_dirty(0) }
#if V == 2
	:: atomic { MAY_START(1) -> start(1) }
	:: atomic { MAY_TAKE(1) -> take_dirty(1) }
#endif
	:: atomic { phase == PHASE_IDLE && broker_open && ANY_DIRTY -> begin(UPDATE) }
#ifdef OTHERS
	:: atomic { phase == PHASE_IDLE && broker_open && changes -> /* another vTPM's, or the policy's */
		changes--; begin(UPDATE) }
#endif
#ifdef LIFE
	:: atomic { phase == PHASE_IDLE && broker_open && changes == 2 &&
		    worker_state[0] == WAIT_KEY && empty(STATE_KEY[0]) ->
		changes--; begin(DESTROY)
#ifdef RULE4
		; removing = true
#endif
		}
	:: atomic { phase == PHASE_IDLE && broker_open && changes == 1 && REGION_FREE &&
		    worker_state[0] == WAIT_KEY && empty(STATE_KEY[0]) ->
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
			:: p < V && dirty[p] == root[attempt].leaf[p] && worker_state[p] == COMMITTING ->
				told[p] = mem[p]; p++
			:: p < V && !(dirty[p] == root[attempt].leaf[p] && worker_state[p] == COMMITTING) -> p++
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
