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
	m->epoch = 7;
	m->slots = SLOTS_SESSION;
	m->fresh = FRESHNESS_SESSION;
	codec_pattern(&m->volatile_state, DIGEST_SIZE, 0x70);
	m->discard = true;
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

static void state_dirty_fill(struct state_dirty *m)
{
	memset(m, 0, sizeof(*m));
	state_mark_fill(&m->mark);
	m->kind = STATE_SUSPENDS;
	codec_pattern(&m->volatile_state, DIGEST_SIZE, 0x70);
}

static void state_anchored_fill(struct state_anchored *m)
{
	*m = (struct state_anchored){.version = 13, .epoch = 7};
}

CODEC_STRUCT(state_mark)
CODEC_STRUCT(state_dirty)
CODEC_STRUCT(state_anchored)
CODEC_STRUCT(state_key)
CODEC_STRUCT(state_resume)
CODEC_VALUE(state_freshness, enum freshness_class, FRESHNESS_SESSION)
CODEC_VALUE(state_stall, enum state_stall, STALL_BUDGET)

static const struct codec codecs[] = {
    CODEC(state_mark),  CODEC(state_key),   CODEC(state_resume),    CODEC(state_anchored),
    CODEC(state_stall), CODEC(state_dirty), CODEC(state_freshness),
};

const struct codec_set codecs_state = {"proto_state", codecs, sizeof(codecs) / sizeof(codecs[0])};
