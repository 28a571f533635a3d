/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/crypt.h"

#include "lib/ossl.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define INFO_PARTS_MAX 8 /* pieces of one HKDF info */
#define FILE_CHUNK     (16 * 1024)

static char sha256_name[] = "SHA256"; /* OSSL_PARAM wants it writable; nobody writes */

enum err crypt_init(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? ERR_OK : ERR_CRYPTO;
}

enum err crypt_random(void *out, size_t len)
{
	if (len > INT_MAX)
		return ERR_ARG;
	return RAND_bytes(out, (int)len) == 1 ? ERR_OK : ERR_CRYPTO;
}

static enum err hash_parts(EVP_MD_CTX *ctx, const struct crypt_part *parts, size_t nparts)
{
	for (size_t i = 0; i < nparts; i++)
		if (EVP_DigestUpdate(ctx, parts[i].bytes, parts[i].len) != 1)
			return ERR_CRYPTO;
	return ERR_OK;
}

enum err crypt_sha256(const struct crypt_part *parts, size_t nparts, struct digest *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct digest d;
	enum err e = ERR_CRYPTO;

	if (!ctx)
		return ERR_NO_MEMORY;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 || hash_parts(ctx, parts, nparts) ||
	    EVP_DigestFinal_ex(ctx, d.b, NULL) != 1)
		goto out;
	*out = d;
	e = ERR_OK;
out:
	EVP_MD_CTX_free(ctx);
	return e;
}

static enum err hash_file(EVP_MD_CTX *ctx, int fd)
{
	uint8_t chunk[FILE_CHUNK];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, sizeof(chunk), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			return ERR_CRYPTO;
		at += n;
	}
	return ERR_OK;
}

enum err crypt_sha256_fd(int fd, struct digest *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct digest d;
	enum err e = ERR_CRYPTO;

	if (!ctx)
		return ERR_NO_MEMORY;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		goto out;
	e = hash_file(ctx, fd);
	if (e)
		goto out;
	e = ERR_CRYPTO;
	if (EVP_DigestFinal_ex(ctx, d.b, NULL) != 1)
		goto out;
	*out = d;
	e = ERR_OK;
out:
	EVP_MD_CTX_free(ctx);
	return e;
}

static EVP_MAC_CTX *hmac_new(const struct secret *key)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256_name, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx && EVP_MAC_init(ctx, secret_view(key), secret_len(key), params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static enum err hmac_finish(EVP_MAC_CTX *ctx, const struct crypt_part *parts, size_t nparts,
			    struct secret *out)
{
	for (size_t i = 0; i < nparts; i++)
		if (EVP_MAC_update(ctx, parts[i].bytes, parts[i].len) != 1)
			return ERR_CRYPTO;
	if (EVP_MAC_final(ctx, secret_bytes(out), NULL, secret_len(out)) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err crypt_hmac(const struct secret *key, const struct crypt_part *parts, size_t nparts,
		    struct secret **out)
{
	struct secret *mac;
	EVP_MAC_CTX *ctx;
	enum err e = secret_new(DIGEST_SIZE, &mac);

	if (e)
		return e;
	ctx = hmac_new(key);
	e = ctx ? hmac_finish(ctx, parts, nparts, mac) : ERR_CRYPTO;
	EVP_MAC_CTX_free(ctx);
	if (e) {
		secret_free(mac);
		return e;
	}
	*out = mac;
	return ERR_OK;
}

static OSSL_PARAM octets(const char *name, const void *bytes, size_t len)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes, len);
}

/* No salt parameter is RFC 5869's empty salt; several infos are concatenated by OpenSSL. */
static enum err hkdf_derive(EVP_KDF_CTX *ctx, const struct secret *ikm,
			    const struct crypt_part *info, size_t ninfo, struct secret *out)
{
	OSSL_PARAM params[INFO_PARTS_MAX + 3];
	size_t n = 0;

	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256_name, 0);
	params[n++] = octets(OSSL_KDF_PARAM_KEY, secret_view(ikm), secret_len(ikm));
	for (size_t i = 0; i < ninfo; i++)
		if (info[i].len != 0)
			params[n++] = octets(OSSL_KDF_PARAM_INFO, info[i].bytes, info[i].len);
	params[n] = OSSL_PARAM_construct_end();
	if (EVP_KDF_derive(ctx, secret_bytes(out), secret_len(out), params) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err crypt_hkdf(const struct secret *ikm, const struct crypt_part *info, size_t ninfo,
		    size_t out_len, struct secret **out)
{
	EVP_KDF *kdf;
	EVP_KDF_CTX *ctx;
	struct secret *okm;
	enum err e;

	if (ninfo > INFO_PARTS_MAX)
		return ERR_ARG;
	e = secret_new(out_len, &okm);
	if (e)
		return e;
	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	e = ctx ? hkdf_derive(ctx, ikm, info, ninfo, okm) : ERR_CRYPTO;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (e) {
		secret_free(okm);
		return e;
	}
	*out = okm;
	return ERR_OK;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return CRYPTO_memcmp(a->b, b->b, DIGEST_SIZE) == 0;
}
