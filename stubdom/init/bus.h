/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bus: the page of one frontend, and the TPM that answers it. Pages come and
 * go; the answer to a command of one that has gone reaches no other.
 */
#ifndef STUBDOM_INIT_BUS_H
#define STUBDOM_INIT_BUS_H

#include "stubdom/init/emulator.h"
#include "stubdom/init/tpmif.h"

struct bus {
	struct emulator *tpm;
	struct tpmif tpmif;
	volatile uint8_t *page; /* NULL: no frontend */
	void (*notify)(void *arg);
	void *arg;
};

/* A page that has just been mapped (the caller's). Looks at it at once: it may hold a command. */
void bus_attach(struct bus *b, volatile uint8_t *page, void (*notify)(void *arg), void *arg);
void bus_detach(struct bus *b);

/* The frontend has sent an event. */
void bus_event(struct bus *b);

/* The TPM's answer. */
void bus_answer(struct bus *b, const uint8_t *response, size_t len);

#endif
