/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guest: the seam to whatever brings a guest's commands: the TPM emulator
 * protocol on unix sockets here, Xen's tpmif ring in a stub domain. A transport
 * executes commands through struct vtpm and keeps a response back while that
 * is held.
 */
#ifndef STUBDOM_GUEST_H
#define STUBDOM_GUEST_H

#include "lib/err.h"
#include "lib/loop.h"
#include "stubdom/vtpm.h"

struct guest_ops {
	/* Serves guests from now on. */
	enum err (*open)(void *transport);
	/* The vTPM is not held any more: send what waited, go on with what came meanwhile. */
	void (*released)(void *transport);
	/* Stops serving and frees itself. */
	void (*close)(void *transport);
};

struct guest_transport {
	const struct guest_ops *ops;
	void *self;
};

/* The TPM emulator protocol on two listening unix sockets (not owned). */
enum err guest_emulator_new(struct loop *l, struct vtpm *v, int data_fd, int ctrl_fd,
			    struct guest_transport *out) MUST_USE;

#endif
