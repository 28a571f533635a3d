/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys_anchor: the NV indices A (freshness) and V (minimum version) in the
 * pTPM, see lib/anchor.h. Every access runs in the salted session.
 */
#ifndef VTPMMGR_KEYS_ANCHOR_H
#define VTPMMGR_KEYS_ANCHOR_H

#include "lib/secret.h"
#include "vtpmmgr/keys/keys_tpm.h"

/* Neither A nor V is known any more; the pTPM keeps both. */
void anchor_forget(struct tpm *t);

/* V alone: needed before RK is known. ERR_NOT_FOUND; ERR_TAMPERED: not the one that we defined. */
enum err anchor_find_v(struct tpm *t) MUST_USE;

/* A, to be used with this authValue. ERR_NOT_FOUND; ERR_TAMPERED: unwritten, or another one. */
enum err anchor_find_a(struct tpm *t, const struct secret *auth) MUST_USE;

/*
 * An A that is not there, or was defined by us and never written: defined, and
 * extended with a random value. ERR_TAMPERED: there is one of somebody else's.
 */
enum err anchor_renew(struct tpm *t, const struct secret *auth) MUST_USE;

/* A's value. ERR_TAMPERED: it was defined anew by somebody who does not know RK. */
enum err anchor_read(struct tpm *t, struct digest *out) MUST_USE;

/*
 * The one command of a commit, in two steps, because its cryptography takes as
 * long as the broker's fdatasync: anchor_prepare() makes the TPM2_NV_Extend of m into
 * A and sends nothing; anchor_extend() sends it. In between the pTPM can be asked
 * nothing else (t->prepared). An error of the first: A is as it was; of the
 * second: the outcome is uncertain.
 */
enum err anchor_prepare(struct tpm *t, const struct secret *m) MUST_USE;
enum err anchor_extend(struct tpm *t) MUST_USE;

/* Takes back what was prepared, if anything was: it is never sent. */
void anchor_abandon(struct tpm *t);

/* V's value, into t->min_version: approvals for lower versions open nothing. */
enum err anchor_version(struct tpm *t) MUST_USE;

/*
 * Provisioning: defines A (with auth) and V. ERR_EXISTS: an index is there
 * already, so another store is or was anchored in this pTPM.
 */
enum err anchor_define(struct tpm *t, const struct secret *auth) MUST_USE;

/* Writes V, by PolicySecret(A); A must have been written. */
enum err anchor_set_version(struct tpm *t, uint64_t version) MUST_USE;

/* Takes back a half-done provisioning: what anchor_define() has defined since anchor_forget(). */
void anchor_undefine(struct tpm *t);

#endif
