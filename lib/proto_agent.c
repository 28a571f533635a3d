/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_agent.h"

#include "lib/codec.h"
#include "lib/field.h"

static void agent_spawn_put(struct wbuf *w, const struct agent_spawn *m)
{
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	guest_put(w, &m->guest);
	wbuf_str(w, m->stakeholder);
	wbuf_bytes(w, m->image.b, DIGEST_SIZE);
}

static void agent_spawn_get(struct rbuf *r, struct agent_spawn *m)
{
	field_uuid(r, m->uuid);
	guest_get(r, &m->guest);
	rbuf_require(r, m->guest.kind != GUEST_UNIX);
	rbuf_str(r, m->stakeholder, sizeof(m->stakeholder));
	rbuf_require(r, field_name_ok(m->stakeholder));
	rbuf_copy(r, m->image.b, DIGEST_SIZE);
}

CODEC(agent_spawn);

static uint32_t domid_get(struct rbuf *r)
{
	return field_length(r, AGENT_DOMID_MAX);
}

CODEC_VALUE(agent_spawned, uint32_t, wbuf_u32, domid_get);

static void agent_failed_put(struct wbuf *w, const struct agent_failed *m)
{
	wbuf_u16(w, (uint16_t)m->err);
	wbuf_str(w, m->detail);
}

static void agent_failed_get(struct rbuf *r, struct agent_failed *m)
{
	m->err = field_failure(r);
	rbuf_str(r, m->detail, sizeof(m->detail));
}

CODEC(agent_failed);

static uint32_t client_get(struct rbuf *r)
{
	return field_length(r, UINT32_MAX);
}

static void agent_client_put(struct wbuf *w, const struct agent_client *m)
{
	wbuf_u32(w, m->client);
	wbuf_u32(w, m->uid);
	wbuf_u32(w, m->gid);
}

static void agent_client_get(struct rbuf *r, struct agent_client *m)
{
	m->client = client_get(r);
	m->uid = rbuf_u32(r);
	m->gid = rbuf_u32(r);
	rbuf_require(r, m->uid != UINT32_MAX && m->gid != UINT32_MAX);
}

CODEC(agent_client);

static void agent_message_put(struct wbuf *w, const struct agent_message *m)
{
	wbuf_u32(w, m->client);
	wbuf_u16(w, m->type);
	wbuf_u32(w, m->id);
	wbuf_blob(w, m->body, m->len);
}

static void agent_message_get(struct rbuf *r, struct agent_message *m)
{
	m->client = client_get(r);
	m->type = rbuf_u16(r);
	m->id = rbuf_u32(r);
	m->len = (uint32_t)rbuf_blob(r, AGENT_BODY_MAX, &m->body);
}

CODEC(agent_message);
CODEC_VALUE(agent_client_gone, uint32_t, wbuf_u32, client_get);
