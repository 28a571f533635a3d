/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * programs: the executables that make up a manager, opened once, measured
 * through the descriptor that is later executed, so that what was measured is
 * what runs.
 */
#ifndef VTPMMGR_PROGRAMS_H
#define VTPMMGR_PROGRAMS_H

#include "lib/crypt.h"
#include "lib/err.h"

#include <stdbool.h>

enum program_id {
	PROGRAM_MANAGER,
	PROGRAM_KEYS,
	PROGRAM_WORKER,
	PROGRAM_VCHAN,
	PROGRAM_PROXY,
	PROGRAM_COUNT
};

struct programs {
	int fd[PROGRAM_COUNT]; /* -1 for one that is not used here, or a proxy that was not found */
};

/* What this manager is made of. */
struct programs_use {
	bool xen;          /* the workers are in stub domains */
	bool vchan;        /* something is carried to another domain */
	const char *image; /* digest of the stub domain's image in hex, instead of the worker's */
};

/*
 * The manager is the running executable; the others lie in libexec, or beside
 * the manager. ERR_NOT_FOUND (and a log line) if one that is needed is missing.
 */
enum err programs_open(const char *libexec, const struct programs_use *use,
		       struct programs *out) MUST_USE;

/*
 * SHA-256 over a label, then for every program that is used, in the order of enum
 * program_id, the stub domain's image and the policy file: u16 length of the name, name,
 * SHA-256 of the file (zeroes for a proxy that was not found, or an image that is not
 * named). doc/STATE-FORMAT has the bytes.
 */
enum err programs_measure(const struct programs *p, const struct programs_use *use, int policy,
			  struct digest *out) MUST_USE;

#endif
