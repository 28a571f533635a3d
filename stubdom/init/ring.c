/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/ring.h"

#include "lib/log.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <xenevtchn.h>
#include <xengnttab.h>

struct ring {
	struct bus *bus;
	xengnttab_handle *grants;
	xenevtchn_handle *events;
	void *page;
	evtchn_port_t port; /* our end */
	struct loop_source *source;
};

/* Only what is sent after unmask brings another event: a flood is one event a turn. */
static void on_event(void *arg, uint32_t events)
{
	struct ring *r = arg;
	xenevtchn_port_or_error_t port = xenevtchn_pending(r->events);

	(void)events;
	if (port < 0)
		return;
	bus_event(r->bus);
	if (xenevtchn_unmask(r->events, (evtchn_port_t)port) != 0)
		log_warning("no further events of the frontend");
}

/* One that is not there any more cannot be told, and need not be. */
static void notify(void *arg)
{
	struct ring *r = arg;

	(void)!xenevtchn_notify(r->events, r->port);
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	if (r->source)
		bus_detach(r->bus);
	loop_del(r->source);
	if (r->events)
		xenevtchn_close(r->events);
	if (r->page)
		xengnttab_unmap(r->grants, r->page, 1);
	if (r->grants)
		xengnttab_close(r->grants);
	free(r);
}

static enum err map(struct ring *r, uint32_t domid, uint32_t ref)
{
	r->grants = xengnttab_open(NULL, 0);
	if (!r->grants)
		return ERR_UNAVAILABLE;
	r->page = xengnttab_map_grant_ref(r->grants, domid, ref, PROT_READ | PROT_WRITE);
	return r->page ? ERR_OK : ERR_IO;
}

static enum err bind_port(struct ring *r, uint32_t domid, uint32_t port)
{
	xenevtchn_port_or_error_t own;

	r->events = xenevtchn_open(NULL, 0);
	if (!r->events)
		return ERR_UNAVAILABLE;
	own = xenevtchn_bind_interdomain(r->events, domid, port);
	if (own < 0)
		return ERR_IO;
	r->port = (evtchn_port_t)own;
	return ERR_OK;
}

enum err ring_open(struct loop *l, struct bus *b, uint32_t domid, uint32_t ref, uint32_t port,
		   struct ring **out)
{
	struct ring *r = calloc(1, sizeof(*r));
	enum err e;

	if (!r)
		return ERR_NO_MEMORY;
	r->bus = b;
	e = map(r, domid, ref);
	if (!e)
		e = bind_port(r, domid, port);
	if (!e)
		e = loop_add(l, xenevtchn_fd(r->events), EPOLLIN, on_event, r, &r->source);
	if (e) {
		ring_close(r);
		return e;
	}
	*out = r;
	bus_attach(b, r->page, notify, r);
	return ERR_OK;
}
