/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_liar VTPMMGR-KEYS PTPM-DIR OTHER-PTPM-DIR VTPM-STUBDOM: a broker that lies, to the
 * real key keeper and to real workers. Each lie ends in denial; none in an older state, or in
 * somebody else's.
 */
#include "tests/integration/liar_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MINE   0
#define THEIRS 1
#define GONE   2

static const struct guest another = {.kind = GUEST_UNIX, .id = {0, 0, 0x4e, 0x22}};

static struct liar_worker mine, theirs;

/* ---- blobs ---------------------------------------------------------------------------------- */

static void denied_blob(struct driver *d, const struct liar_blob *b, const char *what)
{
	enum err e = liar_start(d, MINE, &mine, b);

	check(d, e == ERR_ROLLBACK || e == ERR_TAMPERED || e == ERR_NOT_FOUND, what);
	liar_end(d, MINE, &mine);
}

static void blobs(struct driver *d)
{
	struct liar_blob bent, empty = {0};

	check(d, liar_start(d, MINE, &mine, &empty) == ERR_OK, "a new vTPM needs no state");
	check(d, mine.nputs == 1, "   its first one goes to the broker");
	liar_end(d, MINE, &mine);
	check(d, liar_start(d, MINE, &mine, &mine.puts[0]) == ERR_OK, "it starts with that");
	liar_end(d, MINE, &mine);
	check(d, liar_start(d, THEIRS, &theirs, &empty) == ERR_OK, "another one starts");
	denied_blob(d, &mine.puts[0], "the state before the last one");
	denied_blob(d, &theirs.puts[0], "another vTPM's state");
	denied_blob(d, &empty, "no state");
	bent = mine.puts[1];
	bent.bytes[bent.len / 2] ^= 1;
	denied_blob(d, &bent, "a bent state");
	bent = mine.puts[1];
	bent.len--;
	denied_blob(d, &bent, "a truncated state");
	check(d, mine.nputs == 2, "none of them was served, and followed by a newer state");
	check(d, liar_start(d, MINE, &mine, &mine.puts[1]) == ERR_OK, "the true one is served");
	check(d, liar_pushes(&mine, &mine.puts[0]), "pushed a state while it serves, it ends");
	liar_end(d, MINE, &mine);
	check(d, liar_start(d, MINE, &mine, &mine.puts[2]) == ERR_OK, "and starts with its own");
	liar_end(d, MINE, &mine);
	liar_end(d, THEIRS, &theirs);
}

/* ---- who is who ----------------------------------------------------------------------------- */

static enum err start_with(struct driver *d, unsigned i, const struct record_slot *r)
{
	return broker_wait_done(d, broker_ask_start(d, i, r), WAIT_MS);
}

static void swapped(struct driver *d)
{
	const struct record_slot *r = d->store.records;
	struct approval a = authority_approve(d, 0x80ff, d->hierarchy);

	check(d, start_with(d, MINE, &r[THEIRS]) == ERR_TAMPERED,
	      "a vTPM with another one's record does not start");
	check(d, start_with(d, THEIRS, &r[MINE]) == ERR_TAMPERED, "   nor the other way round");
	check(d, broker_update(d, worker_uuid(MINE), &a, &r[THEIRS]) == ERR_TAMPERED,
	      "nor is another one's record taken for an approval");
	check(d, start_with(d, GONE, &r[MINE]) == ERR_NOT_FOUND,
	      "nobody starts under a uuid that is not there");
}

static bool is_for(const struct liar_worker *w, const struct guest *g)
{
	return w->guest.kind == g->kind && memcmp(w->guest.id, g->id, sizeof(g->id)) == 0;
}

/* A broker may destroy and create. What it cannot do is to give what was there to somebody else. */
static void made_anew(struct driver *d)
{
	struct liar_blob empty = {0}, old;
	struct record_slot record;
	struct guest whose;

	check(d, broker_create_for(d, MINE, GONE, &another) == ERR_EXISTS,
	      "a vTPM is not created a second time, for another guest");
	check(d, broker_create_for(d, GONE, MINE, &another) != ERR_OK, "nor in its place");
	check(d, broker_create_for(d, GONE, GONE, &another) == ERR_OK, "a third one is created");
	check(d, liar_start(d, GONE, &mine, &empty) == ERR_OK && is_for(&mine, &another),
	      "   and its sockets are its guest's");
	old = mine.puts[0];
	liar_end(d, GONE, &mine);
	check(d, broker_wait_done(d, broker_ask_destroy(d, GONE), WAIT_MS) == ERR_OK, "destroyed");
	record = d->store.records[GONE];
	whose = another;
	whose.id[3]++;
	check(d, broker_create_for(d, GONE, GONE, &whose) == ERR_OK,
	      "the same uuid, created anew for another guest");
	check(d, start_with(d, GONE, &record) == ERR_TAMPERED, "   has not the first one's secret");
	mine.nputs = 0;
	check(d, liar_start(d, GONE, &mine, &old) == ERR_OK && is_for(&mine, &whose),
	      "   belongs to the new guest");
	check(d,
	      mine.nputs == 1 && (mine.puts[0].len != old.len ||
				  memcmp(mine.puts[0].bytes, old.bytes, old.len) != 0),
	      "   and began without the first one's state");
	liar_end(d, GONE, &mine);
	check(d, liar_start(d, GONE, &mine, &old) == ERR_ROLLBACK, "   which it does not take");
	liar_end(d, GONE, &mine);
}

/* ---- roots ---------------------------------------------------------------------------------- */

static void reopened(struct driver *d, const struct store *s, const char *what)
{
	enum err e;

	broker_replace(d, true);
	e = broker_open(d, s);
	check(d, e == ERR_ROLLBACK || e == ERR_TAMPERED || e == ERR_FOREIGN, what);
}

static void opened(struct driver *d, const struct store *s, const char *what)
{
	enum err e;

	keeper_start(d, "keys");
	e = broker_open(d, s);
	check(d, e == ERR_ROLLBACK || e == ERR_TAMPERED || e == ERR_FOREIGN, what);
	check(d, start_with(d, MINE, &s->records[MINE]) != ERR_OK, "   and nothing starts");
	keeper_stop(d, SIGKILL);
}

static void roots(struct driver *d, const struct store *old, const struct store *foreign)
{
	static struct store mixed;

	reopened(d, old, "a new broker with the old store, beside a key keeper that is open");
	reopened(d, foreign, "   with another platform's");
	broker_replace(d, true);
	check(d, broker_open(d, &d->store) == ERR_OK, "   with the present one: it goes on");
	keeper_stop(d, SIGKILL);
	opened(d, old, "the old store, to a new key keeper");
	opened(d, foreign, "another platform's store");
	mixed = d->store;
	memcpy(mixed.root, foreign->root, sizeof(mixed.root));
	opened(d, &mixed, "another platform's roots under our header");
	mixed = d->store;
	memcpy(mixed.root, old->root, sizeof(mixed.root));
	opened(d, &mixed, "old roots");
	mixed = *foreign;
	memcpy(mixed.root, d->store.root, sizeof(mixed.root));
	opened(d, &mixed, "our roots under another platform's header");
	keeper_start(d, "keys");
	check(d, broker_open(d, &d->store) == ERR_OK, "the present store");
}

/* ---- acknowledgements ----------------------------------------------------------------------- */

static void say_durable(struct driver *d, uint64_t attempt)
{
	const struct keys_result r = {.attempt = attempt, .err = ERR_OK};
	size_t len;

	must(keys_result_encode(&r, play_buffer, sizeof(play_buffer), &len), "durable");
	play_send(&d->broker, KEYS_DURABLE, 0, len);
}

static uint64_t last_attempt(const struct driver *d)
{
	return d->commits[d->ncommits - 1].attempt;
}

static void acks(struct driver *d)
{
	static struct store before;
	struct state_key key;
	uint64_t next;

	check(d, broker_start(d, MINE, &key) == ERR_OK, "a worker");
	next = key.current.version + 1;
	worker_dirty(d, MINE, next);
	check(d, worker_told(d, MINE, WAIT_MS) == next, "   whose state is anchored");
	say_durable(d, last_attempt(d) + 1);
	say_durable(d, last_attempt(d));
	d->commit_mood = SILENT;
	worker_dirty(d, MINE, ++next);
	check(d, worker_told(d, MINE, 300) == 0,
	      "an acknowledgement of what was not asked for yet counts for nothing");
	d->commit_mood = HONEST;
	broker_replace(d, true);
	check(d, broker_open(d, &d->store) == ERR_OK, "   and it goes on with an honest broker");
	check(d, worker_told(d, MINE, WAIT_MS) == next, "   which writes it");
	before = d->store;
	d->commit_mood = LYING;
	worker_dirty(d, MINE, ++next);
	check(d, worker_told(d, MINE, WAIT_MS) == next,
	      "a broker that says durable, and has written nothing, is believed");
	keeper_stop(d, SIGKILL);
	d->commit_mood = HONEST;
	opened(d, &before, "but what it has then is not the present store");
}

/* ---- two platforms -------------------------------------------------------------------------- */

static void begin(struct driver *d, char *program, char *keys, char *ptpm)
{
	char *argv[] = {program, keys, ptpm, NULL};

	play_begin(d, 3, argv);
	broker_provision(d);
}

int main(int argc, char *argv[])
{
	static struct driver d, other;
	static struct store old;

	if (argc != 5)
		return 2;
	begin(&other, argv[0], argv[1], argv[3]);
	begin(&d, argv[0], argv[1], argv[2]);
	mine.program = theirs.program = open(argv[4], O_RDONLY | O_CLOEXEC);
	if (mine.program < 0)
		die(argv[4], ERR_NOT_FOUND);
	keeper_start(&d, "keys");
	must(broker_open(&d, &d.store), "the store opens");
	must(broker_create(&d, THEIRS), "create");
	old = d.store;
	blobs(&d);
	swapped(&d);
	made_anew(&d);
	roots(&d, &old, &other.store);
	acks(&d);
	EVP_PKEY_free(other.authority);
	return play_end(&d);
}
