/* SPDX-License-Identifier: BSD-3-Clause */
/* trace: the processes under ptrace, their events, and the injector at each of them. */
#ifndef TESTS_FAULTS_TRACE_H
#define TESTS_FAULTS_TRACE_H

#include "tests/faults/inject.h"

#include <time.h>

#define TRACE_BYTES  (256 * 1024) /* of the longest message */
#define TRACE_COUNTS 1024
#define TRACE_RING   65536

enum lie { LIE_NOTHING, LIE_SYNCS, LIE_WRITES };

struct counted {
	enum point point;
	uint32_t kind;
	unsigned n;
};

struct seen {
	struct timespec when;
	enum tracee_role role;
	pid_t pid;
	enum point point;
	uint32_t kind;
};

struct tracer {
	struct tracee *tracees;
	struct scene scene;

	enum lie lie;
	bool down;
	uint8_t bytes[TRACE_BYTES];
	struct counted counts[TRACE_COUNTS];
	size_t ncounts;
	struct seen ring[TRACE_RING];
	size_t nseen;
};

/* All zero, but for this. */
void trace_init(struct tracer *tr);

/* Starts argv[0], its output appended to log, and follows it and all that it starts; its pid, or
 * -1. */
pid_t trace_start(struct tracer *tr, char *const argv[], const char *log);

/* Whatever has happened to them since. */
void trace_reap(struct tracer *tr);

/* Lets those go on that were held long enough. Milliseconds until the next one may; -1: none. */
int trace_release(struct tracer *tr);

/* Kills all, the physical TPM as well if asked to, and makes the store what the disk holds then. */
void trace_power_cut(struct tracer *tr, enum survival s, struct chance *c, bool ptpm_too);

#endif
