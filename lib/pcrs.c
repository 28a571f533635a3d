/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pcrs.h"

#include <stdio.h>
#include <string.h>

static uint32_t mark_of(const struct digest *d)
{
	return (uint32_t)d->b[0] << 24 | (uint32_t)d->b[1] << 16 | (uint32_t)d->b[2] << 8 | d->b[3];
}

void pcrs_mark(struct approval *a, const struct digest values[PCRS_MAX])
{
	a->marked = true;
	for (unsigned i = 0; i < PCRS_MAX; i++)
		a->marks[i] = a->pcrs & 1u << i ? mark_of(&values[i]) : 0;
}

static uint32_t differing(const struct approval *a, const struct digest values[PCRS_MAX])
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < PCRS_MAX; i++)
		if (a->pcrs & 1u << i && a->marks[i] != mark_of(&values[i]))
			mask |= 1u << i;
	return mask;
}

uint32_t pcrs_differing(const struct authority *au, uint64_t min_version,
			const struct digest values[PCRS_MAX])
{
	int fewest = PCRS_MAX + 1;
	uint32_t nearest = 0;

	for (size_t i = 0; i < au->napprovals; i++) {
		const struct approval *a = &au->approvals[i];
		uint32_t mask = differing(a, values);

		if (!a->marked || a->version < min_version || __builtin_popcount(mask) > fewest)
			continue;
		fewest = __builtin_popcount(mask);
		nearest = mask;
	}
	return nearest;
}

void pcrs_text(uint32_t mask, char out[PCRS_TEXT_MAX])
{
	bool many = (mask & (mask - 1)) != 0;
	size_t len = 0;

	out[0] = '\0';
	if (!mask)
		return;
	for (unsigned i = 0; i < PCRS_MAX; i++)
		if (mask & 1u << i)
			len += (size_t)snprintf(out + len, PCRS_TEXT_MAX - len, "%s%u",
						len    ? ", "
						: many ? "PCRs "
						       : "PCR ",
						i);
	snprintf(out + len, PCRS_TEXT_MAX - len, many ? " differ" : " differs");
}
