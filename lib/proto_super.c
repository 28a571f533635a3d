/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_super.h"

#include "lib/codec.h"
#include "lib/field.h"

#define PCR_LAST 23

static void super_config_put(struct wbuf *w, const struct super_config *m)
{
	wbuf_bytes(w, m->measurement.b, DIGEST_SIZE);
	wbuf_u8(w, m->pcr);
	wbuf_u8(w, m->pinned);
	wbuf_bytes(w, m->pin, TPM_NAME_SIZE);
	wbuf_u8(w, m->provisioning);
}

static void super_config_get(struct rbuf *r, struct super_config *m)
{
	rbuf_copy(r, m->measurement.b, DIGEST_SIZE);
	m->pcr = field_enum(r, 0, PCR_LAST);
	m->pinned = rbuf_u8(r);
	rbuf_require(r, m->pinned <= PIN_FIRST_USE);
	rbuf_copy(r, m->pin, TPM_NAME_SIZE);
	rbuf_require(r, (m->pinned != PIN_NONE) != field_is_zero(m->pin, TPM_NAME_SIZE));
	m->provisioning = rbuf_bool(r);
}

CODEC(super_config);

/* A worker is named by its uuid; nobody else has one. */
static void peer_get(struct rbuf *r, uint8_t *role, uint8_t uuid[UUID_SIZE])
{
	*role = field_enum(r, ROLE_KEYS, ROLE_PTPM);
	rbuf_copy(r, uuid, UUID_SIZE);
	rbuf_require(r, (*role == ROLE_WORKER) != field_is_zero(uuid, UUID_SIZE));
}

static void super_peer_put(struct wbuf *w, const struct super_peer *m)
{
	wbuf_u8(w, m->role);
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	guest_put(w, &m->guest);
}

static void super_peer_get(struct rbuf *r, struct super_peer *m)
{
	peer_get(r, &m->role, m->uuid);
	guest_get(r, &m->guest);
	rbuf_require(r, m->role == ROLE_WORKER || m->guest.kind == GUEST_NONE);
}

CODEC(super_peer);

static void super_spawn_put(struct wbuf *w, const struct super_spawn *m)
{
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	guest_put(w, &m->guest);
	wbuf_str(w, m->stakeholder);
}

static void super_spawn_get(struct rbuf *r, struct super_spawn *m)
{
	field_uuid(r, m->uuid);
	guest_get(r, &m->guest);
	rbuf_str(r, m->stakeholder, sizeof(m->stakeholder));
	rbuf_require(r, m->stakeholder[0]);
}

CODEC(super_spawn);

static void super_exited_put(struct wbuf *w, const struct super_exited *m)
{
	wbuf_u8(w, m->role);
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	wbuf_u8(w, m->how);
	wbuf_u8(w, m->code);
}

static void super_exited_get(struct rbuf *r, struct super_exited *m)
{
	peer_get(r, &m->role, m->uuid);
	m->how = field_enum(r, EXITED_CODE, EXITED_NOT_STARTED);
	m->code = rbuf_u8(r);
}

CODEC(super_exited);
