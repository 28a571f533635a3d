/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seeds: writes every sample into DIR/SET/NAME, behind the selector byte that
 * codec_fuzz() takes. How tests/fuzz/corpus/proto_* was made:
 *
 *	tests/codecs/seeds SRCDIR/tests/fuzz/corpus
 */
#include "tests/codecs/codecs.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct codec_set *const sets[] = {
    &codecs_root, &codecs_super, &codecs_state,   &codecs_blob,
    &codecs_keys, &codecs_admin, &codecs_carrier, &codecs_agent,
};

static int write_seed(const char *dir, const struct codec_set *set, uint8_t selector)
{
	static uint8_t bytes[CODEC_CAP];
	const struct codec *c = &set->codecs[selector];
	char path[4096];
	size_t len;
	FILE *f;
	int failed;

	if (c->sample(bytes, sizeof(bytes), &len) != ERR_OK)
		return -1;
	snprintf(path, sizeof(path), "%s/%s/%s", dir, set->name, c->name);
	f = fopen(path, "wb");
	if (!f)
		return -1;
	failed = fputc(selector, f) == EOF || fwrite(bytes, 1, len, f) != len;
	return fclose(f) != 0 || failed ? -1 : 0;
}

static int write_set(const char *dir, const struct codec_set *set)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, set->name);
	mkdir(path, 0755); /* if it cannot be made, no seed can be written either */
	for (size_t i = 0; i < set->ncodecs; i++)
		if (write_seed(dir, set, (uint8_t)i) != 0)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIR\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (write_set(argv[1], sets[i]) != 0) {
			perror(sets[i]->name);
			return 1;
		}
	return 0;
}
