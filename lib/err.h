/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * err: the one error type of the project.
 *
 * A fallible function returns enum err; its results come by out-pointer and
 * are untouched on failure. errno is mapped where the system call is made,
 * a TPM response code in the file that speaks to the TPM. One code per cause
 * that a caller, or a person, would act on differently.
 *
 * The values travel in messages (lib/proto_*.h): append, never renumber.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

enum err {
	ERR_OK = 0,
	ERR_ARG,     /* the caller's value is not allowed here */
	ERR_FORMAT,  /* bytes that do not decode: truncated, trailing, out of range */
	ERR_TOO_BIG, /* over a named maximum */
	ERR_NO_MEMORY,
	ERR_IO,    /* the device or file said so */
	ERR_EOF,   /* the peer is gone */
	ERR_AGAIN, /* nothing there now */
	ERR_TIMEOUT,
	ERR_UNAVAILABLE, /* pTPM, key keeper, store or worker not there now; try later */
	ERR_DENIED,      /* the policy, or a permission, says no */
	ERR_NOT_FOUND,   /* does not exist, or is not the caller's to see */
	ERR_EXISTS,
	ERR_STATE,         /* not in this lifecycle state */
	ERR_FULL,          /* a quota or the store is used up */
	ERR_CRYPTO,        /* OpenSSL failed on valid input */
	ERR_TPM,           /* the pTPM answered with an unexpected response code */
	ERR_LOCKOUT,       /* the pTPM is in dictionary-attack lockout */
	ERR_UNAPPROVED,    /* PCRs or version are not what the authority signed */
	ERR_UNPROVISIONED, /* no platform init has been done on this store */
	ERR_TAMPERED,      /* authenticated bytes do not verify */
	ERR_ROLLBACK,      /* the bytes verify, but the pTPM says they are not current */
	ERR_FOREIGN,       /* the store belongs to another pTPM */
	ERR_SIGNATURE,     /* a signature is missing or wrong */
	ERR_UNSUPPORTED,   /* a format or feature that this version does not know */
	ERR_INTERNAL,      /* a broken invariant of our own */
	ERR_REVOKED,       /* approved once, but that version has been shut out */
	ERR_COUNT
};

/* "rollback": stable, lower-case, for logs and JSON. Never NULL. */
const char *err_name(enum err e);

/* "the bytes verify, but ...": a sentence for a person. Never NULL. */
const char *err_text(enum err e);

/* Maps an errno value; anything unknown is ERR_IO. 0 is ERR_OK. */
enum err err_from_errno(int errnum);

/* Maps a number from a message; anything out of range is ERR_INTERNAL. */
enum err err_from_wire(uint16_t value);

#endif
