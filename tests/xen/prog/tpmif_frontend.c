/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/xen/prog/tpmif_frontend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static char failure[200];

bool frontend_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure, sizeof(failure), format, args);
	va_end(args);
	return false;
}

const char *frontend_failure(void)
{
	return failure;
}

/* ---- xenstore ------------------------------------------------------------------------------- */

char *frontend_key(const char *key)
{
	static char path[64];

	snprintf(path, sizeof(path), "device/vtpm/0/%s", key);
	return path;
}

void frontend_say(struct frontend *f, const char *key, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	if (!xs_write(f->xs, XBT_NULL, frontend_key(key), text, (unsigned)strlen(text)))
		fprintf(stderr, "frontend: %s cannot be written\n", key);
}

int frontend_backend_state(struct frontend *f)
{
	char path[128];
	unsigned len;
	char *text;
	int state;

	snprintf(path, sizeof(path), "%s/state", f->backend);
	text = xs_read(f->xs, XBT_NULL, path, &len);
	state = text ? atoi(text) : -1;
	free(text);
	return state;
}

void frontend_nap(void)
{
	const struct timespec t = {.tv_nsec = FRONTEND_STEP_MS * 1000000L};

	nanosleep(&t, NULL);
}

static bool wait_backend(struct frontend *f, int state)
{
	for (int ms = 0; ms < FRONTEND_PATIENCE_MS; ms += FRONTEND_STEP_MS) {
		if (frontend_backend_state(f) == state)
			return true;
		frontend_nap();
	}
	return frontend_failed("the backend is in state %d, not %d", frontend_backend_state(f),
			       state);
}

/* ---- page and event channel ----------------------------------------------------------------- */

void frontend_notify(struct frontend *f)
{
	xenevtchn_notify(f->events, (evtchn_port_t)f->port);
}

void frontend_length(struct frontend *f, uint32_t length)
{
	for (int i = 0; i < 4; i++)
		f->page[i] = (uint8_t)(length >> 8 * i);
}

void frontend_set(struct frontend *f, uint8_t state)
{
	__sync_synchronize();
	f->page[FRONTEND_STATE_AT] = state;
	__sync_synchronize();
	frontend_notify(f);
}

static bool offer(struct frontend *f)
{
	void *page = xengntshr_share_pages(f->grants, f->backend_id, 1, &f->ref, 1);

	if (!page)
		return frontend_failed("no page can be granted");
	memset(page, 0, PAGE);
	f->page = page;
	f->port = xenevtchn_bind_unbound_port(f->events, f->backend_id);
	return f->port >= 0 || frontend_failed("no event channel");
}

void frontend_withdraw(struct frontend *f)
{
	if (f->port >= 0)
		xenevtchn_unbind(f->events, (evtchn_port_t)f->port);
	if (f->page)
		xengntshr_unshare(f->grants, (void *)(uintptr_t)f->page, 1);
	f->page = NULL;
	f->port = -1;
}

bool frontend_connect(struct frontend *f)
{
	if (!wait_backend(f, 2) || !offer(f))
		return false;
	frontend_say(f, "ring-ref", f->ref);
	frontend_say(f, "event-channel", (uint32_t)f->port);
	frontend_say(f, "feature-protocol-v2", 1);
	frontend_say(f, "state", 3);
	if (!wait_backend(f, 4))
		return false;
	frontend_say(f, "state", 4);
	return true;
}

bool frontend_disconnect(struct frontend *f)
{
	bool ok;

	frontend_say(f, "state", 6);
	ok = wait_backend(f, 2);
	frontend_withdraw(f);
	return ok;
}

bool frontend_open(struct frontend *f)
{
	unsigned len;
	char *id;

	*f = (struct frontend){.port = -1,
			       .xs = xs_open(0),
			       .grants = xengntshr_open(NULL, 0),
			       .events = xenevtchn_open(NULL, 0)};
	if (!f->xs || !f->grants || !f->events)
		return frontend_failed("no xenstore, gntalloc or evtchn");
	f->backend = xs_read(f->xs, XBT_NULL, frontend_key("backend"), &len);
	id = xs_read(f->xs, XBT_NULL, frontend_key("backend-id"), &len);
	if (!f->backend || !id)
		return frontend_failed("no vTPM device");
	f->backend_id = (uint32_t)atoi(id);
	free(id);
	return frontend_connect(f);
}
