/* SPDX-License-Identifier: BSD-3-Clause */
/* crypt_verify: ECDSA and public keys over P-256. */
#include "lib/crypt.h"

#include "lib/ossl.h"

#include <string.h>

#define POINT_SIZE   65 /* 0x04 || x || y, SEC 1 */
#define DER_SIZE_MAX 72 /* SEQUENCE of two INTEGERs of at most 33 bytes */

static EVP_PKEY *import(const struct crypt_point *key)
{
	static char curve[] = "P-256";
	uint8_t point[POINT_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
	    OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	memcpy(point + 1, key->x, sizeof(key->x));
	memcpy(point + 1 + sizeof(key->x), key->y, sizeof(key->y));
	/* Fails for a point that is not on the curve. */
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

enum err crypt_check_point(const struct crypt_point *key)
{
	EVP_PKEY *pkey = import(key);
	enum err e = pkey ? ERR_OK : ERR_ARG;

	EVP_PKEY_free(pkey);
	return e;
}

/* The length of sig in DER at der; 0 on failure. */
static size_t encode(const struct crypt_signature *sig, uint8_t der[DER_SIZE_MAX])
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig->r, sizeof(sig->r), NULL);
	BIGNUM *s = BN_bin2bn(sig->s, sizeof(sig->s), NULL);
	int len = 0;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		len = i2d_ECDSA_SIG(pair, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return len > 0 ? (size_t)len : 0;
}

enum err crypt_verify(const struct crypt_point *key, const struct digest *digest,
		      const struct crypt_signature *sig)
{
	uint8_t der[DER_SIZE_MAX];
	size_t len = encode(sig, der);
	EVP_PKEY *pkey = import(key);
	EVP_PKEY_CTX *ctx = pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
	bool good = len != 0 && ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		    EVP_PKEY_verify(ctx, der, len, digest->b, sizeof(digest->b)) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good ? ERR_OK : ERR_SIGNATURE;
}
