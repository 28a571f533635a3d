/* SPDX-License-Identifier: BSD-3-Clause */
/* crypt_seal, crypt_open: AES-256-GCM as nonce || ciphertext || tag. */
#include "lib/crypt.h"

#include "lib/ossl.h"

#include <limits.h>
#include <unistd.h>

/* EVP counts in int; a piece of no bytes is left out, it may be a NULL pointer. */
static bool update(EVP_CIPHER_CTX *ctx, uint8_t *out, const void *in, size_t len)
{
	int n;

	return len == 0 || EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1;
}

static bool start(EVP_CIPHER_CTX *ctx, const struct secret *key, const uint8_t *nonce, bool seal)
{
	return secret_len(key) == AEAD_KEY_SIZE &&
	       EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, secret_view(key), nonce, seal) == 1;
}

static enum err seal(EVP_CIPHER_CTX *ctx, const void *aad, size_t aad_len, const void *plain,
		     size_t len, uint8_t *out)
{
	uint8_t *tag = out + len;
	int n;

	if (!update(ctx, NULL, aad, aad_len) || !update(ctx, out, plain, len) ||
	    EVP_CipherFinal_ex(ctx, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, tag) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err crypt_seal(const struct secret *key, const void *aad, size_t aad_len, const void *plain,
		    size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx;
	enum err e = ERR_CRYPTO;

	if (len > INT_MAX - AEAD_OVERHEAD || aad_len > INT_MAX)
		return ERR_TOO_BIG;
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return ERR_NO_MEMORY;
	/* From the kernel: OpenSSL's generator costs more than the rest of this together. */
	if (getentropy(out, AEAD_NONCE_SIZE) == 0 && start(ctx, key, out, true))
		e = seal(ctx, aad, aad_len, plain, len, out + AEAD_NONCE_SIZE);
	EVP_CIPHER_CTX_free(ctx);
	return e;
}

static enum err unseal(EVP_CIPHER_CTX *ctx, const void *aad, size_t aad_len, const uint8_t *cipher,
		       size_t len, uint8_t *out)
{
	uint8_t unused[AEAD_TAG_SIZE];
	uint8_t tag[AEAD_TAG_SIZE];
	int n;

	for (size_t i = 0; i < sizeof(tag); i++)
		tag[i] = cipher[len + i];
	if (!update(ctx, NULL, aad, aad_len) || !update(ctx, out, cipher, len) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) != 1)
		return ERR_CRYPTO;
	return EVP_CipherFinal_ex(ctx, unused, &n) == 1 ? ERR_OK : ERR_TAMPERED;
}

enum err crypt_open(const struct secret *key, const void *aad, size_t aad_len,
		    const uint8_t *sealed, size_t sealed_len, uint8_t *out)
{
	size_t len = sealed_len - AEAD_OVERHEAD;
	EVP_CIPHER_CTX *ctx;
	enum err e = ERR_CRYPTO;

	if (sealed_len < AEAD_OVERHEAD)
		return ERR_TAMPERED;
	if (sealed_len > INT_MAX || aad_len > INT_MAX)
		return ERR_TOO_BIG;
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return ERR_NO_MEMORY;
	if (start(ctx, key, sealed, false))
		e = unseal(ctx, aad, aad_len, sealed + AEAD_NONCE_SIZE, len, out);
	EVP_CIPHER_CTX_free(ctx);
	if (e)
		secret_wipe(out, len); /* never hand out what did not verify */
	return e;
}
