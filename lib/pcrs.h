/* SPDX-License-Identifier: BSD-3-Clause */
/* pcrs: which PCRs are not what an authority approved, and words for it. Pure. */
#ifndef LIB_PCRS_H
#define LIB_PCRS_H

#include "lib/proto_root.h"

#define PCRS_TEXT_MAX 128 /* of pcrs_text(), with its NUL */

/* Marks an approval with the values that it is for. */
void pcrs_mark(struct approval *a, const struct digest values[PCRS_MAX]);

/*
 * The PCRs in which the approval that comes nearest to these values differs from them: of those
 * for at least this version that are marked, the newest of the nearest. 0 if there is none, or if
 * one fits.
 */
uint32_t pcrs_differing(const struct authority *au, uint64_t min_version,
			const struct digest values[PCRS_MAX]);

/* "PCR 8 differs", "PCRs 8, 9 differ"; empty for none. */
void pcrs_text(uint32_t mask, char out[PCRS_TEXT_MAX]);

#endif
