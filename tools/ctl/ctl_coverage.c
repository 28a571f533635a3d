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

/* Where there is Xen. */
static bool is_told(const struct admin_status *s)
{
	return s->isolation != ISOLATION_UNTOLD;
}

static bool is_enforced(const struct admin_status *s)
{
	return s->isolation == ISOLATION_ENFORCING;
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
     "can destroy every vTPM here (but not read or roll back one), and make a revoked manager "
     "acceptable again",
     "keep the owner password with the device owner alone, or provision while the firmware "
     "still leaves the platform hierarchy open"},
    {"clear", is_provisioned, clear_is_harmless, "clearing the TPM does not destroy the vTPMs",
     "whoever knows the TPM's lockout password can clear it, which destroys every vTPM here",
     "disable clearing: tpm2_clearcontrol -C l s"},
    {"isolation", is_told, is_enforced,
     "the hypervisor keeps one stakeholder's domains from another's",
     "the hypervisor has no policy that keeps domains apart: a stub domain that its guest has "
     "taken "
     "over can reach for any other domain, or, in Xen's SILO mode, no guest at all is served",
     "boot Xen with xsm=flask flask=enforcing and the policy that 'vtpmctl policy flask' writes"},
};

#define PUT_NEWEST_BACK                                                                           \
	"put the newest store back; where there is none, this one can be put back with the "      \
	"platform authority's signature, and what was done since is lost: vtpmctl recover "       \
	"--request FILE, then platform sign-recovery where the authority's key is, then recover " \
	"--approval FILE"
#define CHECK_TPM "check that ptpm-proxy runs, and that the TPM device is there and answers"
#define GONE                                                                                       \
	"use this store's own TPM; if that is lost or was cleared, nothing can bring these vTPMs " \
	"back, by design: start with an empty store and platform init"

/* What to do about a store that does not open; what was found is said before. */
static const char *const remedies[FOUND_COUNT] = {
    [FOUND_HEADER_DAMAGED] = "put the newest copy of the store back",
    [FOUND_NEWER_FORMAT] = "install the newer manager again",
    [FOUND_NO_PIN] = "put the pin file back that 'platform init' wrote, or the image brought",
    [FOUND_KEY_MISSING] = GONE,
    [FOUND_KEY_REPLACED] = GONE,
    [FOUND_FOREIGN_STORE] = "use this machine's own store, or its newest copy",
    [FOUND_PCRS] = "if the software was updated on purpose: vtpmctl platform pcrs, with the --pcrs "
		   "of the approvals before, platform sign-pcrs where the authority's key is, then "
		   "platform update; if not, find out what changed",
    [FOUND_REVOKED] = "install the newer manager again: this version was shut out for good",
    [FOUND_APPROVALS_ALTERED] = "put the newest copy of the store back",
    [FOUND_VERSION_MISSING] = GONE,
    [FOUND_VERSION_REPLACED] = GONE,
    [FOUND_ANCHOR_MISSING] = "find out who could; then, with the platform authority's signature: "
			     "vtpmctl recover --request FILE, platform sign-recovery where the "
			     "authority's key is, then recover --approval FILE",
    [FOUND_ANCHOR_REPLACED] = "find out who could; then undefine that index (tpm2_nvundefine; "
			      "doc/STATE-FORMAT names it), start the manager again, and vtpmctl "
			      "recover --request FILE",
    [FOUND_ROLLBACK] = PUT_NEWEST_BACK,
    [FOUND_ROOT_DAMAGED] = "put the newest copy of the store back",
    [FOUND_ROOT_FOREIGN] = "put the newest copy of the store back",
    [FOUND_CUT_SHORT] = "put the newest copy of the store back, in its whole length",
    [FOUND_POLICY_ALTERED] = "put the newest copy of the store back",
    [FOUND_NOT_THE_OPEN_ONE] = "put the store back that was open, and restart the manager",
    [FOUND_TPM_TROUBLE] = CHECK_TPM,
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

size_t ctl_coverage_count(void)
{
	return COUNT(items);
}

/* A gap whose remedy hangs on what was found. */
static void explain(enum finding found, struct ctl_coverage *out)
{
	if (found != FOUND_NOTHING)
		out->text = finding_text(found);
	out->action = "see the last error above, and the manager's log (journalctl -u vtpmmgr)";
	if ((unsigned)found < FOUND_COUNT && remedies[found])
		out->action = remedies[found];
}

bool ctl_coverage_at(const struct admin_status *s, size_t i, struct ctl_coverage *out)
{
	struct ctl_coverage v = {.item = items[i].item, .covered = items[i].covered(s)};

	if (!items[i].known(s))
		return false;
	v.text = v.covered ? items[i].holds : items[i].gap;
	v.action = v.covered ? NULL : items[i].action;
	if (!v.covered && !v.action)
		explain((enum finding)s->keys.found, &v);
	*out = v;
	return true;
}
