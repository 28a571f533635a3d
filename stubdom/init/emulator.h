/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * emulator: a client of the worker's TPM emulator protocol (doc/PROTOCOL.md),
 * as QEMU is one elsewhere. One command at a time; what must come before it is
 * done here: the reset of a TPM that a new guest gets, TPM2_Startup, which no
 * firmware sends in a Xen guest, and the locality.
 *
 * It outlives workers. While there is none a command waits for the next; one
 * that a worker took with it is answered TPM_RC_FAILURE.
 */
#ifndef STUBDOM_INIT_EMULATOR_H
#define STUBDOM_INIT_EMULATOR_H

#include "lib/err.h"
#include "lib/loop.h"

#include <stddef.h>
#include <stdint.h>

struct emulator;

struct emulator_ops {
	/* To what was submitted; valid during the call. The next command may be submitted. */
	void (*answer)(void *arg, const uint8_t *response, size_t len);
	/*
	 * The worker has closed a socket, said what it must not, or not reset its TPM. Both
	 * sockets are closed.
	 */
	void (*lost)(void *arg);
};

enum err emulator_new(struct loop *l, const struct emulator_ops *ops, void *arg,
		      struct emulator **out) MUST_USE;
/* NULL is fine. */
void emulator_free(struct emulator *e);

/* Sockets connected to a worker that has just been started; owned, also on failure. */
enum err emulator_connect(struct emulator *e, int data_fd, int ctrl_fd) MUST_USE;
void emulator_disconnect(struct emulator *e);

/* Another guest, or the same one booted anew: it gets a TPM that has been reset and started. */
void emulator_reset(struct emulator *e);

/*
 * Answered once, unless emulator_forget() comes first. command is a whole TPM command, the
 * caller's until then. Only when nothing is submitted.
 */
void emulator_submit(struct emulator *e, uint8_t locality, const uint8_t *command, size_t len);

/* Cancels what is submitted; it is answered all the same. */
void emulator_cancel(struct emulator *e);

/* Nobody waits for the answer any more. What has begun is brought to its end. */
void emulator_forget(struct emulator *e);

#endif
