/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store (store.c). A slot's content is the number of a state or of a root; 0 is an empty or
 * torn one. `page` is what a read returns, `medium` what a power cut leaves. An unsynced page is
 * old, new or torn after a power cut; one that was already replaced may have reached the medium.
 * A failed fdatasync leaves pages that look written and never will be (page and medium differ, not
 * unsynced); opening the store lets go of them. `staged` is store.c's list: what has to be written
 * before the next fdatasync, kept when one fails.
 */
#define SLOTS          (SLOTS_EACH * V + 2)
#define SLOT_AT(p, s) (SLOTS_EACH * (p) + (s))
#define ROOT_AT(s)     (SLOTS_EACH * V + (s))

#define KEEP 255 /* nothing staged for this slot */

byte page[SLOTS];
byte medium[SLOTS];
bool unsynced[SLOTS];

byte staged[SLOTS];
byte next_write;
bool failing; /* the last fdatasync did, and what it was for is still staged */

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
	next_write = 0;
	failing = false
}

inline fail_sync()
{
	i = 0;
	do
	:: i == SLOTS -> break
	:: else -> unsynced[i] = false; i++
	od;
	i = 0;
	failing = true
}

/* The write that was under way when the broker was killed is torn, or was not begun. */
inline tear_write()
{
	if
	:: commit == STORE_COMMIT && next_write < SLOTS ->
		page[next_write] = NONE; unsynced[next_write] = true
	:: true
	fi;
	unstage()
}

/* store_open(): fdatasync, then what the cache holds is let go of. */
inline store_open()
{
	sync();
	forget_pages()
}

inline forget_pages()
{
	do
	:: i == SLOTS -> break
	:: else -> page[i] = medium[i]; i++
	od;
	i = 0
}

inline lose_unsynced()
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
	forget_pages()
}
