/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/state.h"

#include "lib/crypt.h"
#include "lib/wbuf.h"

#define STATE_MAGIC    "vtpmmgr state v1"
#define STATE_AAD_SIZE (sizeof(STATE_MAGIC) - 1 + UUID_SIZE + 4 + 8)

size_t state_sealed_len(size_t len)
{
	return len + AEAD_OVERHEAD;
}

static enum err put_aad(const struct state_owner *o, uint64_t version, uint8_t aad[STATE_AAD_SIZE])
{
	struct wbuf w;
	size_t len;

	wbuf_init(&w, aad, STATE_AAD_SIZE);
	wbuf_bytes(&w, STATE_MAGIC, sizeof(STATE_MAGIC) - 1);
	wbuf_bytes(&w, o->uuid, UUID_SIZE);
	wbuf_u32(&w, o->generation);
	wbuf_u64(&w, version);
	return wbuf_end(&w, &len);
}

static enum err digest_blob(const uint8_t *blob, size_t len, struct digest *out)
{
	struct crypt_part part = {blob, len};

	return crypt_sha256(&part, 1, out);
}

enum err state_seal(const struct state_owner *o, uint64_t version, const uint8_t *plain, size_t len,
		    uint8_t *blob, struct state_mark *mark)
{
	uint8_t aad[STATE_AAD_SIZE];
	struct digest digest;
	enum err e;

	e = put_aad(o, version, aad);
	if (!e)
		e = crypt_seal(o->key, aad, sizeof(aad), plain, len, blob);
	if (!e)
		e = digest_blob(blob, state_sealed_len(len), &digest);
	if (e)
		return e;
	*mark = (struct state_mark){
	    .version = version, .len = (uint32_t)state_sealed_len(len), .digest = digest};
	return ERR_OK;
}

enum err state_open(const struct state_owner *o, const struct state_mark *mark, const uint8_t *blob,
		    size_t len, uint8_t *plain)
{
	uint8_t aad[STATE_AAD_SIZE];
	struct digest digest;
	enum err e;

	if (len != mark->len)
		return ERR_ROLLBACK;
	if (len <= AEAD_OVERHEAD)
		return ERR_TAMPERED;
	e = digest_blob(blob, len, &digest);
	if (e)
		return e;
	if (!digest_equal(&digest, &mark->digest))
		return ERR_ROLLBACK;
	e = put_aad(o, mark->version, aad);
	if (e)
		return e;
	return crypt_open(o->key, aad, sizeof(aad), blob, len, plain);
}
