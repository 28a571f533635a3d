/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * liar_session VTPMMGR-KEYS PTPM-DIR VTPM-STUBDOM: a broker that lies of session states, to the
 * real key keeper and to a real worker with a guest. What class session gives away is its word
 * within the run that was cut off; nothing else is (doc/THREATS.md).
 */
#include "lib/rbuf.h"
#include "tests/integration/liar_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MINE   0
#define THEIRS 1

#define EPOCH_AT   16 /* in a session state */
#define VERSION_AT 24
#define COUNTER_AT 16 /* in the response to TPM2_NV_Read */
#define AUTH_FAIL  0x98e

static struct liar_worker mine, theirs;
static const struct liar_blob none;

/* ---- the guest ------------------------------------------------------------------------------ */

/* An NV counter under the owner's authorisation, which is empty. */
static const uint8_t define[] = {
    0x80, 0x02, 0x00, 0x00, 0x00, 0x2d, 0x00, 0x00, 0x01, 0x2a, 0x40, 0x00, 0x00, 0x01, 0x00,
    0x00, 0x00, 0x09, 0x40, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x0e, 0x01, 0x50, 0x00, 0x10, 0x00, 0x0b, 0x02, 0x06, 0x00, 0x16, 0x00, 0x00, 0x00, 0x08};
static const uint8_t increment[] = {
    0x80, 0x02, 0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x01, 0x34, 0x40, 0x00, 0x00, 0x01, 0x01, 0x50,
    0x00, 0x10, 0x00, 0x00, 0x00, 0x09, 0x40, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t read_it[] = {0x80, 0x02, 0x00, 0x00, 0x00, 0x23, 0x00, 0x00, 0x01,
				  0x4e, 0x40, 0x00, 0x00, 0x01, 0x01, 0x50, 0x00, 0x10,
				  0x00, 0x00, 0x00, 0x09, 0x40, 0x00, 0x00, 0x09, 0x00,
				  0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00};
/* TPM2_DictionaryAttackLockReset with a wrong password: refused, and remembered. */
static const uint8_t guess[] = {0x80, 0x02, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x01, 0x39,
				0x40, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x0a, 0x40, 0x00,
				0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x01, 0x78};

static bool does(struct driver *d, struct liar_worker *w, const uint8_t *command, size_t len)
{
	uint8_t out[LIAR_RESPONSE];

	return liar_command(d, w, command, len, out) == 0;
}

static void count(struct driver *d, struct liar_worker *w, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		if (!does(d, w, increment, sizeof(increment)))
			die("the guest counts", ERR_TPM);
}

static uint64_t counter(struct driver *d)
{
	uint8_t out[LIAR_RESPONSE];
	struct rbuf r;

	if (liar_command(d, &mine, read_it, sizeof(read_it), out) != 0)
		die("the guest reads", ERR_TPM);
	rbuf_init(&r, out, sizeof(out));
	rbuf_view(&r, COUNTER_AT);
	return rbuf_u64(&r);
}

/* ---- what the broker presents --------------------------------------------------------------- */

static struct liar_blob newest(const struct liar_worker *w)
{
	return w->puts[w->newest - 1];
}

static void set_u64(struct liar_blob *b, size_t at, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		b->bytes[at + i] = (uint8_t)(value >> (56 - 8 * i));
}

static enum err start(struct driver *d, const struct liar_blob *anchored,
		      const struct liar_blob *other, const struct liar_blob *third)
{
	mine.answers[BLOB_OTHER] = other;
	mine.answers[BLOB_THIRD] = third;
	return liar_start(d, MINE, &mine, anchored);
}

/* It starts, and its counter is that; what it then had anchored is kept. */
static struct liar_blob serves(struct driver *d, const struct liar_blob *anchored,
			       const struct liar_blob *other, const struct liar_blob *third,
			       uint64_t value, const char *what)
{
	struct liar_blob first = none;
	enum err e = start(d, anchored, other, third);

	if (!e)
		first = newest(&mine);
	check(d, !e && counter(d) == value, what);
	return first;
}

static void denied(struct driver *d, const struct liar_blob *anchored,
		   const struct liar_blob *other, const char *what)
{
	enum err e = start(d, anchored, other, &none);

	check(d, e == ERR_ROLLBACK || e == ERR_TAMPERED || e == ERR_NOT_FOUND, what);
	liar_end(d, MINE, &mine);
}

/* ---- runs ----------------------------------------------------------------------------------- */

static uint64_t base; /* the counter's first value */

/* The run whose states are presented later: its first state, and the newest one. */
static struct liar_blob first_run(struct driver *d, struct liar_blob *second)
{
	struct liar_blob first;
	uint64_t seq;

	must(start(d, &none, NULL, NULL), "a new vTPM");
	first = newest(&mine);
	seq = broker_status(d).seq;
	check(d, does(d, &mine, define, sizeof(define)), "a guest of class session writes");
	count(d, &mine, 1);
	*second = newest(&mine);
	base = counter(d);
	count(d, &mine, 4);
	check(d, counter(d) == base + 4 && broker_status(d).seq == seq,
	      "   by session states, which anchor nothing");
	return first;
}

/* What is given away, and what the end of a run takes back. */
static struct liar_blob within_a_run(struct driver *d)
{
	struct liar_blob second, last, anchored, first = first_run(d, &second);

	last = newest(&mine);
	liar_end(d, MINE, &mine);
	denied(d, &none, &none, "with no state at all it does not start");
	denied(d, &last, &none, "nor with a session state in the anchored one's place");
	anchored = serves(d, &first, &none, &second, base,
			  "within the run that was cut off the broker's word counts");
	liar_end(d, MINE, &mine);
	denied(d, &first, &none, "what was anchored before counts no more");
	anchored = serves(d, &anchored, &last, &second, base,
			  "nor does a newer state of that run, whatever its version");
	liar_end(d, MINE, &mine);
	set_u64(&last, EPOCH_AT, broker_status(d).seq);
	anchored = serves(d, &anchored, &second, &last, base,
			  "nor with the present run's epoch written on it");
	liar_end(d, MINE, &mine);
	return anchored;
}

static struct liar_blob others_states(struct driver *d, struct liar_blob anchored)
{
	struct liar_blob bent, before, theirs_newest;

	anchored = serves(d, &anchored, NULL, NULL, base, "without any it starts");
	count(d, &mine, 1);
	before = newest(&mine);
	count(d, &mine, 1);
	bent = newest(&mine);
	liar_end(d, MINE, &mine);
	bent.bytes[bent.len - 1] ^= 1;
	anchored = serves(d, &anchored, &bent, &before, base + 1,
			  "a bent session state is passed over, in favour of the one before");
	liar_end(d, MINE, &mine);
	must(liar_start(d, THEIRS, &theirs, &none), "another vTPM");
	must(does(d, &theirs, define, sizeof(define)) ? ERR_OK : ERR_TPM, "its counter");
	count(d, &theirs, 9);
	theirs_newest = newest(&theirs);
	liar_end(d, THEIRS, &theirs);
	anchored = serves(d, &anchored, &theirs_newest, NULL, base + 1, "so is another vTPM's");
	liar_end(d, MINE, &mine);
	set_u64(&theirs_newest, EPOCH_AT, broker_status(d).seq);
	set_u64(&theirs_newest, VERSION_AT, mine.newest + 1);
	return serves(d, &anchored, NULL, &theirs_newest, base + 1,
		      "   with the right epoch and version written on it, too");
}

/* The run of others_states() ends in order. */
static struct liar_blob ended(struct driver *d)
{
	struct liar_blob before, last;

	count(d, &mine, 1);
	before = newest(&mine);
	liar_say_stop(&mine);
	check(d, liar_ends(d, &mine), "a worker that is told to stop ends");
	last = newest(&mine);
	liar_end(d, MINE, &mine);
	last = serves(d, &last, &before, &before, base + 2,
		      "after a stop it starts from its last state");
	check(d, mine.asked[BLOB_OTHER] == 0 && mine.asked[BLOB_THIRD] == 0,
	      "   and asks for no session state");
	return last;
}

/* ---- acknowledgements ----------------------------------------------------------------------- */

static void early_stored(struct driver *d, struct liar_blob anchored)
{
	mine.silent = true;
	check(d, liar_unanswered(d, &mine, increment, sizeof(increment)),
	      "nothing is answered that is not said to be stored");
	liar_say_stored(&mine, mine.newest + 1);
	check(d, liar_ends(d, &mine),
	      "who says so of a state that there is not yet is not believed");
	mine.silent = false;
	liar_end(d, MINE, &mine);
	serves(d, &anchored, NULL, NULL, base + 2, "   and nothing has happened");
}

/* What is refused waits for the anchor. */
static void early_anchored(struct driver *d)
{
	struct liar_blob anchored = newest(&mine);
	unsigned commits = d->ncommits;
	uint8_t out[LIAR_RESPONSE];

	d->commit_mood = SILENT;
	check(d, liar_unanswered(d, &mine, guess, sizeof(guess)),
	      "a failed authorisation is not answered before it is anchored");
	broker_until_commit(d, commits);
	liar_say_stored(&mine, mine.newest);
	check(d, liar_ends(d, &mine), "   nor once the broker says that it is stored");
	liar_end(d, MINE, &mine);
	d->commit_mood = HONEST;
	broker_replace(d, true);
	must(broker_open(d, &d->store), "an honest broker");
	serves(d, &anchored, NULL, NULL, base + 2, "   it starts from before the guess");
	check(d, liar_command(d, &mine, guess, sizeof(guess), out) == AUTH_FAIL,
	      "   which then is answered");
	anchored = newest(&mine);
	liar_end(d, MINE, &mine);
	serves(d, &anchored, NULL, NULL, base + 2, "   and anchored");
	liar_end(d, MINE, &mine);
}

int main(int argc, char *argv[])
{
	static struct driver d = {.promised = {.fresh = FRESHNESS_SESSION},
				  .asked = {.fresh = FRESHNESS_SESSION}};
	char *players[] = {argv[0], argc == 4 ? argv[1] : NULL, argc == 4 ? argv[2] : NULL, NULL};

	if (argc != 4)
		return 2;
	play_begin(&d, 3, players);
	broker_provision(&d);
	mine.program = theirs.program = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (mine.program < 0)
		die(argv[3], ERR_NOT_FOUND);
	keeper_start(&d, "keys");
	must(broker_open(&d, &d.store), "the store opens");
	must(broker_create(&d, THEIRS), "create");
	others_states(&d, within_a_run(&d));
	early_stored(&d, ended(&d));
	early_anchored(&d);
	keeper_stop(&d, SIGTERM);
	return play_end(&d);
}
