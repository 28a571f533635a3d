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

enum program_id { PROGRAM_MANAGER, PROGRAM_KEYS, PROGRAM_WORKER, PROGRAM_PROXY, PROGRAM_COUNT };

struct programs {
	int fd[PROGRAM_COUNT]; /* the proxy's is -1 if it was not found */
};

/*
 * The manager is the running executable; the others lie in libexec, or beside
 * the manager. ERR_NOT_FOUND (and a log line) if one that is needed is missing.
 */
enum err programs_open(const char *libexec, struct programs *out) MUST_USE;

/*
 * SHA-256 over a label, then for every program and the policy file, in the
 * order of enum program_id: u16 length of the name, name, SHA-256 of the file
 * (zeroes for a proxy that was not found). doc/STATE-FORMAT has the bytes.
 */
enum err programs_measure(const struct programs *p, int policy, struct digest *out) MUST_USE;

#endif
