/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/err.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	const char *name;
	const char *text;
} errs[ERR_COUNT] = {
    [ERR_OK] = {"ok", "success"},
    [ERR_ARG] = {"argument", "invalid argument"},
    [ERR_FORMAT] = {"format", "malformed data"},
    [ERR_TOO_BIG] = {"too-big", "larger than the allowed maximum"},
    [ERR_NO_MEMORY] = {"no-memory", "out of memory"},
    [ERR_IO] = {"io", "input/output error"},
    [ERR_EOF] = {"eof", "the other side has gone away"},
    [ERR_AGAIN] = {"again", "nothing to read yet"},
    [ERR_TIMEOUT] = {"timeout", "timed out"},
    [ERR_UNAVAILABLE] = {"unavailable", "not available now, try again later"},
    [ERR_DENIED] = {"denied", "denied"},
    [ERR_NOT_FOUND] = {"not-found", "not found"},
    [ERR_EXISTS] = {"exists", "exists already"},
    [ERR_STATE] = {"state", "not possible in the present state"},
    [ERR_FULL] = {"full", "no space left within the quota or the store"},
    [ERR_CRYPTO] = {"crypto", "cryptographic operation failed"},
    [ERR_TPM] = {"tpm", "the physical TPM answered with an error"},
    [ERR_LOCKOUT] = {"lockout", "the physical TPM is in dictionary-attack lockout"},
    [ERR_UNAPPROVED] = {"unapproved", "the platform's PCRs or version are not approved"},
    [ERR_UNPROVISIONED] = {"unprovisioned", "the platform has not been initialised"},
    [ERR_TAMPERED] = {"tampered", "stored data has been tampered with"},
    [ERR_ROLLBACK] = {"rollback", "stored data is not current: a rollback"},
    [ERR_FOREIGN] = {"foreign", "the store belongs to another physical TPM"},
    [ERR_SIGNATURE] = {"signature", "a required signature is missing or wrong"},
    [ERR_UNSUPPORTED] = {"unsupported", "not supported by this version"},
    [ERR_INTERNAL] = {"internal", "internal error"},
    [ERR_REVOKED] = {"revoked", "the approval of this software is for a version that was revoked"},
};

const char *err_name(enum err e)
{
	return (unsigned)e < ERR_COUNT ? errs[e].name : "unknown";
}

const char *err_text(enum err e)
{
	return (unsigned)e < ERR_COUNT ? errs[e].text : "unknown error";
}

static const struct {
	int errnum;
	enum err err;
} from_errno[] = {
    {0, ERR_OK},
    {EINVAL, ERR_ARG},
    {ENOMEM, ERR_NO_MEMORY},
    {EAGAIN, ERR_AGAIN},
    {EPIPE, ERR_EOF},
    {ECONNRESET, ERR_EOF},
    {ECONNREFUSED, ERR_UNAVAILABLE},
    {ENOENT, ERR_NOT_FOUND},
    {EEXIST, ERR_EXISTS},
    {EADDRINUSE, ERR_EXISTS},
    {EACCES, ERR_DENIED},
    {EPERM, ERR_DENIED},
    {ENOSPC, ERR_FULL},
    {EDQUOT, ERR_FULL},
    {EMSGSIZE, ERR_TOO_BIG},
    {ETIMEDOUT, ERR_TIMEOUT},
};

enum err err_from_errno(int errnum)
{
	for (size_t i = 0; i < sizeof(from_errno) / sizeof(from_errno[0]); i++)
		if (from_errno[i].errnum == errnum)
			return from_errno[i].err;
	return ERR_IO;
}

enum err err_from_wire(uint16_t value)
{
	return value < ERR_COUNT ? (enum err)value : ERR_INTERNAL;
}
