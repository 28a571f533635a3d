/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device: what a vTPM's backend does with one device of a frontend's, by what
 * xenstore says of both sides (xen/io/xenbus.h). libxl creates the backend's
 * directory with state Initialising and gives it 10 seconds to say InitWait.
 */
#ifndef STUBDOM_INIT_DEVICE_H
#define STUBDOM_INIT_DEVICE_H

#include <stdbool.h>

enum xenbus_state {
	XENBUS_UNKNOWN, /* there is none */
	XENBUS_INITIALISING,
	XENBUS_INIT_WAIT,
	XENBUS_INITIALISED,
	XENBUS_CONNECTED,
	XENBUS_CLOSING,
	XENBUS_CLOSED,
};

struct device_view {
	enum xenbus_state backend;
	enum xenbus_state frontend;
	bool online;    /* libxl wants the device to be there */
	bool allowed;   /* the frontend's domain is the guest of this vTPM */
	bool connected; /* its page is mapped */
	bool free;      /* no other device is connected */
	bool late;      /* DEVICE_PART was long enough ago */
};

enum device_do {
	DEVICE_REST,
	DEVICE_OFFER,   /* say what this backend can, and InitWait */
	DEVICE_CONNECT, /* map, bind, and say Connected; stay where it is if that cannot be done */
	DEVICE_RELEASE, /* unbind, unmap, and say InitWait */
	DEVICE_PART, /* go on serving, for some seconds at most: the frontend is to let go first */
	DEVICE_END,  /* unbind, unmap, and say Closed; remove the directory once libxl saw it */
	DEVICE_FORGET, /* unbind, unmap, and say nothing: there is no directory */
};

enum device_do device_next(const struct device_view *v);

/* A state as xenstore has it; XENBUS_UNKNOWN for anything else, and for NULL. */
enum xenbus_state device_state(const char *text);

#endif
