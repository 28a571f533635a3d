/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_ptpm.h"

#include "lib/carrier.h"
#include "lib/log.h"
#include "lib/proto_ptpm.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

struct agent_ptpm {
	struct agent *agent;
	const char *name;
	struct carrier *carrier; /* NULL: no ring */
};

static const char *const names[AGENT_PTPMS] = {"keys", "provision"};

const char *agent_ptpm_name(size_t i)
{
	return names[i];
}

static enum err on_open(void *arg, uint32_t n, int *fd)
{
	struct agent_ptpm *p = arg;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	enum err e;

	(void)n;
	if (snprintf(path, sizeof(path), "%s/%s", p->agent->options->ptpm, p->name) >=
	    (int)sizeof(path))
		return ERR_TOO_BIG;
	e = channel_connect(path, fd);
	if (e)
		log_warning("ptpm-proxy at %s: %s", path, err_text(e));
	return e;
}

static void on_gone(void *arg, enum err why)
{
	struct agent_ptpm *p = arg;

	log_debug("ring %s: %s", p->name, err_name(why));
	agent_ptpm_drop(p);
	agent_look_again(p->agent);
}

void agent_ptpm_drop(struct agent_ptpm *p)
{
	carrier_free(p->carrier);
	p->carrier = NULL;
}

static const struct carrier_ops ops = {.open = on_open, .gone = on_gone};

enum err agent_ptpm_new(struct agent *a, size_t i, struct agent_ptpm **out)
{
	struct agent_ptpm *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NO_MEMORY;
	p->agent = a;
	p->name = names[i];
	*out = p;
	return ERR_OK;
}

void agent_ptpm_free(struct agent_ptpm *p)
{
	if (!p)
		return;
	carrier_free(p->carrier);
	free(p);
}

bool agent_ptpm_has_ring(const struct agent_ptpm *p)
{
	return p->carrier != NULL;
}

void agent_ptpm_take(struct agent_ptpm *p, struct channel *ring)
{
	enum err e = carrier_new(p->agent->loop, ring, PTPM_BUFFER_MAX, &ops, p, &p->carrier);

	if (e)
		log_error("ring %s: %s", p->name, err_text(e));
	else
		log_info("the manager can reach the physical TPM (%s)", p->name);
}
