/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: the image as the broker uses it. In-place writes of whole slots, and
 * one fdatasync for all that belongs together.
 *
 * After a write or a sync has failed the kernel may take its pages for clean, so
 * everything of that attempt is kept and written again before the next sync
 * (rule 6 in doc/ARCHITECTURE.md).
 */
#ifndef VTPMMGR_STORE_H
#define VTPMMGR_STORE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* at is a multiple of STORE_BLOCK; the rest of the last block is written as zeroes. */
struct store_write {
	uint64_t at;
	const uint8_t *bytes;
	size_t len;
};

/*
 * fd stays the caller's. What a killed predecessor has written but not synced
 * goes to the disk, and reads come from there.
 */
enum err store_open(int fd, struct store **out) MUST_USE;
void store_free(struct store *s);

/* What is staged is read as if it were on the disk. */
enum err store_read(const struct store *s, uint64_t at, void *out, size_t len) MUST_USE;

/* Copies one write; it goes to the disk with the next store_commit(), before what that writes. */
enum err store_stage(struct store *s, const struct store_write *w) MUST_USE;

/* All of these and everything staged, then one fdatasync. An error: none of them counts. */
enum err store_commit(struct store *s, const struct store_write *writes, size_t n) MUST_USE;

uint64_t store_size(const struct store *s);
bool store_staged(const struct store *s);
bool store_failing(const struct store *s);
uint64_t store_syncs(const struct store *s);

#endif
