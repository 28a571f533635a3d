/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command: what the proxy reads of a TPM 2.0 command and its response: the
 * handles and sessions they name (TPM 2.0 Library, part 1, 18). Parameters are
 * passed on unread, except where they name handles as well.
 */
#ifndef PTPM_PROXY_COMMAND_H
#define PTPM_PROXY_COMMAND_H

#include "lib/err.h"
#include "pTPM-proxy/allow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_HANDLES_MAX  3
#define COMMAND_SESSIONS_MAX 3

struct command_session {
	uint32_t handle;
	bool ends; /* continueSession is clear: a success ends it */
};

struct command {
	const struct allow_rule *rule;
	uint32_t handles[COMMAND_HANDLES_MAX]; /* rule->handles of them */
	struct command_session sessions[COMMAND_SESSIONS_MAX];
	size_t nsessions;
	/* Asks the TPM which transient objects or sessions there are, whosever they are. */
	bool enumerates;
};

/* ERR_FORMAT if the bytes are no command; ERR_DENIED if role may not send this one. */
enum err command_decode(enum allow_role role, const uint8_t *buf, size_t len,
			struct command *out) MUST_USE;

struct command_result {
	bool success;
	uint32_t handle; /* what a successful ALLOW_CREATES command made; else 0 */
};

/* The response to a command of this rule. ERR_FORMAT if the bytes are none. */
enum err command_result_decode(const struct allow_rule *rule, const uint8_t *buf, size_t len,
			       struct command_result *out) MUST_USE;

#endif
