/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/codecs/codecs.h"

#include <stdlib.h>
#include <string.h>

const struct codec *codec_find(const struct codec_set *set, const char *name)
{
	for (size_t i = 0; i < set->ncodecs; i++)
		if (strcmp(set->codecs[i].name, name) == 0)
			return &set->codecs[i];
	abort();
}

void codec_pattern(void *memory, size_t len, uint8_t first)
{
	uint8_t *p = memory;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(first + i);
}

void codec_fuzz(const struct codec_set *set, const uint8_t *data, size_t size)
{
	static uint8_t once[CODEC_CAP];
	static uint8_t twice[CODEC_CAP];
	const struct codec *c;
	size_t len;
	size_t len2;

	if (size == 0)
		return;
	c = &set->codecs[data[0] % set->ncodecs];
	if (c->again(data + 1, size - 1, once, sizeof(once), &len) != ERR_OK)
		return;
	if (c->again(once, len, twice, sizeof(twice), &len2) != ERR_OK)
		abort();
	if (len != size - 1 || len2 != len || memcmp(once, twice, len) != 0)
		abort();
}
