/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/device.h"

#include <stddef.h>

/* A frontend says so once it has granted its page. */
static bool is_ready(const struct device_view *v)
{
	return v->frontend == XENBUS_INITIALISED || v->frontend == XENBUS_CONNECTED;
}

static bool is_missing(const struct device_view *v)
{
	return v->backend == XENBUS_UNKNOWN;
}

static bool is_over(const struct device_view *v)
{
	return v->backend == XENBUS_CLOSED && !v->connected;
}

/* libxl sets both when a device is detached, or its domain destroyed. */
static bool is_ending(const struct device_view *v)
{
	return !v->online || v->backend >= XENBUS_CLOSING;
}

/*
 * A driver that loses its backend with a command under way waits for the answer, Linux's for two
 * minutes; told that the device goes, it lets go itself as soon as that is answered.
 */
static bool is_parting(const struct device_view *v)
{
	return is_ending(v) && v->backend != XENBUS_CLOSED && v->connected && is_ready(v) &&
	       v->allowed && !v->late;
}

static bool is_new(const struct device_view *v)
{
	return v->backend == XENBUS_INITIALISING;
}

/* The guest shuts down, its driver is unloaded or was loaded anew, or it is no guest any more. */
static bool is_leaving(const struct device_view *v)
{
	return v->connected && !(is_ready(v) && v->allowed);
}

static bool can_connect(const struct device_view *v)
{
	return !v->connected && v->backend == XENBUS_INIT_WAIT && v->allowed && v->free &&
	       is_ready(v);
}

/* The first that holds counts. */
static const struct {
	bool (*holds)(const struct device_view *v);
	enum device_do next;
} rules[] = {
    {is_missing, DEVICE_FORGET},   {is_over, DEVICE_REST}, {is_parting, DEVICE_PART},
    {is_ending, DEVICE_END},       {is_new, DEVICE_OFFER}, {is_leaving, DEVICE_RELEASE},
    {can_connect, DEVICE_CONNECT},
};

enum device_do device_next(const struct device_view *v)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].holds(v))
			return rules[i].next;
	return DEVICE_REST;
}

enum xenbus_state device_state(const char *text)
{
	if (!text || text[0] < '0' || text[0] > '0' + XENBUS_CLOSED || text[1] != '\0')
		return XENBUS_UNKNOWN;
	return (enum xenbus_state)(text[0] - '0');
}
