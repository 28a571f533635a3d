/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_coverage.h"

static bool keeper_runs(const struct admin_status *s)
{
	return s->keys_up;
}

static bool is_provisioned(const struct admin_status *s)
{
	return s->keys_up && s->keys.provisioned;
}

static bool is_open(const struct admin_status *s)
{
	return is_provisioned(s) && s->keys.open;
}

static bool is_anchored(const struct admin_status *s)
{
	return s->keys.open && !s->keys.stalled;
}

static bool store_works(const struct admin_status *s)
{
	return !s->store_failing;
}

static bool is_measured(const struct admin_status *s)
{
	return s->keys.measured;
}

static bool is_pinned(const struct admin_status *s)
{
	return s->keys.pinned;
}

static bool owner_cannot_undefine(const struct admin_status *s)
{
	return s->keys.hierarchy == HIERARCHY_PLATFORM;
}

static bool clear_is_harmless(const struct admin_status *s)
{
	return s->keys.hierarchy == HIERARCHY_PLATFORM || s->keys.clear_disabled;
}

static bool always(const struct admin_status *s)
{
	(void)s;
	return true;
}

static const struct {
	const char *item;
	bool (*known)(const struct admin_status *s); /* whether there is an answer at all */
	bool (*covered)(const struct admin_status *s);
	const char *holds;
	const char *gap;
	const char *action;
} items[] = {
    {"key-keeper", always, keeper_runs, "the key keeper is running",
     "the key keeper is not running: no vTPM can start, and no change of state is acknowledged",
     "it is restarted by itself; if this stays, read the manager's log "
     "(journalctl -u vtpmmgr)"},
    {"provisioned", keeper_runs, is_provisioned, "the store is bound to this machine's TPM",
     "the store has not been bound to a TPM: no vTPM can be created",
     "vtpmctl platform pcrs, platform sign-pcrs, then platform init"},
    {"open", is_provisioned, is_open,
     "the root key is unsealed and the newest root record was found",
     "the store is not open: no vTPM can start", NULL},
    {"anchored", is_open, is_anchored, "every acknowledged state is anchored in the TPM",
     "states cannot be anchored at present: guests' commands that change state wait or are "
     "told to retry; nothing that was acknowledged is lost",
     "see the last error above, and whether the TPM answers"},
    {"store", always, store_works, "the store takes writes",
     "the store fails to write: guests' commands that change state are told to retry; nothing "
     "that was acknowledged is lost",
     "check the disk (dmesg), free space, then restart the manager"},
    {"measured", keeper_runs, is_measured,
     "programs and policy are measured into the TPM before unsealing",
     "the manager's programs and policy are not measured: whoever can replace them on disk "
     "gets the keys they guard",
     "boot them from a measured initrd or dm-verity image, and approve PCR 15 along with the "
     "boot chain's"},
    {"pinned", keeper_runs, is_pinned, "the key that TPM sessions are salted to is pinned",
     "the key that TPM sessions are salted to was taken on trust at 'platform init': somebody "
     "who sat between the manager and the TPM then can read along",
     "put the key's name into the measured image before 'platform init'"},
    {"hierarchy", is_provisioned, owner_cannot_undefine,
     "the TPM's owner cannot take the anchor away",
     "root key and anchor lie in the owner hierarchy: whoever knows the TPM's owner password "
     "can destroy every vTPM here (but not read or roll back one)",
     "keep the owner password with the device owner alone, or provision while the firmware "
     "still leaves the platform hierarchy open"},
    {"clear", is_provisioned, clear_is_harmless, "clearing the TPM does not destroy the vTPMs",
     "whoever knows the TPM's lockout password can clear it, which destroys every vTPM here",
     "disable clearing: tpm2_clearcontrol -C l s"},
};

/* What stands behind a store that does not open. */
static const struct {
	enum err err;
	const char *gap;
	const char *action;
} causes[] = {
    {ERR_UNAPPROVED,
     "the store is not open: this machine's PCRs, or the manager's version, are not what the "
     "authority approved",
     "if the software was updated on purpose: vtpmctl platform pcrs, platform sign-pcrs, then "
     "platform update; if not, find out what changed"},
    {ERR_REVOKED,
     "the store is not open: this manager is older than the minimum version that the TPM holds",
     "install the newer manager again: this version was shut out for good"},
    {ERR_ROLLBACK, "the store is not open: it is an old copy, and the TPM knows a newer state",
     "put the newest store back; there is no other way to go on with these vTPMs"},
    {ERR_TAMPERED, "the store is not open: what it holds, or the TPM's anchor, was altered",
     "put the newest store back; if the anchor in the TPM was removed, these vTPMs are lost"},
    {ERR_FOREIGN, "the store is not open: it belongs to another machine's TPM",
     "use this machine's own store, or start with an empty one"},
    {ERR_LOCKOUT, "the store is not open: the TPM is in dictionary-attack lockout",
     "wait until it ends by itself, or reset it: tpm2_dictionarylockout --clear-lockout"},
    {ERR_UNAVAILABLE, "the store is not open: the TPM does not answer",
     "check that ptpm-proxy runs and the TPM device is there"},
    {ERR_TIMEOUT, "the store is not open: the TPM does not answer in time",
     "check that ptpm-proxy runs and the TPM device is there"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

size_t ctl_coverage_count(void)
{
	return COUNT(items);
}

/* A gap whose remedy hangs on the cause. */
static void explain_cause(uint16_t last_err, struct ctl_coverage *out)
{
	out->action = "see the last error above, and the manager's log (journalctl -u vtpmmgr)";
	for (size_t i = 0; i < COUNT(causes); i++) {
		if (causes[i].err == last_err) {
			out->text = causes[i].gap;
			out->action = causes[i].action;
		}
	}
}

bool ctl_coverage_at(const struct admin_status *s, size_t i, struct ctl_coverage *out)
{
	struct ctl_coverage v = {.item = items[i].item, .covered = items[i].covered(s)};

	if (!items[i].known(s))
		return false;
	v.text = v.covered ? items[i].holds : items[i].gap;
	v.action = v.covered ? NULL : items[i].action;
	if (!v.covered && !v.action)
		explain_cause(s->keys.last_err, &v);
	*out = v;
	return true;
}
