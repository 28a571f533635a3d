/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/backend.h"

#include "lib/log.h"
#include "lib/number.h"
#include "stubdom/init/device.h"
#include "stubdom/init/options.h"
#include "stubdom/init/ring.h"
#include "stubdom/init/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define ROOT        "backend/vtpm"
#define GUEST       "vtpm/guest"
#define PATH_SIZE   96
#define DEVICES_MAX 16 /* more than that are not looked at */
#define REMOVE_MS \
	1000 /* libxl looks at Closed in between, and then waits for the directory to go */
#define PART_MS   5000 /* libxl waits for ten seconds */
#define STEPS_MAX 4    /* from state to state in one go */

struct device {
	bool used;
	bool seen; /* in the scan that is under way */
	uint32_t domid, handle;
	struct backend *backend;
	struct loop_timer *parting;
	bool late; /* that was long enough */
	struct loop_timer *removal;
};

struct backend {
	struct loop *loop;
	struct store *store;
	struct bus *bus;
	struct loop_source *source;
	bool registered;
	uint32_t guest; /* its domid, if registered */
	struct device devices[DEVICES_MAX];
	struct device *connected;
	struct ring *ring; /* its */
	struct loop_timer *again;
};

static void look_again(struct backend *b);
static void follow(struct device *d);

/* ---- xenstore ------------------------------------------------------------------------------- */

/* The path of a device's directory, on our side or the frontend's, and a key in it. */
static void backend_path(const struct device *d, const char *key, char out[PATH_SIZE])
{
	snprintf(out, PATH_SIZE, ROOT "/%u/%u%s%s", d->domid, d->handle, *key ? "/" : "", key);
}

static void frontend_path(const struct device *d, const char *key, char out[PATH_SIZE])
{
	snprintf(out, PATH_SIZE, "/local/domain/%u/device/vtpm/%u/%s", d->domid, d->handle, key);
}

typedef void (*path_fn)(const struct device *d, const char *key, char out[PATH_SIZE]);

/* NULL if there is none; for free(3). */
static char *read_key(const struct device *d, path_fn side, const char *key)
{
	char path[PATH_SIZE];

	side(d, key, path);
	return store_read(d->backend->store, path, NULL);
}

static enum xenbus_state read_state(const struct device *d, path_fn side)
{
	char *text = read_key(d, side, "state");
	enum xenbus_state state = device_state(text);

	free(text);
	return state;
}

static bool read_number(const struct device *d, path_fn side, const char *key, uint32_t *out)
{
	char *text = read_key(d, side, key);
	bool ok = text && !number_u32(text, UINT32_MAX, out);

	free(text);
	return ok;
}

static void write_key(const struct device *d, const char *key, const char *value)
{
	char path[PATH_SIZE];

	backend_path(d, key, path);
	if (store_write(d->backend->store, path, value) != ERR_OK)
		log_warning("%s cannot be written", path);
}

static void write_state(const struct device *d, enum xenbus_state state)
{
	const char value[] = {(char)('0' + state), '\0'};

	write_key(d, "state", value);
}

/* ---- one device ----------------------------------------------------------------------------- */

static void unmap(struct device *d)
{
	struct backend *b = d->backend;

	if (b->connected != d)
		return;
	log_debug("frontend %u/%u: disconnected", d->domid, d->handle);
	ring_close(b->ring);
	b->ring = NULL;
	b->connected = NULL;
}

static void on_removal(void *arg)
{
	struct device *d = arg;
	char path[PATH_SIZE];

	d->removal = NULL;
	backend_path(d, "", path);
	if (read_state(d, backend_path) == XENBUS_CLOSED &&
	    store_remove(d->backend->store, path) != ERR_OK)
		log_warning("%s cannot be removed", path);
	look_again(d->backend);
}

/* A step says whether there may be another. */
static bool rest(struct device *d)
{
	(void)d;
	return false;
}

static void stop_parting(struct device *d)
{
	loop_cancel(d->parting);
	d->parting = NULL;
	d->late = false;
}

static void on_late(void *arg)
{
	struct device *d = arg;

	d->parting = NULL;
	d->late = true;
	follow(d);
	look_again(d->backend);
}

static bool part(struct device *d)
{
	if (!d->parting && loop_after(d->backend->loop, PART_MS, on_late, d, &d->parting))
		d->late = true;
	return d->late;
}

static bool offer(struct device *d)
{
	stop_parting(d);
	unmap(d);
	write_key(d, "feature-protocol-v2", "1");
	write_state(d, XENBUS_INIT_WAIT);
	return true;
}

static bool connect_it(struct device *d)
{
	struct backend *b = d->backend;
	uint32_t ref, port;
	enum err e;

	if (!read_number(d, frontend_path, "ring-ref", &ref) ||
	    !read_number(d, frontend_path, "event-channel", &port))
		return false;
	e = ring_open(b->loop, b->bus, d->domid, ref, port, &b->ring);
	if (e) {
		log_debug("frontend %u/%u: %s", d->domid, d->handle, err_text(e));
		return false;
	}
	b->connected = d;
	write_state(d, XENBUS_CONNECTED);
	log_debug("frontend %u/%u: connected", d->domid, d->handle);
	return false;
}

static bool release(struct device *d)
{
	unmap(d);
	write_state(d, XENBUS_INIT_WAIT);
	return true;
}

static bool end(struct device *d)
{
	stop_parting(d);
	unmap(d);
	write_state(d, XENBUS_CLOSED);
	if (!d->removal &&
	    loop_after(d->backend->loop, REMOVE_MS, on_removal, d, &d->removal) != ERR_OK)
		log_warning("a device that is closed stays in xenstore");
	return false;
}

static bool forget(struct device *d)
{
	unmap(d);
	return false;
}

static bool (*const steps[])(struct device *d) = {
    [DEVICE_REST] = rest,     [DEVICE_OFFER] = offer, [DEVICE_CONNECT] = connect_it,
    [DEVICE_PART] = part,     [DEVICE_END] = end,     [DEVICE_RELEASE] = release,
    [DEVICE_FORGET] = forget,
};

static struct device_view look(const struct device *d)
{
	const struct backend *b = d->backend;
	uint32_t online = 0;

	return (struct device_view){
	    .backend = read_state(d, backend_path),
	    .frontend = read_state(d, frontend_path),
	    .online = read_number(d, backend_path, "online", &online) && online != 0,
	    .allowed = b->registered && d->domid == b->guest,
	    .connected = b->connected == d,
	    .free = b->connected == NULL,
	    .late = d->late,
	};
}

static void follow(struct device *d)
{
	struct device_view v;

	for (int i = 0; i < STEPS_MAX; i++) {
		v = look(d);
		if (!steps[device_next(&v)](d))
			return;
	}
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void watch_frontend(const struct device *d, bool on)
{
	char path[PATH_SIZE];

	frontend_path(d, "state", path);
	if ((on ? store_watch : store_unwatch)(d->backend->store, path) != ERR_OK)
		log_warning("%s cannot be watched", path);
}

static struct device *find(struct backend *b, uint32_t domid, uint32_t handle)
{
	for (int i = 0; i < DEVICES_MAX; i++) {
		struct device *d = &b->devices[i];

		if (d->used && d->domid == domid && d->handle == handle)
			return d;
	}
	return NULL;
}

static struct device *add(struct backend *b, uint32_t domid, uint32_t handle)
{
	for (int i = 0; i < DEVICES_MAX; i++) {
		struct device *d = &b->devices[i];

		if (d->used)
			continue;
		*d = (struct device){.used = true, .domid = domid, .handle = handle, .backend = b};
		watch_frontend(d, true);
		return d;
	}
	log_warning("frontend %u/%u: too many devices", domid, handle);
	return NULL;
}

static void drop(struct device *d)
{
	stop_parting(d);
	unmap(d);
	loop_cancel(d->removal);
	watch_frontend(d, false);
	d->used = false;
}

typedef void (*entry_fn)(struct backend *b, uint32_t outer, uint32_t number);

/* Calls fn for each number that is the name of something in the directory. */
static void each_entry(struct backend *b, const char *path, uint32_t outer, entry_fn fn)
{
	size_t len = 0, n;
	char *names = store_list(b->store, path, &len);
	uint32_t number;

	for (const char *name = names; name && name < names + len; name += n + 1) {
		n = strlen(name);
		if (!number_u32(name, UINT32_MAX, &number))
			fn(b, outer, number);
	}
	free(names);
}

static void see_device(struct backend *b, uint32_t domid, uint32_t handle)
{
	struct device *d = find(b, domid, handle);

	if (!d)
		d = add(b, domid, handle);
	if (d)
		d->seen = true;
}

static void see_domain(struct backend *b, uint32_t outer, uint32_t domid)
{
	char path[PATH_SIZE];

	(void)outer;
	snprintf(path, sizeof(path), ROOT "/%u", domid);
	each_entry(b, path, domid, see_device);
}

static void scan(struct backend *b)
{
	for (int i = 0; i < DEVICES_MAX; i++)
		b->devices[i].seen = false;
	each_entry(b, ROOT, 0, see_domain);
	for (int i = 0; i < DEVICES_MAX; i++)
		if (b->devices[i].used && !b->devices[i].seen)
			drop(&b->devices[i]);
	for (int i = 0; i < DEVICES_MAX; i++)
		if (b->devices[i].used)
			follow(&b->devices[i]);
}

/* Empty, or not there: nobody is to be served. */
static void read_guest(struct backend *b)
{
	char *text = store_read(b->store, GUEST, NULL);
	uint32_t guest = 0;
	bool registered = text && !number_u32(text, OPTIONS_DOMID_MAX, &guest);
	bool same = registered == b->registered && guest == b->guest;

	free(text);
	if (same)
		return;
	b->registered = registered;
	b->guest = guest;
	if (!registered)
		return;
	log_info("the guest is domain %u", guest);
	emulator_reset(b->bus->tpm);
}

/* However many watches have fired, everything is looked at once. */
static void look_at_all(struct backend *b)
{
	if (!store_fired(b->store))
		return;
	read_guest(b);
	scan(b);
	look_again(b);
}

static void on_again(void *arg)
{
	struct backend *b = arg;

	b->again = NULL;
	look_at_all(b);
}

/* What fires while something is asked for does not make the descriptor readable any more. */
static void look_again(struct backend *b)
{
	if (!b->again && loop_after(b->loop, 0, on_again, b, &b->again) != ERR_OK)
		log_error("no memory to look at xenstore");
}

static void on_watch(void *arg, uint32_t events)
{
	(void)events;
	look_at_all(arg);
}

enum err backend_open(struct loop *l, struct store *store, struct bus *b, struct backend **out)
{
	struct backend *be = calloc(1, sizeof(*be));
	enum err e;

	if (!be)
		return ERR_NO_MEMORY;
	*be = (struct backend){.loop = l, .store = store, .bus = b};
	e = store_watch(store, ROOT);
	if (!e)
		e = store_watch(store, GUEST);
	if (!e)
		e = loop_add(l, store_fd(store), EPOLLIN, on_watch, be, &be->source);
	if (e) {
		free(be);
		return e;
	}
	look_again(be);
	*out = be;
	return ERR_OK;
}
