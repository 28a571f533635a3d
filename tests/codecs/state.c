/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_state.h"

#include "tests/codecs/samples.h"

#include <string.h>

static void state_mark_fill(struct state_mark *m)
{
	m->version = 12;
	m->len = 3000;
	codec_pattern(&m->digest, DIGEST_SIZE, 0x50);
}

static void state_key_fill(struct state_key *m)
{
	memset(m, 0, sizeof(*m));
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	m->generation = 2;
	m->quota = QUOTA_MIN;
	state_mark_fill(&m->current);
	codec_pattern(m->key, AEAD_KEY_SIZE, 0x90);
}

static void state_resume_fill(struct state_resume *m)
{
	memset(m, 0, sizeof(*m));
	state_mark_fill(&m->anchored);
	m->waiting = true;
	state_mark_fill(&m->pending);
	m->pending.version = 13;
}

CODEC_STRUCT(state_mark)
CODEC_STRUCT(state_key)
CODEC_STRUCT(state_resume)
CODEC_VALUE(state_anchored, uint64_t, 13)
CODEC_VALUE(state_stall, bool, true)

static const struct codec codecs[] = {
    CODEC(state_mark),     CODEC(state_key),   CODEC(state_resume),
    CODEC(state_anchored), CODEC(state_stall),
};

const struct codec_set codecs_state = {"proto_state", codecs, sizeof(codecs) / sizeof(codecs[0])};
