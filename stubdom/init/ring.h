/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring: the page that a frontend has granted, mapped, and the event channel
 * beside it. What lies in the page is stubdom/init/tpmif.h's.
 *
 * A frontend that vanishes leaves the page behind: it can be read and written
 * until it is unmapped, and the domain is not gone before that.
 */
#ifndef STUBDOM_INIT_RING_H
#define STUBDOM_INIT_RING_H

#include "lib/err.h"
#include "lib/loop.h"
#include "stubdom/init/bus.h"

#include <stdint.h>

struct ring;

/*
 * Maps grant ref of that domain, binds to its event channel, and attaches the page to the bus,
 * which sees a command that is there already. ERR_IO: the frontend has granted or offered nothing
 * of that kind.
 */
enum err ring_open(struct loop *l, struct bus *b, uint32_t domid, uint32_t ref, uint32_t port,
		   struct ring **out) MUST_USE;

/* Detaches it; NULL is fine. */
void ring_close(struct ring *r);

#endif
