/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/secret.h"

#include "lib/ossl.h"

#define SMALLEST_BLOCK 32 /* bytes; the secure heap halves its blocks down to this */

struct secret {
	size_t len;
	uint8_t bytes[];
};

enum err secret_init(size_t bytes)
{
	if (CRYPTO_secure_malloc_initialized())
		return ERR_STATE;
	switch (CRYPTO_secure_malloc_init(bytes, SMALLEST_BLOCK)) {
	case 1:
		return ERR_OK;
	case 2: /* a heap, but not locked or without its guard pages */
		CRYPTO_secure_malloc_done();
		return ERR_NO_MEMORY;
	default:
		return ERR_NO_MEMORY;
	}
}

enum err secret_new(size_t len, struct secret **out)
{
	struct secret *s;

	if (len == 0 || len > SECRET_MAX)
		return ERR_ARG;
	/* Without its heap OpenSSL would quietly use malloc(). */
	if (!CRYPTO_secure_malloc_initialized())
		return ERR_STATE;
	s = OPENSSL_secure_zalloc(sizeof(*s) + len);
	if (!s)
		return ERR_NO_MEMORY;
	s->len = len;
	*out = s;
	return ERR_OK;
}

enum err secret_random(size_t len, struct secret **out)
{
	struct secret *s;
	enum err e = secret_new(len, &s);

	if (e)
		return e;
	if (RAND_priv_bytes(s->bytes, (int)len) != 1) {
		secret_free(s);
		return ERR_CRYPTO;
	}
	*out = s;
	return ERR_OK;
}

void secret_free(struct secret *s)
{
	if (s)
		OPENSSL_secure_clear_free(s, sizeof(*s) + s->len);
}

void secret_cleanup(struct secret **s)
{
	secret_free(*s);
	*s = NULL;
}

uint8_t *secret_bytes(struct secret *s)
{
	return s->bytes;
}

const uint8_t *secret_view(const struct secret *s)
{
	return s->bytes;
}

size_t secret_len(const struct secret *s)
{
	return s->len;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && CRYPTO_memcmp(a->bytes, b->bytes, a->len) == 0;
}
