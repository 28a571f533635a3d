/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * finding: why a store is not open. An error says what kind of trouble it is;
 * the finding says what was seen, so that a person knows what to do about it.
 *
 * The values travel in messages (lib/proto_*.h): append, never renumber.
 */
#ifndef LIB_FINDING_H
#define LIB_FINDING_H

enum finding {
	FOUND_NOTHING = 0,    /* nothing is amiss */
	FOUND_EMPTY,          /* no boot header: never initialised */
	FOUND_HEADER_DAMAGED, /* neither copy of the boot header is one */
	FOUND_NEWER_FORMAT,
	FOUND_NO_PIN,        /* nothing says which TPM is the right one */
	FOUND_KEY_MISSING,   /* no parent key: the TPM was cleared, or is another one */
	FOUND_KEY_REPLACED,  /* another parent key: another TPM, or made anew */
	FOUND_FOREIGN_STORE, /* the sealed root key is not this TPM's */
	FOUND_PCRS,          /* no approval is for the PCRs as they are */
	FOUND_REVOKED,
	FOUND_APPROVALS_ALTERED, /* those in the boot header are not the authority's */
	FOUND_VERSION_MISSING,   /* NV index V */
	FOUND_VERSION_REPLACED,
	FOUND_ANCHOR_MISSING, /* NV index A */
	FOUND_ANCHOR_REPLACED,
	FOUND_ROLLBACK,     /* roots of this store, and none is the current one */
	FOUND_ROOT_DAMAGED, /* no root at all */
	FOUND_ROOT_FOREIGN, /* roots of other stores only */
	FOUND_CUT_SHORT,
	FOUND_POLICY_ALTERED,
	FOUND_NOT_THE_OPEN_ONE, /* the store was exchanged while it was open */
	FOUND_TPM_TROUBLE,      /* the TPM could not be asked */
	FOUND_OTHER_TROUBLE,
	FOUND_COUNT
};

/* "anchor-missing": stable, for JSON. Never NULL. */
const char *finding_name(enum finding f);

/* What was found, as a clause for a person. Never NULL. */
const char *finding_text(enum finding f);

#endif
