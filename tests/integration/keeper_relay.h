/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_relay: whoever sits on the bus between the key keeper and ptpm-proxy.
 * A process of its own for each key keeper; what it saw, and what it is to do,
 * lies in memory that it shares with the test.
 */
#ifndef TESTS_KEEPER_RELAY_H
#define TESTS_KEEPER_RELAY_H

#include "lib/proto_ptpm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RELAY_SEEN  4096
#define RELAY_BYTES (4u * 1024 * 1024)

enum fault {
	FAULT_NONE,
	FAULT_DROP_COMMAND, /* it never reaches the pTPM; the answer is ERR_TIMEOUT */
	FAULT_DROP_ANSWER,  /* it takes effect; the answer is ERR_TIMEOUT */
	FAULT_AWAY,         /* from it on every command is answered with ERR_UNAVAILABLE */
	FAULT_CLOSE,        /* both ends are closed instead of passing it on */
	FAULT_HOLD_COMMAND, /* it is kept back until the key keeper is dead */
	FAULT_HOLD_ANSWER,  /* it takes effect, and the answer is kept back likewise */
	FAULT_GARBAGE,      /* it takes effect; the answer is not one of a TPM */
};

struct relay_seen {
	uint32_t cc;
	uint32_t handle; /* the first one of the command */
	enum fault fault;
	size_t at, len; /* the command and its response in bytes */
	size_t command_len;
};

struct relay {
	pid_t pid;
	/* What to do, and with which command: the nth of this code from now on, from 1. */
	volatile enum fault fault;
	volatile uint32_t cc; /* 0: any */
	volatile unsigned nth;
	/* What it is to do once that has struck, with the first command of this code. */
	volatile enum fault next;
	volatile uint32_t next_cc;
	volatile bool held;
	volatile unsigned nseen;
	struct relay_seen seen[RELAY_SEEN];
	size_t used;
	uint8_t bytes[RELAY_BYTES];
};

struct relay *relay_new(void);

/* Relays between these two from now on, and closes both. */
void relay_start(struct relay *r, int keys, int ptpm);
/* Waits until it has ended, as it does when either side has. */
void relay_wait(struct relay *r);

void relay_fault(struct relay *r, enum fault f, uint32_t cc, unsigned nth);
/* And right after it this one, with no command passed on between them that it is meant for. */
void relay_fault_then(struct relay *r, enum fault f, uint32_t cc);

/* The first command of this code from seen[from] on; nseen if there is none. */
unsigned relay_find(const struct relay *r, uint32_t cc, unsigned from);
/* Whether these bytes went over the bus, in a command of this code or its answer (0: in any). */
bool relay_saw(const struct relay *r, uint32_t cc, const void *bytes, size_t len);

#endif
