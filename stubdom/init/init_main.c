/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpm-init: process 1 of a stub domain. The guest's frontend on one side, the
 * manager's domain on the other, and between them the worker, its child, which
 * alone knows what is said. There is nothing in it to steal.
 *
 * A worker may die and be replaced, and so may the manager's end of the rings;
 * when that stays away, so does this domain.
 */
#include "lib/log.h"
#include "lib/number.h"
#include "lib/xen/channel_xen.h"
#include "stubdom/init/backend.h"
#include "stubdom/init/boot.h"
#include "stubdom/init/options.h"
#include "stubdom/init/store.h"
#include "stubdom/init/stub.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CMDLINE_MAX 4096
#define PATH_SIZE   96
#define RETRY_MS    50
#define PATIENCE_MS 60000 /* until the manager's rings are there, or there again */
#define WORKER_UID  1000  /* nobody else's in this domain */

struct init {
	struct loop *loop;
	struct store *store;
	struct options options;
	int worker;    /* its executable */
	uint32_t self; /* domid */
	struct channel *rings[NRINGS];
	uint64_t deadline;
	struct stub stub;
	struct backend *backend;
};

static const char *const ring_names[NRINGS] = {
    [RING_SUPER] = "super", [RING_KEYS] = "keys", [RING_BROKER] = "broker"};

/* One that cannot be mapped yet may be what is left of the manager's last one. */
static bool connect_ring(struct init *in, enum stub_ring ring)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/local/domain/%u/data/vtpmmgr/stub/%u/%s",
		 in->options.manager, in->self, ring_names[ring]);
	return in->rings[ring] ||
	       channel_xen_connect(in->options.manager, path, stub_body_max(ring),
				   &in->rings[ring]) == ERR_OK;
}

static bool connect_rings(struct init *in)
{
	for (int i = 0; i < NRINGS; i++)
		if (!connect_ring(in, (enum stub_ring)i))
			return false;
	return true;
}

static void try_again(struct init *in, uint64_t ms);

static void on_try(void *arg)
{
	struct init *in = arg;
	enum err e;

	if (!connect_rings(in)) {
		try_again(in, RETRY_MS);
		return;
	}
	log_info("the rings of domain %u are open", in->options.manager);
	e = stub_attach(&in->stub, in->rings);
	memset(in->rings, 0, sizeof(in->rings));
	if (!e)
		return;
	log_error("rings: %s", err_text(e));
	try_again(in, RETRY_MS);
}

static void try_again(struct init *in, uint64_t ms)
{
	struct loop_timer *timer;

	if (loop_now() > in->deadline)
		log_error("domain %u has no rings for this one", in->options.manager);
	else if (loop_after(in->loop, ms, on_try, in, &timer) == ERR_OK)
		return;
	loop_stop(in->loop);
}

static void await_manager(void *arg)
{
	struct init *in = arg;

	in->deadline = loop_now() + PATIENCE_MS;
	try_again(in, 0);
}

static enum err open_xenstore(struct init *in)
{
	enum err e = store_open(&in->store);
	char *text = e ? NULL : store_read(in->store, "domid", NULL);
	bool ok = text && !number_u32(text, OPTIONS_DOMID_MAX, &in->self);

	free(text);
	return e || ok ? e : ERR_UNAVAILABLE;
}

static enum err open_stub(struct init *in)
{
	in->stub.gone = await_manager;
	in->stub.arg = in;
	return stub_open(&in->stub, in->loop, in->worker, WORKER_UID, in->options.level);
}

static enum err open_backend(struct init *in)
{
	return backend_open(in->loop, in->store, &in->stub.bus, &in->backend);
}

static enum err open_loop(struct init *in)
{
	return loop_new(&in->loop);
}

static const struct {
	const char *what;
	enum err (*open)(struct init *in);
} parts[] = {
    {"loop", open_loop},
    {"xenstore", open_xenstore},
    {"worker", open_stub},
    {"backend", open_backend},
};

static enum err open_all(struct init *in)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !e; i++) {
		e = parts[i].open(in);
		if (e)
			log_error("%s: %s", parts[i].what, err_text(e));
	}
	return e;
}

static enum err run(struct init *in)
{
	char cmdline[CMDLINE_MAX];
	enum err e = boot(&in->worker, cmdline, sizeof(cmdline));

	if (!e)
		e = options_parse(cmdline, &in->options);
	if (e)
		return e;
	log_init("vtpm-init", in->options.level);
	e = open_all(in);
	if (e)
		return e;
	await_manager(in);
	return loop_run(in->loop);
}

int main(void)
{
	struct init in = {0};
	enum err e;

	log_init("vtpm-init", LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	e = run(&in);
	if (e)
		log_error("%s", err_text(e));
	boot_power_off();
}
