/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl.h"

/* What is not named here is a plain failure. */
static const enum ctl_exit exits[ERR_COUNT] = {
    [ERR_ARG] = CTL_EXIT_USAGE,
    [ERR_DENIED] = CTL_EXIT_DENIED,
    [ERR_NOT_FOUND] = CTL_EXIT_NOT_FOUND,
    [ERR_EOF] = CTL_EXIT_UNAVAILABLE,
    [ERR_AGAIN] = CTL_EXIT_UNAVAILABLE,
    [ERR_TIMEOUT] = CTL_EXIT_UNAVAILABLE,
    [ERR_UNAVAILABLE] = CTL_EXIT_UNAVAILABLE,
    [ERR_LOCKOUT] = CTL_EXIT_UNAVAILABLE,
    [ERR_EXISTS] = CTL_EXIT_CONFLICT,
    [ERR_STATE] = CTL_EXIT_CONFLICT,
    [ERR_UNPROVISIONED] = CTL_EXIT_CONFLICT,
    [ERR_UNAPPROVED] = CTL_EXIT_INTEGRITY,
    [ERR_REVOKED] = CTL_EXIT_INTEGRITY,
    [ERR_TAMPERED] = CTL_EXIT_INTEGRITY,
    [ERR_ROLLBACK] = CTL_EXIT_INTEGRITY,
    [ERR_FOREIGN] = CTL_EXIT_INTEGRITY,
    [ERR_SIGNATURE] = CTL_EXIT_INTEGRITY,
};

enum ctl_exit ctl_exit_code(enum err e)
{
	if (e == ERR_OK)
		return CTL_EXIT_OK;
	if ((unsigned)e >= ERR_COUNT || exits[e] == CTL_EXIT_OK)
		return CTL_EXIT_FAILED;
	return exits[e];
}
