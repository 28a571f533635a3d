/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/claims.h"

#include <tss2/tss2_tpm2_types.h>

bool claims_apply_to(uint32_t handle)
{
	switch (handle >> TPM2_HR_SHIFT) {
	case TPM2_HT_HMAC_SESSION:
	case TPM2_HT_POLICY_SESSION:
	case TPM2_HT_TRANSIENT:
		return true;
	default:
		return false;
	}
}

static size_t find(const struct claims *c, uint32_t handle)
{
	size_t i = 0;

	while (i < c->n && c->handles[i] != handle)
		i++;
	return i;
}

bool claims_have(const struct claims *c, uint32_t handle)
{
	return find(c, handle) < c->n;
}

enum err claims_add(struct claims *c, uint32_t handle)
{
	if (claims_have(c, handle))
		return ERR_OK;
	if (c->n == CLAIMS_MAX)
		return ERR_FULL;
	c->handles[c->n++] = handle;
	return ERR_OK;
}

void claims_remove(struct claims *c, uint32_t handle)
{
	size_t i = find(c, handle);

	if (i < c->n)
		c->handles[i] = c->handles[--c->n];
}

static bool may_name(const struct claims *c, uint32_t handle)
{
	return !claims_apply_to(handle) || claims_have(c, handle);
}

enum err claims_permit(const struct claims *c, const struct command *command)
{
	for (size_t i = 0; i < command->rule->handles; i++)
		if (!may_name(c, command->handles[i]))
			return ERR_DENIED;
	for (size_t i = 0; i < command->nsessions; i++)
		if (!may_name(c, command->sessions[i].handle))
			return ERR_DENIED;
	if (command->enumerates)
		return ERR_DENIED;
	if (command->rule->effect == ALLOW_CREATES && c->n == CLAIMS_MAX)
		return ERR_FULL;
	return ERR_OK;
}

void claims_settle(struct claims *c, const struct command *command)
{
	if (command->rule->effect == ALLOW_FLUSHES)
		claims_remove(c, command->handles[0]);
	for (size_t i = 0; i < command->nsessions; i++)
		if (command->sessions[i].ends)
			claims_remove(c, command->sessions[i].handle);
}
