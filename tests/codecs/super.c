/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_super.h"

#include "tests/codecs/samples.h"

#include <string.h>

static void super_config_fill(struct super_config *m)
{
	memset(m, 0, sizeof(*m));
	codec_pattern(&m->measurement, DIGEST_SIZE, 1);
	m->pcr = 15;
	m->pinned = true;
	codec_pattern(m->pin, TPM_NAME_SIZE, 0x40);
}

static void super_peer_fill(struct super_peer *m)
{
	memset(m, 0, sizeof(*m));
	m->role = ROLE_WORKER;
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	sample_guest(&m->guest);
}

static void super_spawn_fill(struct super_spawn *m)
{
	memset(m, 0, sizeof(*m));
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	sample_guest(&m->guest);
	strcpy(m->stakeholder, "operator");
}

static void super_exited_fill(struct super_exited *m)
{
	memset(m, 0, sizeof(*m));
	m->role = ROLE_WORKER;
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	m->how = EXITED_SIGNAL;
	m->code = 9;
}

CODEC_STRUCT(super_config)
CODEC_STRUCT(super_peer)
CODEC_STRUCT(super_spawn)
CODEC_STRUCT(super_exited)

static const struct codec codecs[] = {CODEC(super_config), CODEC(super_peer), CODEC(super_spawn),
				      CODEC(super_exited)};

const struct codec_set codecs_super = {"proto_super", codecs, sizeof(codecs) / sizeof(codecs[0])};
