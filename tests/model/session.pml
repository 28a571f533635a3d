/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The session class: one vTPM of three state slots, whose states are anchored at start, at stop, at
 * a suspend and where a command failed to be authorised; between those its session states go into
 * the two slots that the anchored root does not name, by a PUT to the broker and one fdatasync.
 *
 * Processes as in strict.pml. The broker knows the anchored root (`registry`) only once KEYS_ANCHORED
 * has reached it, which may be after STATE_ANCHORED has reached the worker.
 *
 * Held to be true, by assertions:
 *	an honest disk: a worker starts from a state that descends from all that its guest was told;
 *	any disk and broker: it descends from all that was anchored and told (`kept`): a state of the
 *		start, of a failed authorisation, of a stop. So nothing crosses a stop, and no branch
 *		that a start has left comes back;
 *	it starts from a state of the current epoch, or from its base;
 *	what was suspended is resumed once;
 *	an honest store is usable after any crash; nobody waits for ever.
 *
 * Left out or done wrong, one at a time:
 *	TWO_SLOTS	one slot for the session states
 *	NO_PARITY	a session state goes into the same slot as the one before
 *	NO_EPOCH_AAD	a session state of any epoch verifies
 *	NO_FRESH_EPOCH	the first state after a start is a session state of the old epoch
 *	NO_WAIT		the broker does not wait until its leaf has the state's epoch
 *	AUTH_SESSION	a failed authorisation is a session state
 *	KEEP_EPOCH	the last state at stop keeps the epoch
 *	RESUME_EPOCH	a worker that has not anchored its first state yet takes the epoch that a new
 *			key keeper tells it
 *	STALE_PUT	the broker keeps what a dead worker has put
 *	READ_FAILED	the broker shows what a failed fdatasync left in the page cache
 *	READ_BEHIND	the broker reads the slots beside the one that its own leaf names, which may
 *			be behind the key keeper's
 *	KEEP_VOLATILE	the first state after a resume leaves leaf.volatile
 *	with RECOVERIES, rollbacks that the authority approves:
 *	SAME_JUMP	each raises seq by the same number
 *	ANY_ROOT	of a root that was never anchored. What then counts are states of the run that
 *			the root after its parent began: no guest was told more, but it is another root
 *			than the one that was approved
 *
 * An epoch is the seq of the root that anchors it. The seq of an attempt that was not anchored is used
 * again, which does no harm: no state was sealed in its epoch.
 */
#define V 1

#ifndef OPS
#define OPS 2 /* guest commands that change state */
#endif
#ifndef STOPS
#define STOPS 1 /* and suspends */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 1
#endif
#ifndef FAILURES
#define FAILURES 1
#endif
#ifndef RECOVERIES
#define RECOVERIES 0
#endif
#ifdef OTHERS
#define CHANGES OTHERS /* commits in which this vTPM has no part */
#else
#define CHANGES 0
#endif

#define STATES (V + OPS + 2 * STOPS + CRASHES + 2 * RECOVERIES + 3)
#define ROOTS  24
#ifdef TWO_SLOTS
#define SLOTS_EACH 2
#else
#define SLOTS_EACH 3
#endif

#include "history.pml"

#ifdef TWO_SLOTS
#define SLOT_BESIDE(at, s) (1 - (at))
#elif defined(NO_PARITY)
#define SLOT_BESIDE(at, s) (((at) + 1) % 3)
#else
#define SLOT_BESIDE(at, s) (((at) + 1 + state[s].version % 2) % 3)
#endif
#define OTHER(p, s) SLOT_BESIDE(root[cur].slot[p], s)

#ifdef KEEP_EPOCH
#define EPOCH(p, s) (state[s].kind == STATE_RUNS -> root[nroots].seq : root[cur].epoch[p])
#else
#define EPOCH(p, s) (state[s].kind == STATE_RUNS -> root[nroots].seq : NONE)
#endif
#define FOLLOWS(p, s) (state[s].version > state[LEAF(p)].version)

/* What the worker takes for a session state: sealed as one, and in this epoch. */
#ifdef NO_EPOCH_AAD
#define VERIFIES(b, in) ((b) != NONE && (in) != NONE && state[b].epoch != NONE)
#else
#define VERIFIES(b, in) ((b) != NONE && (in) != NONE && state[b].epoch == (in))
#endif

byte registry; /* broker: the root whose leaves it goes by */
byte putting;  /* broker: the session state that it is inside store_commit() with */
byte stale;    /* broker: a dead worker's */

bool stopping; /* worker: mem is its last state */
bool starting; /* worker: mem is its first one, nothing was served yet */
byte epoch;    /* worker: of its session states; NONE before its first state is anchored */
byte base, base_slot, base_epoch; /* worker: what STATE_KEY said */
byte best, which;                 /* worker: while LOADING */
byte suspended;                    /* worker: it resumes from this one */

byte kept; /* what nobody may take back */
bool resumed[STATES];
bool must_keep[STATES]; /* after a failed authorisation */

chan KEYS_ANCHORED = [1] of { byte };
chan BLOB_STORED = [1] of { byte };

inline tell_broker(anchored_root)
{
#ifdef LIES
	skip
#else
	if
	:: broker_open -> assert(empty(KEYS_ANCHORED)); KEYS_ANCHORED ! anchored_root
	:: else /* it was for a broker that is gone */
	fi
#endif
}

inline drain_anchored()
{
	drain(KEYS_ANCHORED)
}

inline worker_forgets(vtpm)
{
#ifdef STALE_PUT
	if
	:: BLOB_PUT[0] ? [stale] -> BLOB_PUT[0] ? stale
	:: empty(BLOB_PUT[0]) && blob[0] -> stale = blob[0]
	:: else
	fi;
#endif
	stopping = false;
	starting = false;
	epoch = NONE;
	base = NONE;
	base_slot = 0;
	base_epoch = NONE;
	best = NONE;
	which = 0;
	suspended = NONE;
	drain(BLOB_STORED)
}

inline broker_forgets()
{
	registry = NONE;
	putting = NONE;
	stale = NONE;
	drain(BLOB_STORED)
}

#include "keys.pml"
#include "store.pml"
#include "broker.pml"
#include "fate.pml"

byte ops = OPS, stops = STOPS, recoveries = RECOVERIES;
bool owner_acts = (RECOVERIES == 0);

#define SESSION(s) ((s) != NONE && state[s].epoch != NONE)

/* ---- broker --------------------------------------------------------------------------------- */

#ifdef NO_WAIT
#define IN_EPOCH(s) true
#else
#define IN_EPOCH(s) (state[s].epoch == root[registry].epoch[0])
#endif

#define MAY_STORE(s) (SESSION(s) && registry != NONE && commit != STORE_COMMIT && \
		      commit != COMMIT_WAITING && IN_EPOCH(s))

inline store_put(number)
{
	staged[SLOT_AT(0, SLOT_BESIDE(root[registry].slot[0], number))] = number;
	putting = number;
	commit = STORE_COMMIT;
	find_write()
}

proctype broker()
{
	byte i;

	do
#ifdef LIES
	:: atomic { opening == OPENING_WAIT && empty(KEYS_OPEN) && phase == PHASE_CLOSED ->
		show_any_root() }
	:: atomic { nempty(KEYS_COMMIT) && empty(KEYS_DURABLE) -> answer_anything() }
	:: atomic { nempty(BLOB_PUT[0]) && empty(BLOB_STORED) ->
		BLOB_PUT[0] ? i;
		if
		:: SESSION(i) -> BLOB_STORED ! state[i].version
		:: true
		fi;
		i = 0 }
#else
	:: atomic { opening == OPENING_WAIT && commit == COMMIT_IDLE && empty(KEYS_OPEN) ->
		KEYS_OPEN ! page[ROOT_AT(0)], page[ROOT_AT(1)] }
	:: atomic { commit != STORE_COMMIT && nempty(KEYS_ANCHORED) ->
		KEYS_ANCHORED ? registry; commit = COMMIT_IDLE }
	:: atomic { nempty(BLOB_PUT[0]) && commit != STORE_COMMIT -> BLOB_PUT[0] ? blob[0] }
	:: atomic { nempty(KEYS_COMMIT) && empty(KEYS_ANCHORED) && commit != STORE_COMMIT &&
		    empty(KEYS_DURABLE) ->
		KEYS_COMMIT ? asked, asked_slot; commit = COMMIT_WAITING }
	:: atomic { commit == COMMIT_WAITING && ALL_ARRIVED -> stage() }
	:: atomic { commit == COMMIT_WAITING && !ALL_ARRIVED -> answer(false) }
	:: atomic { MAY_STORE(blob[0]) && empty(BLOB_STORED) -> store_put(blob[0]) }
#ifdef STALE_PUT
	:: atomic { MAY_STORE(stale) -> store_put(stale); stale = NONE }
#endif
	/* what a failed fdatasync left is written again before anything is shown */
	:: atomic { failing && worker_state[0] == LOADING && commit == COMMIT_IDLE ->
		commit = STORE_COMMIT; find_write() }

	:: atomic { commit == STORE_COMMIT && next_write < SLOTS -> write() }
	:: d_step { commit == STORE_COMMIT && next_write == SLOTS ->
		sync(); unstage();
		if
		:: putting && putting == blob[0] ->
			BLOB_STORED ! state[putting].version; blob[0] = NONE; commit = COMMIT_IDLE
		:: else -> answer(true)
		fi;
		putting = NONE }
	:: d_step { commit == STORE_COMMIT && next_write == SLOTS && failures ->
		failures--; fail_sync(); next_write = 0; putting = NONE; answer(false) }
#endif
	od
}

/* ---- worker --------------------------------------------------------------------------------- */

#ifdef READ_FAILED
#define READABLE (registry != NONE && commit != STORE_COMMIT)
#else
#define READABLE (registry != NONE && commit != STORE_COMMIT && !failing)
#endif

#ifdef READ_BEHIND
#define READ_AT(n) SLOT_AT(0, (root[registry].slot[0] + (n)) % SLOTS_EACH)
#else
#define READ_AT(n) SLOT_AT(0, (base_slot + (n)) % SLOTS_EACH)
#endif

/* It is the only thing that can be known of a blob that the adversary shows. */
inline get_any()
{
	i = 1;
	do
	:: i + 1 < nstates -> i++
	:: break
	od;
	best = (VERIFIES(i, base_epoch) -> i : base);
	i = 0;
	which = SLOTS_EACH
}

inline get()
{
	if
	:: VERIFIES(page[READ_AT(which)], base_epoch) &&
	   (best == NONE || state[page[READ_AT(which)]].version > state[best].version) ->
		best = page[READ_AT(which)]
	:: else
	fi;
	which++
}

inline get_base()
{
	assert(page[READ_AT(0)] == base); /* an honest store is usable */
	best = base
}

inline commit_strict(why)
{
	new_state(mem[0]);
	mem[0] = nstates - 1;
	state[mem[0]].kind = why;
	worker_state[0] = COMMITTING;
	BLOB_PUT[0] ! mem[0];
	if
	:: resuming[0]
	:: else -> STATE_DIRTY[0] ! mem[0]
	fi
}

inline commit_session(in)
{
	new_state(mem[0]);
	mem[0] = nstates - 1;
	state[mem[0]].epoch = in;
	worker_state[0] = COMMITTING;
	BLOB_PUT[0] ! mem[0]
}

inline load()
{
#ifdef LIES
	descends(best, kept);
#else
	descends(best, told[0]);
#endif
	assert(best == base || (base_epoch != NONE && state[best].epoch == base_epoch));
	told[0] = best;
	mem[0] = best;
	best = NONE;
	which = 0;
	starting = true;
#ifdef NO_FRESH_EPOCH
	if
	:: base_epoch != NONE -> epoch = base_epoch; commit_session(epoch)
	:: else -> commit_strict(STATE_RUNS)
	fi
#else
	commit_strict(STATE_RUNS)
#endif
}

/* The response goes out; or, after the first state, the guest is served. */
inline release()
{
	told[0] = mem[0];
	if
	:: starting || must_keep[mem[0]] || !SESSION(mem[0]) -> kept = mem[0]
	:: else
	fi;
	if
	:: starting && suspended != NONE ->
		assert(!resumed[suspended]); /* a suspended state is resumed once */
		resumed[suspended] = true
	:: else
	fi;
	starting = false;
	suspended = NONE;
	base = NONE;
	base_slot = 0;
	base_epoch = NONE;
	worker_state[0] = SERVING
}

/* Another state than the one that waits is anchored: the new key keeper is offered it. */
inline offer_again()
{
#ifdef RESUME_EPOCH
	if
	:: starting && base_epoch != NONE ->
		epoch = base_epoch; state[mem[0]].epoch = epoch;
		drain(BLOB_PUT[0]); BLOB_PUT[0] ! mem[0]
	:: else -> STATE_DIRTY[0] ! mem[0]
	fi
#else
	STATE_DIRTY[0] ! mem[0]
#endif
}

proctype worker()
{
	byte i, s, e;

	do
	:: atomic { worker_state[0] == WAIT_KEY && nempty(STATE_KEY[0]) ->
		STATE_KEY[0] ? base, base_slot, base_epoch, suspended;
		which = (base_epoch != NONE -> 1 : SLOTS_EACH); worker_state[0] = LOADING }

	/* BLOB_GET, one slot after the other: what the broker shows has to verify */
#ifdef LIES
	:: atomic { worker_state[0] == LOADING && opening == OPENING_DONE && which < SLOTS_EACH ->
		get_any() }
	:: atomic { worker_state[0] == LOADING && which == SLOTS_EACH && best == NONE -> best = base }
#else
	:: atomic { worker_state[0] == LOADING && READABLE && which < SLOTS_EACH -> get() }
	:: atomic { worker_state[0] == LOADING && READABLE && which == SLOTS_EACH && best == NONE ->
		get_base() }
#endif
	:: atomic { worker_state[0] == LOADING && which == SLOTS_EACH && best != NONE -> load() }

#define MAY_COMMIT (worker_state[0] == SERVING && empty(STATE_ANCHORED[0]) && empty(BLOB_PUT[0]))
	:: atomic { MAY_COMMIT && ops -> ops--; commit_session(epoch) }
	:: atomic { MAY_COMMIT && ops -> /* a failed authorisation */
		ops--; must_keep[nstates] = true;
#ifdef AUTH_SESSION
		commit_session(epoch) }
#else
		commit_strict(STATE_RUNS) }
#endif
	:: atomic { MAY_COMMIT && stops -> stops--; stopping = true; commit_strict(STATE_ENDS) }
	:: atomic { MAY_COMMIT && stops -> stops--; stopping = true; commit_strict(STATE_SUSPENDS) }

	:: atomic { nempty(BLOB_STORED) ->
		BLOB_STORED ? s;
		if
		:: worker_state[0] == COMMITTING && SESSION(mem[0]) && s == state[mem[0]].version ->
			release()
		:: else
		fi;
		s = 0 }
	:: atomic { nempty(STATE_ANCHORED[0]) ->
		STATE_ANCHORED[0] ? s, e; resuming[0] = false;
		if
		:: worker_state[0] == COMMITTING && !SESSION(mem[0]) && s == state[mem[0]].version ->
			epoch = e; release();
			if
			:: stopping -> kill_worker(0)
			:: else
			fi
		:: worker_state[0] == COMMITTING && !SESSION(mem[0]) && s != state[mem[0]].version ->
			offer_again()
		:: else
		fi;
		s = 0; e = 0 }
	od
}

/* ---- fate ----------------------------------------------------------------------------------- */

#ifdef SAME_JUMP
#define JUMP 32
#else
#define JUMP (32 * (RECOVERIES - recoveries))
#endif

/*
 * vtpmctl recover: the authority takes the root that the adversary shows; what came after it is gone
 * with its consent.
 */
inline approve()
{
	recoveries--;
	fence();
#ifdef ANY_ROOT
	i = 1;
	do
	:: i + 1 < nroots -> i++
	:: break
	od;
#else
	i = A;
	do
	:: root[i].prev != NONE -> i = root[i].prev
	:: break
	od;
#endif
	root[nroots].prev = A;
	root[nroots].seq = root[i].seq + JUMP;
	root[nroots].leaf[0] = root[i].leaf[0];
	root[nroots].slot[0] = root[i].slot[0];
	root[nroots].epoch[0] = root[i].epoch[0];
	A = nroots;
	nroots++;
	assert(nroots < ROOTS);
	kept = root[i].leaf[0];
	i = 0
}

#define AT_REST (worker_state[0] == SERVING)

proctype fate()
{
	byte i;

	do
	:: atomic { crashes && phase != PHASE_CLOSED -> crashes--; stop_keys() }
	:: atomic { crashes -> crashes--; kill_all() }
#ifdef LIES
	:: d_step { owner_acts && phase == PHASE_CLOSED -> owner_acts = false; A = JUNK }
	:: d_step { owner_acts && phase == PHASE_CLOSED -> owner_acts = false; A = ZERO }
	:: atomic { recoveries && phase == PHASE_CLOSED && worker_state[0] == WAIT_KEY -> approve() }
#else
	:: atomic { crashes -> crashes--; kill_broker() }
	:: atomic { crashes -> crashes--; cut_power() }
#endif
	:: atomic { crashes && worker_state[0] != WAIT_KEY -> crashes--; kill_worker(0) }
#ifndef LIES
	:: timeout -> assert(AT_REST); break /* nobody waits for ever */
#endif
	od
}

/* The provisioned store: root 1 in slot 0 names state 1 in slot 0. */
init
{
	byte i;

	atomic {
		unstage();
		nstates = 2;
		worker_state[0] = WAIT_KEY;
		state[1].version = 1;
		state[1].kind = STATE_ENDS;
		told[0] = 1;
		kept = 1;
		root[1].leaf[0] = 1;
		page[SLOT_AT(0, 0)] = 1;
		medium[SLOT_AT(0, 0)] = 1;
		nroots = 2;
		root[1].seq = 1;
		page[ROOT_AT(0)] = 1;
		medium[ROOT_AT(0)] = 1;
		A = 1;
		run keys(); run ptpm(); run broker(); run worker(); run fate()
	}
}
