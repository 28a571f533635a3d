/* SPDX-License-Identifier: BSD-3-Clause */
/* life: carries out what the table in lifecycle.c says. */
#ifndef VTPMMGR_LIFE_H
#define VTPMMGR_LIFE_H

#include "vtpmmgr/broker/lifecycle.h"

struct broker;
struct vtpm;

/* How long a worker that has its key may take to serve, a serving one to end, or to suspend, or say
 * that it cannot (it gives up sooner). Milliseconds. A domain is built for it first, under Xen. */
#define LIFE_START_MS   30000
#define LIFE_BUILD_MS   60000
#define LIFE_STOP_MS    8000
#define LIFE_SUSPEND_MS 8000

/* ERR_STATE: that cannot happen to a vTPM in its present state. why: told to who waits for it. */
enum err life_event(struct broker *b, struct vtpm *v, enum life_event ev, enum err why) MUST_USE;

/* The same where there is nobody to tell. */
void life_step(struct broker *b, struct vtpm *v, enum life_event ev, enum err why);

/* The manager ends: stops everything that is up. */
void life_stop_all(struct broker *b);

/* Tells a new key keeper the terms of what runs. */
void life_tell_terms(struct broker *b);

#endif
