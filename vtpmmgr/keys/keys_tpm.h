/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_tpm: the key keeper's physical TPM: ESAPI (TSS 2.0, TCG) over our TCTI,
 * the pinned storage parent that salts the sessions, and PCRs.
 *
 * All TPM response codes are mapped to enum err here and in the keys_* files
 * that include this header; none leaves them.
 */
#ifndef VTPMMGR_KEYS_TPM_H
#define VTPMMGR_KEYS_TPM_H

#include "lib/anchor.h"
#include "lib/channel.h"
#include "lib/crypt.h"
#include "lib/err.h"
#include "lib/proto_root.h"

#include <stdbool.h>
#include <tss2/tss2_esys.h>

#define TPM_TICKETS 8  /* cached verification tickets */
#define TPM_OWED    16 /* more than a TPM holds loaded */

/* TPM2_VerifySignature's ticket for one approval: saves three commands the next time. */
struct tpm_ticket {
	struct digest ahash;
	struct crypt_point key;
	TPMT_TK_VERIFIED ticket;
	bool used;
};

/*
 * on_broken: an answer was not one of a TPM, and the TSS goes on no more after
 * that. The key keeper has to be started again.
 */
struct tpm_user {
	void (*on_broken)(void *arg);
	void *arg;
};

struct tpm {
	struct tpm_user user;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	enum hierarchy hierarchy;
	ESYS_TR parent; /* ESYS_TR_NONE until tpm_use_parent() */
	ESYS_TR a;      /* NV index A, with its authValue */
	ESYS_TR v;
	uint64_t min_version; /* V's value, as read last */
	ESYS_TR session;      /* the salted HMAC session; ESYS_TR_NONE: to be started */
	bool prepared;        /* an extend is ready to be sent, see keys_anchor.h */
	bool suspect; /* a command has failed: its nonces may be lost, the next one is new */
	unsigned nowed;
	ESYS_TR owed[TPM_OWED]; /* could not be flushed yet */
	struct tpm_ticket tickets[TPM_TICKETS];
	unsigned next_ticket;
};

/* Neither sends a command. channel stays the caller's. */
enum err tpm_open(struct tpm *t, struct channel *ptpm, const struct tpm_user *user) MUST_USE;
void tpm_close(struct tpm *t);

/* Maps a TSS or TPM response code; logs what it was, for the operator. */
enum err tpm_err(struct tpm *t, const char *command, TSS2_RC rc) MUST_USE;

/* The bare TPM_RC of a TPM response: parameter, handle and session numbers taken off. */
TSS2_RC tpm_rc_base(TSS2_RC rc);

/*
 * Loads the storage parent's public area from its persistent handle and
 * compares its Name with pin (NULL: there is none yet, at provisioning).
 * ERR_FOREIGN: another key is there; ERR_NOT_FOUND: none. name gets what was found.
 */
enum err tpm_use_parent(struct tpm *t, enum hierarchy h, const uint8_t *pin,
			uint8_t name[TPM_NAME_SIZE]) MUST_USE;

/* The Name of what an ESYS_TR stands for, computed from its public area. */
enum err tpm_object_name(struct tpm *t, ESYS_TR object, uint8_t name[TPM_NAME_SIZE]) MUST_USE;

/*
 * A salted session of this type, AES-128-CFB parameter encryption. The caller
 * ends it with tpm_flush(), or by a command that does not continue it.
 */
enum err tpm_start_session(struct tpm *t, TPM2_SE type, ESYS_TR *out) MUST_USE;

/*
 * A policy session that only says that a policy holds: neither salted, which costs the pTPM a
 * private key operation, nor encrypting. What it authorises runs in tpm_session() as well, whose
 * HMAC covers the command and the answer. Ended like one of tpm_start_session().
 */
enum err tpm_start_policy(struct tpm *t, ESYS_TR *out) MUST_USE;

/* Ends an object or session and forgets it: *tr becomes ESYS_TR_NONE. If it cannot now, it owes it.
 */
void tpm_flush(struct tpm *t, ESYS_TR *tr);

/* Flushes what is owed. An error: something of ours is still in the pTPM. */
enum err tpm_flush_owed(struct tpm *t) MUST_USE;

/*
 * The long-lived HMAC session, started if there is none, with exactly these
 * TPMA_SESSION attributes besides continueSession.
 */
enum err tpm_session(struct tpm *t, TPMA_SESSION attributes, ESYS_TR *out) MUST_USE;

/* After an uncertain command: the session is flushed, or owed, and a new one follows. */
void tpm_drop_session(struct tpm *t);

/* PCRs of the SHA-256 bank; values[n] is set for each bit n of mask. */
enum err tpm_pcr_read(struct tpm *t, uint32_t mask, struct digest values[24]) MUST_USE;
enum err tpm_pcr_extend(struct tpm *t, unsigned pcr, const struct digest *d) MUST_USE;

/* Fills in a TPML_PCR_SELECTION of the SHA-256 bank. */
void tpm_pcr_selection(uint32_t mask, TPML_PCR_SELECTION *out);

/* Whether TPM2_Clear is disabled (TPMA_PERMANENT.disableClear). */
enum err tpm_clear_disabled(struct tpm *t, bool *out) MUST_USE;

#endif
