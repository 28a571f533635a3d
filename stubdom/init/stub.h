/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stub: a stub domain's worker and its three channels to the manager's domain,
 * each carried over a ring (lib/carrier.h), and the TPM that the worker is to
 * the guest. Knows nothing of Xen: a ring is any channel.
 *
 * A worker is started as soon as conversations have been opened on all three
 * rings; the next one after it has ended and all three were opened again. What
 * the guest has connected stays.
 */
#ifndef STUBDOM_INIT_STUB_H
#define STUBDOM_INIT_STUB_H

#include "lib/carrier.h"
#include "lib/err.h"
#include "stubdom/init/bus.h"
#include "stubdom/init/process.h"

#include <stdbool.h>

enum stub_ring { RING_SUPER, RING_KEYS, RING_BROKER, NRINGS };

/* The longest bodies on each. */
#define STUB_BODY_SMALL 512
#define STUB_BODY_BLOB  MSG_BODY_MAX

struct stub_link {
	struct stub *stub;
	enum stub_ring ring;
	struct carrier *carrier;
	int end; /* the worker's, until it has it; -1: none */
};

struct stub {
	struct loop *loop;
	struct stub_link links[NRINGS];
	struct process process;
	bool ending; /* the process was killed, and is not reaped yet */
	struct loop_timer *starter;
	struct loop_timer *grace; /* until a worker that serves no more is killed */
	struct channel *super;    /* this side's end of its channel 3, for what is said from here */
	struct bus bus;           /* whose tpm is the worker, whichever that is */
	void (*gone)(void *arg);  /* a ring is; all three are closed, and the worker killed */
	void *arg;
};

/* program: an open descriptor of the worker's executable. */
enum err stub_open(struct stub *s, struct loop *l, int program, uid_t uid,
		   enum log_level level) MUST_USE;

/* Follows what is said on these from now on; owns all three, also on failure. */
enum err stub_attach(struct stub *s, struct channel *const rings[NRINGS]) MUST_USE;

/* The longest body of each ring. */
size_t stub_body_max(enum stub_ring ring);

#endif
