/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpm: the gate between a guest and libtpms. A command whose execution
 * changed the permanent state gets no answer before that state is committed:
 * until then the vTPM is held, and nothing else is executed, for what it would
 * read might yet be taken back.
 */
#ifndef STUBDOM_VTPM_H
#define STUBDOM_VTPM_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VTPM_RC_INITIALIZE   0x100 /* TPM_RC values, TPM 2.0 Library part 2, 6.6 */
#define VTPM_RC_FAILURE      0x101
#define VTPM_RC_COMMAND_SIZE 0x142
#define VTPM_RC_NV_SPACE     0x14b
#define VTPM_RC_CANCELED     0x909
#define VTPM_RC_RETRY        0x922

/*
 * Starts the commit of the state. anchor: of a command that was refused, or by
 * vtpm_anchor(): being durable is not enough for it. vtpm_release() follows.
 */
typedef void (*vtpm_commit_fn)(void *arg, bool anchor);

/* Why commands that may store are answered TPM_RC_RETRY: a set. */
enum vtpm_stall {
	VTPM_STALL_FAILS = 1,  /* commits fail, says the key keeper */
	VTPM_STALL_BUDGET = 2, /* the wear budget is used up */
	VTPM_STALL_STORE = 4   /* session states cannot be stored, says the broker */
};

struct vtpm {
	size_t room;        /* bytes that the plain state may have */
	unsigned stalled;   /* enum vtpm_stall: execute nothing that may store */
	bool held;          /* a commit is under way */
	bool ending;        /* the worker stops: nothing more is taken up */
	uint32_t last;      /* code of the last command executed */
	uint8_t answer[10]; /* a response made here */
	vtpm_commit_fn commit;
	void *arg;
};

struct vtpm_response {
	const uint8_t *bytes; /* valid until the next command is executed */
	size_t len;
};

/* room: bytes that the plain state may have. */
void vtpm_init(struct vtpm *v, size_t room, vtpm_commit_fn commit, void *arg);

/* Whether a request that may change the state has to wait. */
bool vtpm_busy(const struct vtpm *v);

/*
 * Executes one command; must not be called while busy. There is always a
 * response; it may be sent at once unless the vTPM is held afterwards.
 */
void vtpm_execute(struct vtpm *v, const uint8_t *command, size_t len, struct vtpm_response *out);

/* TPM2_Startup(CLEAR) and TPM2_Shutdown(CLEAR) by the worker itself. */
enum err vtpm_startup(struct vtpm *v) MUST_USE;
void vtpm_shutdown(struct vtpm *v);

/*
 * Goes on where these states left off, with the random number generator stirred:
 * two that are resumed from the same bytes must not go the same way. Holds the
 * vTPM and commits, whatever libtpms stored: a state is resumed from once.
 */
struct tpm_states;
enum err vtpm_resume(struct vtpm *v, const struct tpm_states *states) MUST_USE;

/* To be called after whatever may have changed the state: holds the vTPM and commits if it did. */
void vtpm_settle(struct vtpm *v);

/* Commits the state as it is, changed or not; must not be called while held. */
void vtpm_anchor(struct vtpm *v);

void vtpm_stall(struct vtpm *v, enum vtpm_stall why, bool stalled);

/* The state is committed. */
void vtpm_release(struct vtpm *v);

#endif
