/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/isolation.h"
#include "lib/proto_agent.h"

#include "tests/codecs/samples.h"

#include <string.h>

static void agent_spawn_fill(struct agent_spawn *m)
{
	memset(m, 0, sizeof(*m));
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	m->guest.kind = GUEST_XEN;
	codec_pattern(m->guest.id, sizeof(m->guest.id), 0x30);
	strcpy(m->stakeholder, "acme");
	codec_pattern(m->image.b, DIGEST_SIZE, 0x50);
}

static void agent_failed_fill(struct agent_failed *m)
{
	memset(m, 0, sizeof(*m));
	m->err = ERR_UNAVAILABLE;
	strcpy(m->detail, "xl create: not enough memory");
}

static void agent_client_fill(struct agent_client *m)
{
	*m = (struct agent_client){.client = 3, .uid = 1000, .gid = 1001};
}

static void agent_message_fill(struct agent_message *m)
{
	static uint8_t body[100];

	codec_pattern(body, sizeof(body), 0x10);
	*m = (struct agent_message){
	    .client = 3, .type = 0x0501, .id = 9, .len = sizeof(body), .body = body};
}

CODEC_STRUCT(agent_spawn)
CODEC_STRUCT(agent_failed)
CODEC_STRUCT(agent_client)
CODEC_STRUCT(agent_message)
CODEC_VALUE(agent_spawned, uint32_t, AGENT_DOMID_MAX)
CODEC_VALUE(agent_client_gone, uint32_t, 3)
CODEC_VALUE(isolation, enum isolation, ISOLATION_DUMMY)

static const struct codec codecs[] = {
    CODEC(agent_spawn),   CODEC(agent_failed),      CODEC(agent_client), CODEC(agent_message),
    CODEC(agent_spawned), CODEC(agent_client_gone), CODEC(isolation)};

const struct codec_set codecs_agent = {"proto_agent", codecs, sizeof(codecs) / sizeof(codecs[0])};
