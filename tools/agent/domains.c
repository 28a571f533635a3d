/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/domains.h"

#include "lib/field.h"
#include "lib/number.h"
#include "lib/proto_agent.h"
#include "lib/uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT      "/local/domain"
#define VM_PREFIX "/vm/"

struct reading {
	struct xenstore *x;
	struct domains *out;
	enum err e;
};

static void read_uuid(struct xenstore *x, struct domain *d)
{
	char path[XENSTORE_PATH_MAX], vm[64];

	snprintf(path, sizeof(path), ROOT "/%u/vm", d->domid);
	if (xenstore_read(x, path, vm, sizeof(vm)) ||
	    strncmp(vm, VM_PREFIX, strlen(VM_PREFIX)) != 0 ||
	    uuid_parse(vm + strlen(VM_PREFIX), d->uuid))
		memset(d->uuid, 0, UUID_SIZE);
}

static void read_name(struct xenstore *x, struct domain *d)
{
	char path[XENSTORE_PATH_MAX];

	snprintf(path, sizeof(path), ROOT "/%u/name", d->domid);
	if (xenstore_read(x, path, d->name, sizeof(d->name)))
		d->name[0] = '\0';
}

static void add(void *arg, const char *text)
{
	struct reading *r = arg;
	struct domain *all, d = {0};

	if (r->e || number_u32(text, AGENT_DOMID_MAX, &d.domid))
		return;
	all = reallocarray(r->out->all, r->out->n + 1, sizeof(*all));
	if (!all) {
		r->e = ERR_NO_MEMORY;
		return;
	}
	r->out->all = all;
	read_name(r->x, &d);
	read_uuid(r->x, &d);
	all[r->out->n++] = d;
}

enum err domains_read(struct xenstore *x, struct domains *out)
{
	struct domains d = {0};
	struct reading r = {.x = x, .out = &d};
	enum err e = xenstore_list(x, ROOT, add, &r);

	if (!e)
		e = r.e;
	if (e)
		domains_free(&d);
	else
		*out = d;
	return e;
}

void domains_free(struct domains *d)
{
	free(d->all);
	*d = (struct domains){0};
}

const struct domain *domains_by_name(const struct domains *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->all[i].name, name) == 0)
			return &d->all[i];
	return NULL;
}

const struct domain *domains_by_domid(const struct domains *d, uint32_t domid)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->all[i].domid == domid)
			return &d->all[i];
	return NULL;
}

const struct domain *domains_by_uuid(const struct domains *d, const uint8_t uuid[UUID_SIZE])
{
	const struct domain *found = NULL;

	if (field_is_zero(uuid, UUID_SIZE))
		return NULL;
	for (size_t i = 0; i < d->n; i++) {
		if (!uuid_equal(d->all[i].uuid, uuid))
			continue;
		if (found)
			return NULL;
		found = &d->all[i];
	}
	return found;
}
