/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The broker: commit.c, opening.c. `commit` is its COMMIT_*; STORE_COMMIT stands for the time
 * inside store_commit(). With -DLIES it is the adversary's: there is no store, it confirms what it
 * never wrote, refuses what it could write, and shows any root that ever was handed to it.
 */
byte blob[V]; /* what each worker put last */

#define CHANGED(p) (root[asked].leaf[p] != root[root[asked].prev].leaf[p])
#define ARRIVED(p) \
	(!CHANGED(p) || blob[p] == root[asked].leaf[p] || state[root[asked].leaf[p]].record)
#if V == 2
#define ALL_ARRIVED (ARRIVED(0) && ARRIVED(1))
#else
#define ALL_ARRIVED ARRIVED(0)
#endif

inline show_any_root()
{
	i = 1;
	do
	:: i + 1 < nroots -> i++
	:: break
	od;
	KEYS_OPEN ! i, 0;
	i = 0
}

inline answer_anything()
{
	KEYS_COMMIT ? asked, asked_slot;
	if
	:: KEYS_DURABLE ! asked, true
	:: KEYS_DURABLE ! asked, false
	fi;
	asked = NONE;
	asked_slot = 0
}

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
		staged[SLOT_AT(i, root[asked].slot[i])] = root[asked].leaf[i];
		i++
	:: i < V && !(CHANGED(i) && !state[root[asked].leaf[i]].removed) -> i++
	od;
	staged[ROOT_AT(asked_slot)] = asked;
	i = 0;
	commit = STORE_COMMIT;
	find_write()
}
