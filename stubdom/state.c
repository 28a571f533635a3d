/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/state.h"

#include "lib/crypt.h"
#include "lib/wbuf.h"

#include <stdlib.h>
#include <string.h>

#define STATE_AAD     "vtpmmgr state v1"
#define SUSPEND_AAD   "vtpmmgr suspended v1"
#define SESSION_AAD   "vtpmmgr session v1"
#define AAD_SIZE(tag) (sizeof(tag) - 1 + UUID_SIZE + 4 + 8)

struct aad {
	size_t len;
	uint8_t bytes[AAD_SIZE(SESSION_AAD) + 8];
};

size_t state_sealed_len(size_t len)
{
	return len + AEAD_OVERHEAD;
}

/* Epoch 0, which no session state has: of a state that is anchored. */
static enum err make_aad(const char *tag, const struct state_owner *o, uint64_t version,
			 uint64_t epoch, struct aad *out)
{
	struct wbuf w;

	wbuf_init(&w, out->bytes, sizeof(out->bytes));
	wbuf_bytes(&w, tag, strlen(tag));
	wbuf_bytes(&w, o->uuid, UUID_SIZE);
	wbuf_u32(&w, o->generation);
	wbuf_u64(&w, version);
	if (epoch)
		wbuf_u64(&w, epoch);
	return wbuf_end(&w, &out->len);
}

static enum err digest_blob(const uint8_t *blob, size_t len, struct digest *out)
{
	struct crypt_part part = {blob, len};

	return crypt_sha256(&part, 1, out);
}

static enum err seal(const char *tag, const struct state_owner *o, uint64_t version,
		     const uint8_t *plain, size_t len, uint8_t *blob, struct state_mark *mark)
{
	struct aad aad;
	struct digest digest;
	enum err e;

	e = make_aad(tag, o, version, 0, &aad);
	if (!e)
		e = crypt_seal(o->key, aad.bytes, aad.len, plain, len, blob);
	if (!e)
		e = digest_blob(blob, state_sealed_len(len), &digest);
	if (e)
		return e;
	*mark = (struct state_mark){
	    .version = version, .len = (uint32_t)state_sealed_len(len), .digest = digest};
	return ERR_OK;
}

static enum err open_anchored(const char *tag, const struct state_owner *o,
			      const struct state_mark *mark, const uint8_t *blob, size_t len,
			      uint8_t *plain)
{
	struct aad aad;
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
	e = make_aad(tag, o, mark->version, 0, &aad);
	if (e)
		return e;
	return crypt_open(o->key, aad.bytes, aad.len, blob, len, plain);
}

enum err state_seal(const struct state_owner *o, uint64_t version, const uint8_t *plain, size_t len,
		    uint8_t *blob, struct state_mark *mark)
{
	return seal(STATE_AAD, o, version, plain, len, blob, mark);
}

enum err state_open(const struct state_owner *o, const struct state_mark *mark, const uint8_t *blob,
		    size_t len, uint8_t *plain)
{
	return open_anchored(STATE_AAD, o, mark, blob, len, plain);
}

enum err state_seal_suspended(const struct state_owner *o, uint64_t version, const uint8_t *plain,
			      size_t len, uint8_t *blob, struct state_mark *mark)
{
	return seal(SUSPEND_AAD, o, version, plain, len, blob, mark);
}

enum err state_open_suspended(const struct state_owner *o, const struct state_mark *mark,
			      const uint8_t *blob, size_t len, uint8_t *plain)
{
	return open_anchored(SUSPEND_AAD, o, mark, blob, len, plain);
}

size_t state_session_len(size_t len)
{
	return SESSION_OVERHEAD + state_sealed_len(len);
}

enum err state_seal_session(const struct state_owner *o, uint64_t version, uint64_t epoch,
			    const uint8_t *plain, size_t len, uint8_t *blob)
{
	uint8_t *sealed = malloc(state_sealed_len(len));
	struct session_state s = {.epoch = epoch,
				  .version = version,
				  .len = (uint32_t)state_sealed_len(len),
				  .sealed = sealed};
	struct aad aad;
	size_t framed;
	enum err e = sealed ? make_aad(SESSION_AAD, o, version, epoch, &aad) : ERR_NO_MEMORY;

	if (!e)
		e = crypt_seal(o->key, aad.bytes, aad.len, plain, len, sealed);
	if (!e)
		e = session_state_encode(&s, blob, state_session_len(len), &framed);
	free(sealed);
	return e;
}

enum err state_open_session(const struct state_owner *o, const struct session_state *s,
			    uint8_t *plain)
{
	struct aad aad;
	enum err e;

	if (s->len <= AEAD_OVERHEAD)
		return ERR_TAMPERED;
	e = make_aad(SESSION_AAD, o, s->version, s->epoch, &aad);
	return e ? e : crypt_open(o->key, aad.bytes, aad.len, s->sealed, s->len, plain);
}
