/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * domains: who runs on this machine, as the toolstack wrote it into xenstore
 * where no guest can write: names, and the UUIDs that guests are bound by.
 */
#ifndef TOOLS_AGENT_DOMAINS_H
#define TOOLS_AGENT_DOMAINS_H

#include "lib/err.h"
#include "lib/proto_root.h"
#include "tools/agent/xenstore.h"

#include <stddef.h>
#include <stdint.h>

#define DOMAIN_NAME_SIZE 128

struct domain {
	uint32_t domid;
	char name[DOMAIN_NAME_SIZE]; /* "": none, or one that is too long */
	uint8_t uuid[UUID_SIZE];     /* zero: none */
};

struct domains {
	struct domain *all;
	size_t n;
};

enum err domains_read(struct xenstore *x, struct domains *out) MUST_USE;
void domains_free(struct domains *d);

/* NULL: there is none. */
const struct domain *domains_by_name(const struct domains *d, const char *name);
const struct domain *domains_by_domid(const struct domains *d, uint32_t domid);

/* NULL also where two have this uuid, as while one is moved: which of them is meant cannot be told.
 */
const struct domain *domains_by_uuid(const struct domains *d, const uint8_t uuid[UUID_SIZE]);

#endif
