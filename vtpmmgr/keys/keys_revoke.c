/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Raises V, the minimum manager version in the pTPM, to this manager's own: from
 * then on no approval of an older one opens anything. It cannot be lowered again
 * but by who knows RK, and no manager does that.
 */
#include "lib/log.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_anchor.h"

#include <stdio.h>

/* Why it is refused, and what to do before. */
static void say_why(bool signed_for_others, char detail[DETAIL_MAX + 1])
{
	snprintf(detail, DETAIL_MAX + 1,
		 "%s: sign the present PCRs with 'vtpmctl platform sign-pcrs --version %u' and "
		 "store that with 'vtpmctl platform update' first",
		 signed_for_others ? "this manager would be shut out itself, for what is approved "
				     "for its version are other PCRs"
				   : "no approval here is for this manager's version, and the next "
				     "start would fail",
		 MANAGER_VERSION);
}

/* Whether the platform as it is now could open the root key again with V raised. */
static enum err opens_afterwards(struct keys *k, char detail[DETAIL_MAX + 1])
{
	const struct authority *au = &k->header.platform;
	bool signed_for_others = false;

	for (size_t i = au->napprovals; i > 0; i--) {
		const struct approval *a = &au->approvals[i - 1];
		enum err e;

		if (a->version < MANAGER_VERSION)
			continue;
		e = keys_pcrs_fit(k, a);
		if (e != ERR_UNAPPROVED)
			return e;
		signed_for_others = true;
	}
	say_why(signed_for_others, detail);
	return ERR_UNAPPROVED;
}

/* An answer that was lost: V says whether the write took effect. */
static enum err settle(struct keys *k, enum err why)
{
	enum err e;

	tpm_drop_session(&k->tpm);
	e = tpm_flush_owed(&k->tpm);
	if (!e)
		e = anchor_version(&k->tpm);
	return !e && k->tpm.min_version == MANAGER_VERSION ? ERR_OK : why;
}

static enum err raise_version(struct keys *k)
{
	enum err e = anchor_set_version(&k->tpm, MANAGER_VERSION);

	if (e)
		e = settle(k, e);
	if (e)
		return e;
	k->tpm.min_version = MANAGER_VERSION;
	log_info("the minimum manager version is %u now", MANAGER_VERSION);
	return ERR_OK;
}

/* Asked again, after an answer that was lost, it finds V raised: nothing is left to do. */
static enum err revoke(struct keys *k, char detail[DETAIL_MAX + 1])
{
	enum err e;

	/* Nothing is written to the pTPM before it is known what the last command did to A. */
	if (k->phase == PHASE_UNCERTAIN)
		return ERR_UNAVAILABLE;
	e = anchor_version(&k->tpm);
	if (e || k->tpm.min_version == MANAGER_VERSION)
		return e;
	if (k->tpm.min_version > MANAGER_VERSION) {
		snprintf(detail, DETAIL_MAX + 1,
			 "the minimum is version %llu already, above this manager's %u",
			 (unsigned long long)k->tpm.min_version, MANAGER_VERSION);
		return ERR_STATE;
	}
	e = opens_afterwards(k, detail);
	return e ? e : raise_version(k);
}

enum err keys_revoke_request(void *keys, struct msg *m)
{
	char detail[DETAIL_MAX + 1] = "";
	struct keys *k = keys;

	keys_done(k, m->id, revoke(k, detail), detail);
	return ERR_OK;
}
