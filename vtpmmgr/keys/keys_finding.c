/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_finding.h"

#include <stdio.h>

static const struct {
	enum keys_step step;
	enum err failed;
	enum finding finding;
	enum err err;
} meanings[] = {
    {STEP_HEADER, ERR_UNPROVISIONED, FOUND_EMPTY, ERR_UNPROVISIONED},
    {STEP_HEADER, ERR_TAMPERED, FOUND_HEADER_DAMAGED, ERR_TAMPERED},
    {STEP_HEADER, ERR_UNSUPPORTED, FOUND_NEWER_FORMAT, ERR_UNSUPPORTED},
    {STEP_PARENT, ERR_STATE, FOUND_NO_PIN, ERR_FOREIGN},
    {STEP_PARENT, ERR_NOT_FOUND, FOUND_KEY_MISSING, ERR_FOREIGN},
    {STEP_PARENT, ERR_FOREIGN, FOUND_KEY_REPLACED, ERR_FOREIGN},
    {STEP_VERSION, ERR_NOT_FOUND, FOUND_VERSION_MISSING, ERR_TAMPERED},
    {STEP_VERSION, ERR_TAMPERED, FOUND_VERSION_REPLACED, ERR_TAMPERED},
    {STEP_ROOT_KEY, ERR_UNAPPROVED, FOUND_PCRS, ERR_UNAPPROVED},
    {STEP_ROOT_KEY, ERR_REVOKED, FOUND_REVOKED, ERR_REVOKED},
    {STEP_ROOT_KEY, ERR_SIGNATURE, FOUND_APPROVALS_ALTERED, ERR_TAMPERED},
    {STEP_ROOT_KEY, ERR_FOREIGN, FOUND_FOREIGN_STORE, ERR_FOREIGN},
    {STEP_ROOT_KEY, ERR_TAMPERED, FOUND_HEADER_DAMAGED, ERR_TAMPERED},
    {STEP_ROOT_KEY, ERR_UNSUPPORTED, FOUND_NEWER_FORMAT, ERR_UNSUPPORTED},
    {STEP_ANCHOR, ERR_NOT_FOUND, FOUND_ANCHOR_MISSING, ERR_TAMPERED},
    {STEP_ANCHOR, ERR_TAMPERED, FOUND_ANCHOR_REPLACED, ERR_TAMPERED},
    {STEP_ROOT, ERR_ROLLBACK, FOUND_ROLLBACK, ERR_ROLLBACK},
    {STEP_ROOT, ERR_TAMPERED, FOUND_ROOT_DAMAGED, ERR_TAMPERED},
    {STEP_ROOT, ERR_FOREIGN, FOUND_ROOT_FOREIGN, ERR_TAMPERED},
    {STEP_ROOT, ERR_UNSUPPORTED, FOUND_NEWER_FORMAT, ERR_UNSUPPORTED},
};

static const char *const names[STEPS] = {
    [STEP_HEADER] = "boot header",
    [STEP_PARENT] = "pinned key of the pTPM",
    [STEP_VERSION] = "minimum version in the pTPM",
    [STEP_ROOT_KEY] = "root key",
    [STEP_ANCHOR] = "anchor in the pTPM",
    [STEP_ROOT] = "root record",
    [STEP_FACTS] = "pTPM",
};

/* These say something about the way to the TPM, not about what is there. */
static const enum err of_the_tpm[] = {ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_EOF, ERR_LOCKOUT, ERR_TPM};

void keys_found_set(struct keys_found *out, enum finding f, enum err e)
{
	out->finding = f;
	out->err = e;
	snprintf(out->detail, sizeof(out->detail), "%s", finding_text(f));
}

static enum finding trouble(enum err e)
{
	for (size_t i = 0; i < sizeof(of_the_tpm) / sizeof(of_the_tpm[0]); i++)
		if (of_the_tpm[i] == e)
			return FOUND_TPM_TROUBLE;
	return FOUND_OTHER_TROUBLE;
}

void keys_find(enum keys_step step, enum err e, struct keys_found *out)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].step == step && meanings[i].failed == e) {
			keys_found_set(out, meanings[i].finding, meanings[i].err);
			return;
		}
	}
	out->finding = trouble(e);
	out->err = e;
	snprintf(out->detail, sizeof(out->detail), "%s: %s", names[step], err_text(e));
}
