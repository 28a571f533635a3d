/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/finding.h"

static const struct {
	const char *name;
	const char *text;
} findings[FOUND_COUNT] = {
    [FOUND_NOTHING] = {"nothing", "nothing is amiss"},
    [FOUND_EMPTY] = {"empty", "the platform has not been initialised: the store is empty"},
    [FOUND_HEADER_DAMAGED] = {"header-damaged",
			      "boot header: neither copy can be read: damaged or tampered with"},
    [FOUND_NEWER_FORMAT] = {"newer-format", "a newer manager has written this store"},
    [FOUND_NO_PIN] = {"no-pin", "nothing says which physical TPM is the right one: the pin of its "
				"key is missing"},
    [FOUND_KEY_MISSING] = {"key-missing", "the physical TPM does not have this platform's key: it "
					  "was cleared, or is another one"},
    [FOUND_KEY_REPLACED] = {"key-replaced", "the physical TPM has another key in the place of "
					    "this platform's: it is another one, or was cleared"},
    [FOUND_FOREIGN_STORE] = {"foreign-store", "the root key in the store was not sealed by this "
					      "physical TPM: the store belongs to another one, or "
					      "its boot header was altered"},
    [FOUND_PCRS] = {"pcrs", "the PCRs are not what the authority approved"},
    [FOUND_REVOKED] = {"revoked",
		       "the approval of this software is for a version that was revoked"},
    [FOUND_APPROVALS_ALTERED] = {"approvals-altered", "boot header: what it holds of the "
						      "authority was tampered with"},
    [FOUND_VERSION_MISSING] =
	{"version-missing", "the NV index of the minimum version is missing in the physical TPM: "
			    "whoever owns its hierarchy has removed it"},
    [FOUND_VERSION_REPLACED] = {"version-replaced",
				"the NV index of the minimum version was replaced in the "
				"physical TPM: tampering"},
    [FOUND_ANCHOR_MISSING] = {"anchor-missing",
			      "the NV index of the anchor is missing in the physical TPM: whoever "
			      "owns its hierarchy has removed it"},
    [FOUND_ANCHOR_REPLACED] = {"anchor-replaced",
			       "the NV index of the anchor was replaced in the physical TPM, by "
			       "somebody who does not know the root key: tampering"},
    [FOUND_ROLLBACK] = {"rollback",
			"root record: none in the store is the current one: a rollback, "
			"or the newest was altered"},
    [FOUND_ROOT_DAMAGED] = {"root-damaged",
			    "root record: neither can be read: damaged or tampered with"},
    [FOUND_ROOT_FOREIGN] = {"root-foreign",
			    "root record: those in the store are another store's: tampered with"},
    [FOUND_CUT_SHORT] = {"cut-short", "the store is shorter than what is anchored"},
    [FOUND_POLICY_ALTERED] = {"policy-altered", "the policy in the store is not the anchored one"},
    [FOUND_NOT_THE_OPEN_ONE] = {"not-the-open-one", "the store is not the one that is open"},
    [FOUND_TPM_TROUBLE] = {"tpm-trouble", "the physical TPM could not be asked"},
    [FOUND_OTHER_TROUBLE] = {"other-trouble", "the store could not be examined"},
};

const char *finding_name(enum finding f)
{
	return (unsigned)f < FOUND_COUNT ? findings[f].name : "unknown";
}

const char *finding_text(enum finding f)
{
	return (unsigned)f < FOUND_COUNT ? findings[f].text : "unknown";
}
