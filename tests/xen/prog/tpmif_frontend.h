/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpmif_frontend: a guest's end of Xen's TPM interface (xen/io/tpmif.h) in a
 * program, in a guest whose vTPM no driver uses. It only offers page and event
 * channel: what is done with them is the caller's.
 */
#ifndef TESTS_XEN_PROG_TPMIF_FRONTEND_H
#define TESTS_XEN_PROG_TPMIF_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#define FRONTEND_PATIENCE_MS 120000 /* how long a backend is waited for, */
#define FRONTEND_STEP_MS     5      /* looked at so often */

/* In the page. */
#define FRONTEND_STATE_AT    4
#define FRONTEND_LOCALITY_AT 5
#define FRONTEND_EXTRA_AT    7
#define FRONTEND_PACKET_AT   8

enum frontend_page_state { FRONTEND_IDLE, FRONTEND_SUBMIT, FRONTEND_FINISH, FRONTEND_CANCEL };

struct frontend {
	struct xs_handle *xs;
	xengntshr_handle *grants;
	xenevtchn_handle *events;
	char *backend; /* its directory */
	uint32_t backend_id;
	volatile uint8_t *page;
	uint32_t ref;
	xenevtchn_port_or_error_t port;
};

/* What has gone wrong; always false, so that it can be what a function returns. */
bool frontend_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *frontend_failure(void);

/* The guest's first vTPM device; connects to it. */
bool frontend_open(struct frontend *f);

/* A page and an event channel for a backend that waits; until it has taken them. */
bool frontend_connect(struct frontend *f);

/* Until the backend has let go of them. */
bool frontend_disconnect(struct frontend *f);

/* Takes them away without a word. */
void frontend_withdraw(struct frontend *f);

/* A key of the device, and where it is in xenstore: valid until the next call. */
void frontend_say(struct frontend *f, const char *key, uint32_t value);
char *frontend_key(const char *key);
int frontend_backend_state(struct frontend *f);

/* The length of the packet in the page; the page's state, last of all, with a notification. */
void frontend_length(struct frontend *f, uint32_t length);
void frontend_set(struct frontend *f, uint8_t state);
void frontend_notify(struct frontend *f);

void frontend_nap(void);

#endif
