/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/p256.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#define POINT_SIZE 65 /* 0x04, x, y */

/* Importing the key checks that the point lies on the curve. */
static enum err check_on_curve(uint8_t point[POINT_SIZE])
{
	char group[] = "P-256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, POINT_SIZE),
	    OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	enum err e = ERR_CRYPTO;

	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		e = EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 ? ERR_OK
										   : ERR_FORMAT;
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	return e;
}

enum err p256_parse(const char *hex, struct crypt_point *out)
{
	uint8_t point[POINT_SIZE];
	size_t len;
	enum err e;

	if (strspn(hex, "0123456789abcdefABCDEF") != 2 * POINT_SIZE || hex[2 * POINT_SIZE] != '\0')
		return ERR_FORMAT;
	if (OPENSSL_hexstr2buf_ex(point, sizeof(point), &len, hex, '\0') != 1 || point[0] != 4)
		return ERR_FORMAT;
	e = check_on_curve(point);
	if (e)
		return e;
	memcpy(out->x, point + 1, sizeof(out->x));
	memcpy(out->y, point + 33, sizeof(out->y));
	return ERR_OK;
}
