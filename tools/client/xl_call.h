/* SPDX-License-Identifier: BSD-3-Clause */
/* xl_call: one run of Xen's xl, waited for. */
#ifndef TOOLS_CLIENT_XL_CALL_H
#define TOOLS_CLIENT_XL_CALL_H

#include "lib/err.h"
#include "lib/uuid.h"
#include "tools/agent/xl.h"

#include <stddef.h>

#define XL_WHY_MAX 256

/* *output, all that it printed, is the caller's to free. On failure why is a line for a person. */
enum err xl_call(const char *const args[XL_ARGS_MAX], char **output, char why[XL_WHY_MAX]) MUST_USE;

/* Plugs the vTPM, whose stub domain runs, into a domain (its name, or its number). */
enum err xl_call_attach(const uint8_t vtpm[UUID_SIZE], const char *domain,
			char why[XL_WHY_MAX]) MUST_USE;

#endif
