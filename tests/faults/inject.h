/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject: the faults that were asked for, and what happens at a boundary where one of them is due.
 * They wait in a queue: the second one begins to count when the first has happened.
 */
#ifndef TESTS_FAULTS_INJECT_H
#define TESTS_FAULTS_INJECT_H

#include "tests/faults/medium.h"
#include "tests/faults/tracee.h"

enum point {
	AT_WRITE,    /* before a write to the store; kind: enum area */
	AT_SYNC,     /* before fdatasync */
	AT_SYNCED,   /* after it */
	AT_SEND,     /* before a message is sent; kind: its type */
	AT_SENT,     /* after that */
	AT_RECV,     /* it was received, and not acted upon */
	AT_FORWARD,  /* the proxy is about to pass a TPM command on; kind: its code */
	AT_COMMAND,  /* the device process has it, the TPM has not */
	AT_RESPONSE, /* the TPM has answered, the proxy does not know it yet */
	POINTS
};

enum area {
	AREA_ANY,
	AREA_HEADER,
	AREA_ROOT,
	AREA_POLICY,
	AREA_AUDIT,
	AREA_RECORD,
	AREA_STATE,
	AREAS
};

/* The event at which a tracee stands. */
struct event {
	struct tracee *t;
	enum point point;
	uint32_t kind;
	const uint8_t *bytes; /* of the write or the message */
	size_t len;
	uint64_t at; /* of a write */
};

/* What becomes of the call after an event. */
enum verdict {
	GO_ON,   /* it happens, or has happened */
	SKIPPED, /* its result was set, and it does not happen */
	HELD,    /* later: held_until is set */
	DEAD,    /* the process was killed */
	OUTAGE,  /* all of them were */
};

/* What an injector acts upon. */
struct scene {
	struct tracee **tracees;
	struct medium *medium; /* NULL as long as there is no store */
	pid_t ptpm;            /* 0: not running */
	void (*power_cut)(void *arg, enum survival s, struct chance *c, bool ptpm_too);
	void *arg;
};

enum point point_of(const char *name); /* POINTS: no such point */
const char *point_name(enum point p);

/* "POINT KIND NTH ACTION TARGET NUMBER SEED"; false: that is no fault. */
bool inject_add(const char *text);

/* Forgets what has not happened; how many. */
unsigned inject_clear(void);

/* To be called at every event. Says on standard output what was done. */
enum verdict inject(const struct scene *s, const struct event *e);

#endif
