/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_faults VTPMMGR-KEYS PTPM-DIR: the real key keeper against a real pTPM, over a
 * bus that loses commands and answers, killed between every two steps of a commit.
 */
#include "lib/anchor.h"
#include "tests/integration/keeper_play.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* The version of vTPM 0 that was acknowledged last. */
static uint64_t anchored;

static struct state_key key;

static const uint8_t platform[UUID_SIZE];

/* A key keeper with an open store; the worker of vTPM 0 goes on with it. */
static void begin(struct driver *d)
{
	keeper_start(d, "keys");
	must(broker_open(d, &d->store), "the store opens");
	must(broker_start(d, 0, &key), "start");
	anchored = key.current.version;
}

/* ---- an extend whose outcome is not known --------------------------------------------------- */

/* Between it and the next extend or write: its session flushed, and A read in a new one. */
static bool read_before_anything_else(const struct driver *d, unsigned lost)
{
	const struct relay *r = d->relay;
	unsigned flush = relay_find(r, TPM2_CC_FlushContext, lost + 1);
	unsigned session = relay_find(r, TPM2_CC_StartAuthSession, flush);
	unsigned read = relay_find(r, TPM2_CC_NV_Read, session);

	if (read >= r->nseen || relay_find(r, TPM2_CC_NV_Extend, lost + 1) < read ||
	    r->seen[read].handle != anchor_handles(d->hierarchy).a)
		return false;
	for (unsigned i = 0; i < d->ncommits; i++)
		if (d->commits[i].relayed > lost && d->commits[i].relayed <= read)
			return false;
	return true;
}

static void lose(struct driver *d, enum fault f, const char *settled)
{
	unsigned from = d->relay->nseen, commits = d->ncommits, lost;

	relay_fault(d->relay, f, TPM2_CC_NV_Extend, 1);
	worker_dirty(d, 0, anchored + 1);
	check(d, worker_told(d, 0, WAIT_MS) == anchored + 1, settled);
	anchored++;
	lost = relay_find(d->relay, TPM2_CC_NV_Extend, from);
	check(d, d->relay->seen[lost].fault == f, "   (the extend was lost)");
	check(d, read_before_anything_else(d, lost), "   A was read first, in a new session");
	check(d, d->ncommits - commits == (f == FAULT_DROP_ANSWER ? 1 : 2),
	      "   and the commit was repeated only if it had not taken effect");
	broker_serve_for(d, 700);
	check(d, !broker_status(d).stalled, "   and commits go on");
}

static void uncertain(struct driver *d)
{
	begin(d);
	lose(d, FAULT_DROP_ANSWER, "an extend whose answer is lost is acknowledged");
	lose(d, FAULT_DROP_COMMAND, "an extend that is lost is made again");
	lose(d, FAULT_DROP_ANSWER, "and once more");
	keeper_stop(d, SIGTERM);
}

/* The session cannot be flushed either: then A may not be read yet. */
static void uncertain_and_away(struct driver *d)
{
	unsigned from, lost, flushed;

	begin(d);
	from = d->relay->nseen;
	relay_fault(d->relay, FAULT_DROP_COMMAND, TPM2_CC_NV_Extend, 1);
	relay_fault_then(d->relay, FAULT_DROP_COMMAND, TPM2_CC_FlushContext);
	worker_dirty(d, 0, anchored + 1);
	check(d, worker_told(d, 0, WAIT_MS) == anchored + 1,
	      "it is made again when the pTPM is back");
	anchored++;
	lost = relay_find(d->relay, TPM2_CC_NV_Extend, from);
	flushed = relay_find(d->relay, TPM2_CC_FlushContext, lost);
	check(d, d->relay->seen[flushed].fault == FAULT_DROP_COMMAND, "(the flush was lost)");
	flushed = relay_find(d->relay, TPM2_CC_FlushContext, flushed + 1);
	check(d, flushed < relay_find(d->relay, TPM2_CC_StartAuthSession, lost),
	      "the old session is flushed before A is read in a new one");
	keeper_stop(d, SIGTERM);
}

/* ---- the pTPM is away ----------------------------------------------------------------------- */

static void away(struct driver *d)
{
	begin(d);
	relay_fault(d->relay, FAULT_AWAY, 0, 1);
	worker_dirty(d, 0, anchored + 1);
	check(d, worker_stalled(d, 0, WAIT_MS) == 1,
	      "without the pTPM the worker is told to stall");
	check(d, worker_told(d, 0, 2000) == 0, "nothing is acknowledged");
	check(d, broker_status(d).stalled, "status says that commits fail");
	relay_fault(d->relay, FAULT_NONE, 0, 0);
	check(d, worker_told(d, 0, WAIT_MS) == anchored + 1, "it is back: nothing was lost");
	anchored++;
	check(d, worker_stalled(d, 0, WAIT_MS) == 0, "the worker is told to go on");
	check(d, !broker_status(d).stalled, "status says that commits succeed");
	worker_exited(d, 0);
	check(d, broker_start(d, 0, &key) == ERR_OK, "a start succeeds as well");
	keeper_stop(d, SIGTERM);
}

/* A start that fails in its midst leaves nothing behind that makes the next ones fail. */
static void starts(struct driver *d)
{
	static const uint32_t steps[] = {TPM2_CC_StartAuthSession, TPM2_CC_PolicyAuthorize,
					 TPM2_CC_Load, TPM2_CC_Unseal, TPM2_CC_FlushContext};
	bool refused = true, served = true;

	begin(d);
	for (unsigned f = FAULT_DROP_COMMAND; f <= FAULT_DROP_ANSWER; f++)
		for (unsigned i = 0; i < 5; i++) {
			worker_exited(d, 0);
			relay_fault(d->relay, f, steps[i], 1);
			if (broker_start(d, 0, &key) == ERR_OK)
				refused &= steps[i] == TPM2_CC_FlushContext;
			worker_exited(d, 0);
			relay_fault(d->relay, FAULT_NONE, 0, 0);
			served &= broker_start(d, 0, &key) == ERR_OK;
		}
	check(d, refused, "a start of which a command is lost fails");
	check(d, served, "the next one succeeds, whichever command it was");
	keeper_stop(d, SIGTERM);
}

static void ended_by_bus(struct driver *d, enum fault f, const char *what)
{
	begin(d);
	relay_fault(d->relay, f, TPM2_CC_NV_Extend, 1);
	worker_dirty(d, 0, anchored + 1);
	broker_serve_for(d, 500);
	check(d, keeper_ends(d), what);
	keeper_start(d, "keys");
	check(d, broker_open(d, &d->store) == ERR_OK, "   the next one opens the store");
	keeper_stop(d, SIGTERM);
}

/* ---- the key keeper is killed --------------------------------------------------------------- */

static void resumed(struct driver *d, uint64_t version, const char *what)
{
	keeper_start(d, "keys");
	worker_give(d, 0);
	worker_resume(d, 0, anchored);
	must(broker_open(d, &d->store), "the store opens");
	check(d, worker_told(d, 0, WAIT_MS) == version, what);
	check(d, worker_stalled(d, 0, WAIT_MS) == 0,
	      "   it need not stall, whatever the last one said");
	anchored = version;
	worker_dirty(d, 0, anchored + 1);
	check(d, worker_told(d, 0, WAIT_MS) == anchored + 1,
	      "   and the worker goes on from there");
	anchored++;
	keeper_stop(d, SIGKILL);
}

static void killed(struct driver *d, enum fault f)
{
	begin(d);
	relay_fault(d->relay, f, TPM2_CC_NV_Extend, 1);
	worker_dirty(d, 0, anchored + 1);
	broker_until_held(d);
	keeper_stop(d, SIGKILL);
	if (f == FAULT_HOLD_COMMAND)
		resumed(d, anchored, "killed before the extend: it has not happened");
	else
		resumed(d, anchored + 1, "killed before the acknowledgement: it has happened");
}

static void killed_while_writing(struct driver *d)
{
	unsigned commits;

	begin(d);
	commits = d->ncommits;
	d->commit_mood = SILENT;
	worker_dirty(d, 0, anchored + 1);
	broker_until_commit(d, commits);
	keeper_stop(d, SIGKILL);
	d->commit_mood = HONEST;
	resumed(d, anchored, "killed before it was durable: it has not happened");
}

/* ---- the broker is replaced ----------------------------------------------------------------- */

static void replaced_while_writing(struct driver *d, bool close_first)
{
	unsigned commits;
	uint32_t asked;

	begin(d);
	commits = d->ncommits;
	d->commit_mood = SILENT;
	worker_dirty(d, 0, anchored + 1);
	broker_until_commit(d, commits);
	asked = broker_ask_destroy(d, 1);
	broker_serve_for(d, 50);
	d->commit_mood = HONEST;
	broker_replace(d, close_first);
	commits = d->ncommits;
	d->strays = 0;
	broker_serve_for(d, 800);
	check(d, d->ncommits == commits, "a new broker is asked for nothing before it has opened");
	check(d, broker_open(d, &d->store) == ERR_OK, "   it opens the store");
	check(d, worker_told(d, 0, WAIT_MS) == anchored + 1, "   and the commit is made with it");
	anchored++;
	check(d, broker_wait_done(d, asked, 300) == ERR_TIMEOUT && d->strays == 0,
	      "   what the old one had asked for is not answered to the new one");
	keeper_stop(d, SIGTERM);
}

static void replaced_while_uncertain(struct driver *d)
{
	begin(d);
	relay_fault(d->relay, FAULT_DROP_ANSWER, TPM2_CC_NV_Extend, 1);
	relay_fault_then(d->relay, FAULT_AWAY, 0);
	worker_dirty(d, 0, anchored + 1);
	while (d->relay->next != FAULT_NONE)
		broker_serve_for(d, 1);
	broker_replace(d, false);
	if (keeper_ends(d)) {
		resumed(d, anchored + 1, "the broker is replaced while A cannot be read");
		return;
	}
	check(d, false, "it goes on without knowing what is anchored");
	keeper_stop(d, SIGKILL);
}

/* ---- a header while commits are under way --------------------------------------------------- */

static void ask_update(struct driver *d, const struct approval *a)
{
	const struct keys_update q = {.approval = *a};
	size_t len;

	must(keys_update_encode(&q, play_buffer, sizeof(play_buffer), &len), "update");
	play_send(&d->broker, KEYS_UPDATE, ++d->next_id, len);
}

static void goes_on(struct driver *d)
{
	worker_dirty(d, 0, anchored + 1);
	check(d, worker_told(d, 0, WAIT_MS) == anchored + 1, "   commits go on");
	anchored++;
}

static void headers(struct driver *d)
{
	struct approval a;

	begin(d);
	a = authority_approve(d, 0x80ff, d->hierarchy);
	check(d, broker_update(d, worker_uuid(0), &a, &d->store.records[0]) == ERR_ARG,
	      "a vTPM under the platform's authority takes no approval of its own");
	d->header_mood = FAILING;
	check(d, broker_update(d, platform, &a, NULL) == ERR_IO, "a header that is not written");
	goes_on(d);
	d->header_mood = SILENT;
	ask_update(d, &a);
	broker_serve_for(d, 100);
	broker_replace(d, true);
	d->header_mood = HONEST;
	check(d, broker_open(d, &d->store) == ERR_OK, "a broker replaced while it writes a header");
	goes_on(d);
	check(d, broker_update(d, platform, &a, NULL) == ERR_OK, "   and the header is written");
	keeper_stop(d, SIGTERM);
}

/* The older of two headers is enough, and the newer one does not need the older. */
static void torn_headers(struct driver *d)
{
	for (int i = 0; i < 2; i++) {
		static struct store torn;

		torn = d->store;
		memset(torn.header[i].bytes + 64, 0, 64);
		keeper_start(d, "keys");
		check(d, broker_open(d, &torn) == ERR_OK, "one of two headers is torn");
		keeper_stop(d, SIGTERM);
	}
}

/* Before the store is open nothing is said to have been done. */
static void closed(struct driver *d)
{
	const struct approval a = {.pcrs = 1, .version = 1};

	keeper_start(d, "keys");
	check(d, broker_update(d, worker_uuid(0), &a, &d->store.records[0]) != ERR_OK,
	      "an update of a store that is not open is refused");
	keeper_stop(d, SIGTERM);
}

/* ---- many ----------------------------------------------------------------------------------- */

static void many(struct driver *d)
{
	unsigned commits, told = 0;

	keeper_start(d, "keys");
	must(broker_open(d, &d->store), "the store opens");
	for (unsigned i = 1; i < VTPMS; i++)
		must(broker_create(d, i), "create");
	for (unsigned i = 1; i < VTPMS; i++)
		must(broker_start(d, i, &(struct state_key){0}), "start");
	d->commit_mood = FAILING;
	for (unsigned i = 1; i < VTPMS; i++)
		worker_dirty(d, i, 1);
	/* Until it has heard of more than go into one. */
	do
		broker_until_commit(d, d->ncommits);
	while (d->commits[d->ncommits - 1].blobs < COMMIT_BLOBS);
	d->commit_mood = HONEST;
	commits = d->ncommits;
	for (unsigned i = 1; i < VTPMS; i++)
		told += worker_told(d, i, WAIT_MS) == 1;
	check(d, told == VTPMS - 1, "more dirty workers than one commit takes");
	check(d, d->ncommits == commits + 2, "   are two commits");
	keeper_stop(d, SIGTERM);
}

/* ---- what was seen on the bus --------------------------------------------------------------- */

/* Whether this data takes A from what any root followed to what another one did. */
static bool leads_from_root_to_root(const struct driver *d, const uint8_t data[DIGEST_SIZE])
{
	for (unsigned i = 0; i < d->ncommits; i++) {
		const struct crypt_part parts[] = {{d->commits[i].prev.b, DIGEST_SIZE},
						   {data, DIGEST_SIZE}};
		struct digest after;

		must(crypt_sha256(parts, 2, &after), "digest");
		for (unsigned next = i + 1; next < d->ncommits; next++)
			if (digest_equal(&after, &d->commits[next].prev))
				return true;
	}
	return false;
}

/* What is extended is the end of the command, and what A becomes stands in the next root. */
static bool extended_in_clear(const struct driver *d)
{
	const struct relay *r = d->relay;
	unsigned i = relay_find(r, TPM2_CC_NV_Extend, 0);
	bool clear = false;

	for (; i < r->nseen && !clear; i = relay_find(r, TPM2_CC_NV_Extend, i + 1)) {
		const struct relay_seen *s = &r->seen[i];

		clear = leads_from_root_to_root(d, r->bytes + s->at + s->command_len - DIGEST_SIZE);
	}
	return clear;
}

static void secrets(struct driver *d)
{
	uint8_t name[TPM_NAME_SIZE];

	check(d, !relay_saw(d->relay, 0, key.key, sizeof(key.key)), "no state key on the bus");
	must(anchor_a_name(d->hierarchy, name), "name");
	check(d,
	      relay_find(d->relay, TPM2_CC_Unseal, 0) < d->relay->nseen &&
		  !relay_saw(d->relay, TPM2_CC_Unseal, name, sizeof(name)) &&
		  !relay_saw(d->relay, TPM2_CC_Create, name, sizeof(name)),
	      "the sealed payload is not readable where it passes");
	check(d, !extended_in_clear(d), "nor is what is extended");
}

int main(int argc, char *argv[])
{
	static struct driver d;

	play_begin(&d, argc, argv);
	broker_provision(&d);
	closed(&d);
	uncertain(&d);
	uncertain_and_away(&d);
	away(&d);
	starts(&d);
	ended_by_bus(&d, FAULT_CLOSE, "the connection to the pTPM ends: so does the key keeper");
	ended_by_bus(&d, FAULT_GARBAGE, "an answer that is none ends it as well");
	killed_while_writing(&d);
	killed(&d, FAULT_HOLD_COMMAND);
	killed(&d, FAULT_HOLD_ANSWER);
	replaced_while_writing(&d, true);
	replaced_while_writing(&d, false);
	replaced_while_uncertain(&d);
	headers(&d);
	torn_headers(&d);
	many(&d);
	secrets(&d);
	return play_end(&d);
}
