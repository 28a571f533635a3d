/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * medium: what the disk holds, as opposed to what reads of it return. The store's file is the page
 * cache: a write is seen there at once. Here is what would be there after a power cut: every write
 * waits until an fdatasync, and of what waits a power cut keeps what chance decides.
 */
#ifndef TESTS_FAULTS_MEDIUM_H
#define TESTS_FAULTS_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR 512u

/* What a power cut leaves of the writes that were not synced. */
enum survival {
	SURVIVE_NONE,    /* nothing */
	SURVIVE_PREFIX,  /* all up to a moment, the last one torn between two sectors */
	SURVIVE_WRITES,  /* some of the writes, in another order */
	SURVIVE_SECTORS, /* some of the sectors of each */
	SURVIVE_ALL,     /* everything */
};

struct medium;

/* Chance, by a seed: the same one gives the same numbers. */
struct chance {
	uint64_t state;
};

uint32_t chance_below(struct chance *c, uint32_t n); /* 0 .. n-1 */

/* NULL if path cannot be read. What is there now counts as synced. */
struct medium *medium_open(const char *path);
void medium_close(struct medium *m);

/* bytes were written at this offset, and are seen by reads. */
void medium_write(struct medium *m, uint64_t at, const uint8_t *bytes, size_t len);

/* As above, but the device failed after that: the file gets them here. */
void medium_write_through(struct medium *m, uint64_t at, const uint8_t *bytes, size_t len);

void medium_sync(struct medium *m);

/*
 * A failed sync: some sectors reached the disk, others did not and are forgotten, as a kernel
 * does that marks pages clean after a failed write. Whether reads still see the new bytes or the
 * old ones again is chance too; at the latest medium_drop_cache() brings the old ones back.
 */
void medium_sync_failed(struct medium *m, struct chance *c);

/* The page cache is dropped, what was not synced yet written back before. */
void medium_drop_cache(struct medium *m);

/* How many writes wait for a sync. */
size_t medium_pending(const struct medium *m);

/* After this the file is what a machine finds that was switched on again. */
void medium_power_cut(struct medium *m, enum survival s, struct chance *c);

#endif
