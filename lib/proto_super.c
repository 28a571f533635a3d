/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_super.h"

#include "lib/field.h"
#include "lib/wbuf.h"

#define PCR_LAST 23

enum err super_config_encode(const struct super_config *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_bytes(&w, m->measurement.b, DIGEST_SIZE);
	wbuf_u8(&w, m->pcr);
	wbuf_u8(&w, m->pinned);
	wbuf_bytes(&w, m->pin, TPM_NAME_SIZE);
	wbuf_u8(&w, m->provisioning);
	return wbuf_end(&w, len);
}

enum err super_config_decode(const uint8_t *in, size_t len, struct super_config *out)
{
	struct super_config m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	rbuf_copy(&r, m.measurement.b, DIGEST_SIZE);
	m.pcr = field_enum(&r, 0, PCR_LAST);
	m.pinned = rbuf_bool(&r);
	rbuf_copy(&r, m.pin, TPM_NAME_SIZE);
	rbuf_require(&r, m.pinned != field_is_zero(m.pin, TPM_NAME_SIZE));
	m.provisioning = rbuf_bool(&r);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

/* A worker is named by its uuid; nobody else has one. */
static void peer_get(struct rbuf *r, uint8_t *role, uint8_t uuid[UUID_SIZE])
{
	*role = field_enum(r, ROLE_KEYS, ROLE_PTPM);
	rbuf_copy(r, uuid, UUID_SIZE);
	rbuf_require(r, (*role == ROLE_WORKER) != field_is_zero(uuid, UUID_SIZE));
}

enum err super_peer_encode(const struct super_peer *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u8(&w, m->role);
	wbuf_bytes(&w, m->uuid, UUID_SIZE);
	guest_put(&w, &m->guest);
	return wbuf_end(&w, len);
}

enum err super_peer_decode(const uint8_t *in, size_t len, struct super_peer *out)
{
	struct super_peer m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	peer_get(&r, &m.role, m.uuid);
	guest_get(&r, &m.guest);
	rbuf_require(&r, m.role == ROLE_WORKER || m.guest.kind == GUEST_NONE);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}

enum err super_exited_encode(const struct super_exited *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u8(&w, m->role);
	wbuf_bytes(&w, m->uuid, UUID_SIZE);
	wbuf_u8(&w, m->how);
	wbuf_u8(&w, m->code);
	return wbuf_end(&w, len);
}

enum err super_exited_decode(const uint8_t *in, size_t len, struct super_exited *out)
{
	struct super_exited m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	peer_get(&r, &m.role, m.uuid);
	m.how = field_enum(&r, EXITED_CODE, EXITED_NOT_STARTED);
	m.code = rbuf_u8(&r);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}
