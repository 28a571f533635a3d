/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/model.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned objects;
} actions[ACTION_COUNT] = {
    [ACTION_CREATE] = {"create", ON_VTPM},
    [ACTION_START] = {"start", ON_VTPM},
    [ACTION_STOP] = {"stop", ON_VTPM},
    [ACTION_DESTROY] = {"destroy", ON_VTPM},
    [ACTION_OWN] = {"own", ON_VTPM},
    [ACTION_MIGRATE_OUT] = {"migrate-out", ON_VTPM},
    [ACTION_MIGRATE_IN] = {"migrate-in", ON_VTPM},
    [ACTION_ATTEST] = {"attest", ON_VTPM},
    [ACTION_SEE] = {"see", ON_VTPM},
    [ACTION_AUDIT] = {"audit", ON_VTPM | ON_PLATFORM},
    [ACTION_POLICY_READ] = {"policy-read", ON_PLATFORM},
    [ACTION_POLICY_LOAD] = {"policy-load", ON_PLATFORM},
    [ACTION_PLATFORM] = {"platform", ON_PLATFORM},
};

const char *policy_action_name(enum policy_action a)
{
	return (unsigned)a < ACTION_COUNT ? actions[a].name : "unknown";
}

enum err policy_action_parse(const char *name, enum policy_action *out)
{
	for (unsigned a = 0; name && a < ACTION_COUNT; a++) {
		if (strcmp(actions[a].name, name) != 0)
			continue;
		*out = (enum policy_action)a;
		return ERR_OK;
	}
	return ERR_ARG;
}

unsigned model_action_objects(enum policy_action a)
{
	return (unsigned)a < ACTION_COUNT ? actions[a].objects : 0;
}

static const char *const roles[ROLE_COUNT] = {
    [ROLE_DEVICE_MANUFACTURER] = "device-manufacturer",
    [ROLE_DEVICE_OWNER] = "device-owner",
    [ROLE_OPERATOR] = "operator",
    [ROLE_ENTERPRISE] = "enterprise",
    [ROLE_SERVICE_PROVIDER] = "service-provider",
    [ROLE_USER] = "user",
};

const char *model_role_name(enum role role)
{
	return roles[role];
}

unsigned model_role(const char *name)
{
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		if (strcmp(roles[r], name) == 0)
			return r;
	return MODEL_NONE;
}

unsigned model_stakeholder(const struct policy *p, const char *id)
{
	for (unsigned i = 0; id && i < p->nstakeholders; i++)
		if (strcmp(p->stakeholders[i].id, id) == 0)
			return i;
	return MODEL_NONE;
}

unsigned model_peer(const struct policy *p, const char *id)
{
	for (unsigned i = 0; id && i < p->npeers; i++)
		if (strcmp(p->peers[i].id, id) == 0)
			return i;
	return MODEL_NONE;
}

void policy_free(struct policy *p)
{
	free(p);
}
