/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that the proxy reads of bytes from a peer or the TPM. The first
 * byte chooses the role; the rest is tried as command, response and list.
 */
#include "pTPM-proxy/claims.h"
#include "pTPM-proxy/command.h"
#include "pTPM-proxy/sweep.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool nobody_owns(void *arg, uint32_t handle)
{
	(void)arg;
	(void)handle;
	return false;
}

static void try_command(enum allow_role role, const uint8_t *buf, size_t len)
{
	static const struct claims none;
	struct claims mine = {0};
	struct command command;
	struct command_result result;

	if (command_decode(role, buf, len, &command) != ERR_OK)
		return;
	for (size_t i = 0; i < command.rule->handles; i++)
		if (claims_apply_to(command.handles[i]) && claims_permit(&none, &command) == ERR_OK)
			abort();
	for (size_t i = 0; i < command.nsessions; i++)
		if (claims_add(&mine, command.sessions[i].handle) != ERR_OK)
			abort();
	claims_settle(&mine, &command);
	if (command_result_decode(command.rule, buf, len, &result) == ERR_OK && !result.success &&
	    result.handle != 0)
		abort();
}

static void try_list(const uint8_t *buf, size_t len)
{
	uint8_t command[SWEEP_COMMAND_MAX];
	struct sweep s;
	unsigned commands = 0;
	size_t n;

	sweep_begin(&s);
	if (!sweep_next(&s, nobody_owns, NULL, command, &n))
		abort();
	if (sweep_answer(&s, buf, len) != ERR_OK)
		return;
	while (sweep_next(&s, nobody_owns, NULL, command, &n))
		if (++commands > SWEEP_LIST_MAX + 2)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	try_command(data[0] & 1 ? ALLOW_KEYS : ALLOW_PROVISION, data + 1, size - 1);
	try_list(data + 1, size - 1);
	return 0;
}
