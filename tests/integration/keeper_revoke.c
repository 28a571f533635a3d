/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_revoke VTPMMGR-KEYS PTPM-DIR: V is raised over a bus that loses commands and
 * answers, by a key keeper that is killed over it, and by one of the next version.
 */
#include "tests/integration/keeper_play.h"

#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

static enum err ask_revoke(struct driver *d)
{
	return broker_request(d, KEYS_REVOKE, 0);
}

static void begin(struct driver *d)
{
	keeper_start(d, "keys");
	must(broker_open(d, &d->store), "the store opens");
}

/* The command is asked for, and its answer, or it itself, is held when the key keeper dies. */
static void killed(struct driver *d, enum fault f)
{
	begin(d);
	relay_fault(d->relay, f, TPM2_CC_NV_Write, 1);
	play_send(&d->broker, KEYS_REVOKE, ++d->next_id, 0);
	broker_until_held(d);
	keeper_stop(d, SIGKILL);
}

static void lost_commands(struct driver *d)
{
	static const uint32_t steps[] = {TPM2_CC_NV_Read, TPM2_CC_StartAuthSession,
					 TPM2_CC_PolicySecret, TPM2_CC_NV_Write};
	bool refused = true;

	begin(d);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		relay_fault(d->relay, FAULT_DROP_COMMAND, steps[i], 1);
		refused &= ask_revoke(d) != ERR_OK;
	}
	relay_fault(d->relay, FAULT_NONE, 0, 0);
	check(d, refused && broker_status(d).min_version == 0,
	      "V is not raised, and not said to be, when a command is lost");
	keeper_stop(d, SIGTERM);
	killed(d, FAULT_HOLD_COMMAND);
	begin(d);
	check(d, broker_status(d).min_version == 0, "nor by one who was killed before it was sent");
	keeper_stop(d, SIGTERM);
}

static void lost_answer(struct driver *d)
{
	begin(d);
	relay_fault(d->relay, FAULT_DROP_ANSWER, TPM2_CC_NV_Write, 1);
	check(d, ask_revoke(d) == ERR_OK && broker_status(d).min_version == 1,
	      "an answer that is lost: V is read, and it is raised");
	check(d, broker_create(d, 1) == ERR_OK, "commits go on");
	check(d, ask_revoke(d) == ERR_OK, "asked again there is nothing left to do");
	keeper_stop(d, SIGTERM);
}

/* The next version, killed when V was raised and nobody had been told. */
static void answer_never_came(struct driver *d, const char *next)
{
	const char *older = d->program;

	d->program = next;
	killed(d, FAULT_HOLD_ANSWER);
	begin(d);
	check(d, broker_status(d).min_version == 2, "killed after the write: V is raised");
	check(d, ask_revoke(d) == ERR_OK, "and asking again says so");
	keeper_stop(d, SIGTERM);
	d->program = older;
	begin(d);
	check(d, ask_revoke(d) == ERR_STATE && broker_status(d).min_version == 2,
	      "V is never lowered, whoever asks");
	keeper_stop(d, SIGTERM);
}

int main(int argc, char *argv[])
{
	static struct driver d;
	char folder[256], next[320];

	play_begin(&d, argc, argv);
	snprintf(folder, sizeof(folder), "%s", argv[1]);
	snprintf(next, sizeof(next), "%s/tests/integration/vtpmmgr-keys-next", dirname(folder));
	broker_provision(&d);
	lost_commands(&d);
	lost_answer(&d);
	answer_never_came(&d, next);
	return play_end(&d);
}
