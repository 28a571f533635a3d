/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_owner VTPMMGR-KEYS PTPM-DIR: a store in the owner hierarchy. Its provisioning
 * is broken at every step and then done; after that the pTPM's owner goes at A and V.
 */
#include "lib/anchor.h"
#include "lib/wbuf.h"
#include "tests/integration/keeper_play.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#define PCRS 0x80ff

/* ---- provisioning --------------------------------------------------------------------------- */

static void init_fails(struct driver *d, enum fault f, uint32_t cc, unsigned nth)
{
	struct approval a;
	char what[80];
	bool refused, clean;

	keeper_start(d, "provision");
	a = authority_approve(d, PCRS, d->hierarchy);
	relay_fault(d->relay, f, cc, nth);
	refused = broker_init(d, &a, true) != ERR_OK;
	clean = broker_open(d, &d->store) == ERR_UNPROVISIONED && !broker_status(d).stalled;
	snprintf(what, sizeof(what),
		 "init without command 0x%x (%u, fault %d) fails, and cleans up", cc, nth, (int)f);
	check(d, refused && clean, what);
	keeper_stop(d, SIGTERM);
}

static void provision(struct driver *d)
{
	static const struct {
		uint32_t cc;
		unsigned nth;
	} steps[] = {
	    {TPM2_CC_CreatePrimary, 1}, {TPM2_CC_NV_DefineSpace, 1}, {TPM2_CC_NV_DefineSpace, 2},
	    {TPM2_CC_Create, 1},        {TPM2_CC_NV_Extend, 1},      {TPM2_CC_PolicySecret, 1},
	    {TPM2_CC_NV_Write, 1},      {TPM2_CC_Unseal, 1},
	};

	/* An index whose definition was not answered may be another store's: it stays. */
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		init_fails(d, FAULT_DROP_COMMAND, steps[i].cc, steps[i].nth);
		if (steps[i].cc != TPM2_CC_NV_DefineSpace)
			init_fails(d, FAULT_DROP_ANSWER, steps[i].cc, steps[i].nth);
	}
	d->header_mood = FAILING;
	init_fails(d, FAULT_NONE, 0, 0);
	d->header_mood = HONEST;
	d->commit_mood = FAILING;
	init_fails(d, FAULT_NONE, 0, 0);
	d->commit_mood = HONEST;
	broker_provision(d);
	check(d, true, "and then it succeeds");
}

/* ---- the owner's own commands --------------------------------------------------------------- */

/* With the attributes that A has, so that it gets A's Name; its authValue is empty. */
static uint32_t define_a(struct driver *d, uint32_t index)
{
	uint8_t bytes[64];
	struct wbuf w;

	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_u16(&w, 0);
	wbuf_u16(&w, 14);
	wbuf_u32(&w, index);
	wbuf_u16(&w, TPM2_ALG_SHA256);
	wbuf_u32(&w, anchor_a_attributes(d->hierarchy));
	wbuf_u16(&w, 0);
	wbuf_u16(&w, DIGEST_SIZE);
	return raw_run(d, TPM2_CC_NV_DefineSpace, TPM2_RH_OWNER, 0, &w);
}

static uint32_t write_bytes(struct driver *d, uint32_t cc, uint32_t auth, uint32_t index,
			    uint16_t len)
{
	uint8_t bytes[64] = {0};
	struct wbuf w;

	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_u16(&w, len);
	w.len += len;
	if (cc == TPM2_CC_NV_Write)
		wbuf_u16(&w, 0);
	return raw_run(d, cc, auth, index, &w);
}

static bool replay(struct driver *d, uint32_t cc)
{
	const struct relay *r = d->relay;
	bool refused = true;

	for (unsigned i = relay_find(r, cc, 0); i < r->nseen; i = relay_find(r, cc, i + 1))
		refused &= raw_transmit(d, r->bytes + r->seen[i].at, r->seen[i].command_len) != 0;
	return refused;
}

static enum err opens(struct driver *d)
{
	enum err e;

	keeper_start(d, "keys");
	e = broker_open(d, &d->store);
	keeper_stop(d, SIGTERM);
	return e;
}

static void attack(struct driver *d)
{
	const struct anchor_handles h = anchor_handles(d->hierarchy);

	check(d, opens(d) == ERR_OK, "the store opens");
	check(d,
	      write_bytes(d, TPM2_CC_NV_Write, h.v, h.v, 8) != 0 &&
		  write_bytes(d, TPM2_CC_NV_Write, TPM2_RH_OWNER, h.v, 8) != 0,
	      "V is written by nobody who does not know RK");
	check(d,
	      write_bytes(d, TPM2_CC_NV_Extend, h.a, h.a, 32) != 0 &&
		  write_bytes(d, TPM2_CC_NV_Extend, TPM2_RH_OWNER, h.a, 32) != 0,
	      "nor is A extended");
	check(d, replay(d, TPM2_CC_NV_Extend), "nor by what was on the bus");
	check(d, opens(d) == ERR_OK, "the store opens still");
	check(d, raw_undefine(d, TPM2_RH_OWNER, h.a) == 0, "the owner undefines A");
	check(d, opens(d) == ERR_TAMPERED, "an absent A is tampering");
	check(d, replay(d, TPM2_CC_NV_DefineSpace), "it is not defined again by a replay");
	check(d, define_a(d, h.a) == 0, "the owner defines it anew");
	check(d, opens(d) == ERR_TAMPERED, "an unwritten A is tampering");
	check(d, replay(d, TPM2_CC_NV_Extend), "replayed extends are refused");
	check(d, write_bytes(d, TPM2_CC_NV_Extend, h.a, h.a, 32) == 0, "the owner extends his own");
	check(d, opens(d) == ERR_TAMPERED, "an A of somebody else is tampering");
}

int main(int argc, char *argv[])
{
	static struct driver d;

	play_begin(&d, argc, argv);
	d.hierarchy = HIERARCHY_OWNER;
	provision(&d);
	attack(&d);
	return play_end(&d);
}
