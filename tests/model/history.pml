/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What exists: states and roots, and what the guests know.
 *
 * A state has its parent, so that "lost" and "rolled back" are one thing: told[p], the newest
 * state whose effects a guest of vTPM p has seen, is not an ancestor of the state that its next
 * worker starts from. A root is (prev, leaves): extending r onto the value `prev` gives the value
 * r, any other extend JUNK. Roots with the same content are the same.
 */
#define NONE 0
#define ZERO 0   /* A as it is defined anew */
#define JUNK 255 /* a value of A that no root gives */

mtype = { PHASE_CLOSED, PHASE_IDLE, PHASE_WRITING, PHASE_UNCERTAIN };
mtype = { OPENING_WAIT, OPENING_DONE };
mtype = { COMMIT_IDLE, COMMIT_WAITING, STORE_COMMIT, COMMIT_DURABLE };
mtype = { WAIT_KEY, LOADING, SERVING, COMMITTING };
mtype = { UPDATE, DESTROY, CREATE };
mtype = { STATE_RUNS, STATE_ENDS, STATE_SUSPENDS }; /* why a state was committed */

typedef Version {
	byte parent;
	byte version;
	bool vtpm;    /* whose */
	bool record;  /* not a worker's: it comes with KEYS_COMMIT */
	bool removed; /* nothing: the vTPM was destroyed */
	byte epoch;   /* sealed as a session state of this epoch; NONE: as a strict one */
	mtype kind;
};
Version state[STATES];
byte nstates;

typedef Root {
	byte prev;
	byte seq;
	byte leaf[V];
	byte slot[V];
	byte epoch[V];
	byte vol[V]; /* leaf.volatile: of this suspended state */
};
Root root[ROOTS];
byte nroots;

byte told[V];

#ifdef COUNTER
#define VALUE(r) root[r].seq
#define EXTEND(r) A = A + 1
#else
#define VALUE(r) (r)
#define EXTEND(r) A = (root[r].prev == A -> (r) : JUNK)
#endif

/* Nothing that `old` stands for is missing from `number`: lost, or rolled back. */
inline descends(number, old)
{
	i = number;
	do
	:: i != old && i != NONE -> i = state[i].parent
	:: else -> break
	od;
	assert(i == old);
	i = 0
}

inline new_state(before)
{
	state[nstates].parent = before;
	state[nstates].version = state[before].version + 1;
	state[nstates].vtpm = state[before].vtpm;
	state[nstates].kind = STATE_RUNS;
	nstates++
}

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

inline drain4(c)
{
	if
	:: nempty(c) -> c ? _, _, _, _
	:: empty(c)
	fi
}
