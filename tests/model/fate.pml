/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deaths: of any one process, of all of them, of the power. What a process remembers lies in
 * globals that are cleared here, so it can be killed between any two steps. The model that includes
 * this clears what it has beside that in worker_forgets() and broker_forgets().
 */
inline kill_worker(vtpm)
{
	worker_forgets(vtpm);
	worker_state[vtpm] = WAIT_KEY;
	mem[vtpm] = NONE;
	dirty[vtpm] = NONE;
	resuming[vtpm] = false;
	drain4(STATE_KEY[vtpm]);
	drain(STATE_DIRTY[vtpm]);
	drain2(STATE_ANCHORED[vtpm]);
	drain(BLOB_PUT[vtpm]);
	blob[vtpm] = NONE
}

/* A worker that waits puts its blob again. */
inline kill_broker()
{
	tear_write();
	broker_forgets();
	broker_open = false;
	opening = OPENING_WAIT;
	commit = COMMIT_IDLE;
	asked = NONE;
	asked_slot = 0;
	drain2(KEYS_OPEN);
	drain2(KEYS_COMMIT);
	drain2(KEYS_DURABLE);
	drain_anchored();
	do
	:: i == V -> break
	:: else ->
		drain(BLOB_PUT[i]);
		blob[i] = NONE;
		if
		:: worker_state[i] == COMMITTING -> BLOB_PUT[i] ! mem[i]
		:: else
		fi;
		i++
	od;
	i = 0;
#ifndef LIES
	store_open()
#endif
}

inline kill_workers()
{
	kill_worker(0)
#if V == 2
	; kill_worker(1)
#endif
}

inline kill_all()
{
	kill_workers();
	stop_keys();
	kill_broker()
}

inline cut_power()
{
	lose_unsynced();
	kill_all();
	late = NONE
}
