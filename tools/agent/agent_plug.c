/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_plug.h"

#include "lib/log.h"
#include "lib/number.h"
#include "lib/proto_agent.h"
#include "lib/uuid.h"
#include "tools/agent/agent_worker.h"
#include "tools/agent/stub_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRIES         3
#define XL_TIMEOUT_MS 60000
#define LOOKS         90 /* after each try: Linux' driver waits two minutes for a dead ring */

/*
 * New: the guest has not looked at it yet. Closed: while it still took the old device down it took
 * the new one, at the same path, for that, and will not look at it.
 */
enum frontend { FRONTEND_OTHER, FRONTEND_NEW, FRONTEND_CLOSED };

static void detach(struct agent_worker *w);
static void attach_later(struct agent_worker *w);

static enum err start(struct agent_worker *w, const struct xl_job *what, xl_done_fn done)
{
	struct xl_job job = *what;

	job.timeout_ms = XL_TIMEOUT_MS;
	job.done = done;
	job.arg = w;
	return xl_start(w->agent->xl, &job, &w->plug.run);
}

static void complain(const struct agent_worker *w, const char *command, const char *why)
{
	log_warning("domain %s has not got its TPM (vTPM %s) back: xl %s: %s", w->plug.guest,
		    uuid_format(w->uuid).s, command, why);
}

/* ---- which device --------------------------------------------------------------------------- */

static bool read_device(const struct agent_worker *w, const char *device, const char *key,
			char out[XENSTORE_PATH_MAX])
{
	char path[XENSTORE_PATH_MAX];

	snprintf(path, sizeof(path), "/libxl/%s/device/vtpm/%s/%s", w->plug.guest, device, key);
	return xenstore_read(w->agent->xenstore, path, out, XENSTORE_PATH_MAX) == ERR_OK;
}

static bool is_ours(const struct agent_worker *w, const char *device)
{
	char text[XENSTORE_PATH_MAX];
	uint8_t uuid[UUID_SIZE];

	return read_device(w, device, "uuid", text) && uuid_parse(text, uuid) == ERR_OK &&
	       uuid_equal(uuid, w->uuid);
}

static bool domain_is_gone(const struct agent_worker *w, uint64_t domid)
{
	char path[XENSTORE_PATH_MAX], name[XENSTORE_PATH_MAX];

	snprintf(path, sizeof(path), "/local/domain/%" PRIu64 "/name", domid);
	return xenstore_read(w->agent->xenstore, path, name, sizeof(name)) == ERR_NOT_FOUND;
}

/* Of the guest's end; the guest may write there what it likes. */
static enum frontend frontend_of(const struct agent_worker *w, const char *device)
{
	char path[XENSTORE_PATH_MAX], state[XENSTORE_PATH_MAX];

	snprintf(path, sizeof(path), "/local/domain/%s/device/vtpm/%s/state", w->plug.guest,
		 device);
	if (xenstore_read(w->agent->xenstore, path, state, sizeof(state)))
		return FRONTEND_OTHER;
	if (strcmp(state, "1") == 0)
		return FRONTEND_NEW;
	return strcmp(state, "6") == 0 ? FRONTEND_CLOSED : FRONTEND_OTHER;
}

/*
 * At the domain that serves, and perhaps attached by an agent that has died since. A guest that
 * makes nothing of a device may be without a driver: only what this agent has attached is then
 * taken back.
 */
static bool is_unusable(struct agent_worker *w, const char *device)
{
	enum frontend f = frontend_of(w, device);

	if (f == FRONTEND_NEW && w->plug.looks > 0) {
		w->plug.waits = true;
		return false;
	}
	return f == FRONTEND_CLOSED || (f == FRONTEND_NEW && w->plug.tries > 0);
}

/* Whose the backend at this path is: libxl has written it. */
static bool backend_domain(const char *path, uint64_t *domid)
{
	static const char above[] = "/local/domain/";
	size_t n = sizeof(above) - 1;

	return strncmp(path, above, n) == 0 &&
	       number_prefix(path + n, 10, AGENT_DOMID_MAX, domid) > 0;
}

static bool leads_nowhere(struct agent_worker *w, const char *device)
{
	char backend[XENSTORE_PATH_MAX];
	uint64_t domid;

	if (!read_device(w, device, "backend", backend) || !backend_domain(backend, &domid))
		return false;
	return domid == w->domid ? is_unusable(w, device) : domain_is_gone(w, domid);
}

static void on_device(void *arg, const char *name)
{
	struct agent_worker *w = arg;
	uint32_t number;

	if (w->plug.device[0] || number_u32(name, AGENT_DOMID_MAX, &number) || !is_ours(w, name))
		return;
	w->plug.there = true;
	if (leads_nowhere(w, name))
		snprintf(w->plug.device, sizeof(w->plug.device), "%s", name);
}

/*
 * That the guest is owed its device is noted where libxl keeps what it knows of the guest: agent
 * and stub domain may end before it is given back, the note ends with the guest.
 */
struct note {
	char path[XENSTORE_PATH_MAX];
};

static struct note note_of(const struct agent_worker *w)
{
	struct note n;

	snprintf(n.path, sizeof(n.path), "/libxl/%s/vtpmmgr/%s", w->plug.guest,
		 uuid_format(w->uuid).s);
	return n;
}

/* For the guest to read, because only for a domain that is there anything is written. */
static enum err note(const struct agent_worker *w)
{
	uint32_t guest;
	enum err e = number_u32(w->plug.guest, AGENT_DOMID_MAX, &guest);

	return e ? e : xenstore_write(w->agent->xenstore, note_of(w).path, "owed", guest);
}

static bool is_owed(const struct agent_worker *w)
{
	char text[XENSTORE_PATH_MAX];

	return xenstore_read(w->agent->xenstore, note_of(w).path, text, sizeof(text)) == ERR_OK;
}

/* ---- away, and back ------------------------------------------------------------------------- */

static void look(struct agent_worker *w);

static void on_look(void *arg)
{
	struct agent_worker *w = arg;

	w->plug.timer = NULL;
	look(w);
}

static void look_later(struct agent_worker *w)
{
	if (loop_after(w->agent->loop, w->agent->plug_ms, on_look, w, &w->plug.timer))
		log_error("no memory for a timer");
}

static void look(struct agent_worker *w)
{
	char path[XENSTORE_PATH_MAX];

	w->plug.device[0] = '\0';
	w->plug.there = w->plug.waits = false;
	snprintf(path, sizeof(path), "/libxl/%s/device/vtpm", w->plug.guest);
	if (xenstore_list(w->agent->xenstore, path, on_device, w))
		return;
	if (w->plug.there)
		xenstore_remove(w->agent->xenstore, note_of(w).path);
	if (w->plug.tries == TRIES)
		return;
	if (w->plug.device[0]) {
		detach(w);
	} else if (!w->plug.there && is_owed(w)) {
		attach_later(w);
	} else if (w->plug.waits) {
		w->plug.looks--;
		look_later(w);
	}
}

static uint64_t pause_of(const struct agent_worker *w)
{
	return w->agent->plug_ms << w->plug.tries;
}

/* xl waits for the stub domain, which may only be starting: the device is there all the same. */
static void on_attached(void *arg, enum err e, const char *output)
{
	struct agent_worker *w = arg;
	char why[128];

	w->plug.run = NULL;
	xl_last_line(output, why, sizeof(why));
	if (e)
		complain(w, "vtpm-attach", why);
	else
		log_info("domain %s is given its TPM anew, from stub domain %u", w->plug.guest,
			 w->domid);
	w->plug.tries++;
	w->plug.looks = LOOKS;
	look_later(w);
}

static void on_pause_over(void *arg)
{
	struct agent_worker *w = arg;
	const struct stub_device d = stub_config_device(w->uuid);
	const struct xl_job job = {.args = {"vtpm-attach", w->plug.guest, d.backend, d.uuid}};

	w->plug.timer = NULL;
	if (start(w, &job, on_attached))
		complain(w, "vtpm-attach", "cannot be run");
}

/* The next one will have the same path, so the guest must have seen that this one has gone. */
static void attach_later(struct agent_worker *w)
{
	if (loop_after(w->agent->loop, pause_of(w), on_pause_over, w, &w->plug.timer))
		complain(w, "vtpm-attach", "no memory for a timer");
}

static void on_detached(void *arg, enum err e, const char *output)
{
	struct agent_worker *w = arg;
	char why[128];

	w->plug.run = NULL;
	xl_last_line(output, why, sizeof(why));
	if (e)
		complain(w, "vtpm-detach", why);
	else
		attach_later(w);
}

static void detach(struct agent_worker *w)
{
	const struct xl_job job = {.args = {"vtpm-detach", w->plug.guest, w->plug.device}};

	log_debug("domain %s: device %s leads nowhere", w->plug.guest, w->plug.device);
	if (note(w))
		complain(w, "vtpm-detach", "it cannot be noted");
	else if (start(w, &job, on_detached))
		complain(w, "vtpm-detach", "cannot be run");
}

void agent_plug_look(struct agent_worker *w)
{
	if (w->plug.run || w->plug.timer || w->guest[0] == '\0')
		return;
	memcpy(w->plug.guest, w->guest, sizeof(w->guest));
	w->plug.tries = 0;
	w->plug.looks = LOOKS;
	look(w);
}

void agent_plug_forget(struct agent_worker *w)
{
	xl_forget(w->plug.run);
	loop_cancel(w->plug.timer);
	w->plug = (struct agent_plug){0};
}
