/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key keeper's connection to ptpm-proxy in another domain: one conversation, and this process
 * ends with it, as a connection would.
 */
#include "lib/carrier.h"
#include "lib/log.h"
#include "lib/number.h"
#include "lib/proto_agent.h"
#include "lib/proto_ptpm.h"
#include "lib/proto_super.h"
#include "lib/xen/channel_xen.h"
#include "vtpmmgr/vchan/vchan.h"
#include "vtpmmgr/vchan/vchan_sandbox.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ptpm {
	struct loop *loop;
	int code;
};

static void on_closed(void *arg, uint8_t how, uint8_t code)
{
	struct ptpm *p = arg;

	(void)how;
	(void)code;
	loop_stop(p->loop);
}

static void on_gone(void *arg, enum err why)
{
	struct ptpm *p = arg;

	log_warning("the domain with ptpm-proxy has gone away: %s", err_text(why));
	p->code = EXIT_FAILURE;
	loop_stop(p->loop);
}

static const struct carrier_ops ops = {.closed = on_closed, .gone = on_gone};

/* Which commands the proxy lets through follows from the role. */
static enum err serve(const char *domain, const char *role, struct channel **out)
{
	uint32_t domid;
	char path[64];

	if (number_u32(domain, AGENT_DOMID_MAX, &domid) ||
	    (strcmp(role, "keys") != 0 && strcmp(role, "provision") != 0))
		return ERR_ARG;
	snprintf(path, sizeof(path), VCHAN_PATH "agent/%s", role);
	return channel_xen_serve(domid, path, VCHAN_AGENT_RING, MSG_BODY_MAX, out);
}

static enum err carry(struct ptpm *p, struct channel *ring)
{
	struct carrier *carrier = NULL;
	enum err e = carrier_new(p->loop, ring, MSG_BODY_MAX, &ops, p, &carrier);

	if (!e)
		e = carrier_open(carrier, FD_VCHAN_PTPM);
	if (!e)
		e = loop_run(p->loop);
	carrier_free(carrier);
	return e;
}

int vchan_ptpm(const struct child_args *args, char *const argv[])
{
	struct ptpm p = {.code = EXIT_SUCCESS};
	struct channel *ring = NULL;
	enum err e = loop_new(&p.loop);

	if (!e)
		e = serve(argv[0], argv[1], &ring);
	if (!e)
		e = vchan_sandbox_enter(args);
	if (!e)
		e = carry(&p, ring);
	if (e)
		log_error("the connection to ptpm-proxy: %s", err_text(e));
	return e ? EXIT_FAILURE : p.code;
}
