/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_derive.h"

#include "lib/wbuf.h"

#include <string.h>

static enum err derive(const struct secret *ikm, const char *label, struct secret **out)
{
	struct crypt_part info = {label, strlen(label)};

	return crypt_hkdf(ikm, &info, 1, AEAD_KEY_SIZE, out);
}

enum err keys_derive_anchor_auth(const struct secret *rk, struct secret **out)
{
	return derive(rk, "anchor", out);
}

enum err keys_derive_root_mac(const struct secret *rk, struct secret **out)
{
	return derive(rk, "root", out);
}

enum err keys_derive_extend(const struct secret *root_mac, const uint8_t *root, size_t len,
			    struct secret **out)
{
	struct crypt_part parts[] = {{"anchor", strlen("anchor")}, {root, len}};

	return crypt_hmac(root_mac, parts, 2, out);
}

enum err keys_derive_extended(const struct digest *old, const struct secret *m, struct digest *out)
{
	struct crypt_part parts[] = {{old->b, DIGEST_SIZE}, {secret_view(m), secret_len(m)}};

	return crypt_sha256(parts, 2, out);
}

enum err keys_derive_state_key(const struct secret *rk, const struct secret *s_i,
			       const uint8_t uuid[UUID_SIZE], uint32_t generation,
			       struct secret **out)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *ikm = NULL;
	uint8_t be[4];
	struct crypt_part info[] = {{uuid, UUID_SIZE}, {be, sizeof(be)}};
	struct wbuf w;
	enum err e;

	e = secret_new(secret_len(rk) + secret_len(s_i), &ikm);
	if (e)
		return e;
	memcpy(secret_bytes(ikm), secret_view(rk), secret_len(rk));
	memcpy(secret_bytes(ikm) + secret_len(rk), secret_view(s_i), secret_len(s_i));
	wbuf_init(&w, be, sizeof(be));
	wbuf_u32(&w, generation);
	return crypt_hkdf(ikm, info, 2, AEAD_KEY_SIZE, out);
}
