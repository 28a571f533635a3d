/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_key.h"

#include "lib/ossl.h"
#include "tools/ctl/ctl_file.h"

#include <stdlib.h>
#include <string.h>

/* Kept as OpenSSL's own object: its free wipes the private number. */
struct ctl_key {
	EVP_PKEY *pkey;
	struct crypt_point point;
};

static bool coordinate(const EVP_PKEY *pkey, const char *name, uint8_t out[32])
{
	BIGNUM *bn = NULL;
	bool ok = EVP_PKEY_get_bn_param(pkey, name, &bn) == 1 && BN_bn2binpad(bn, out, 32) == 32;

	BN_free(bn);
	return ok;
}

static enum err point_of(struct ctl *c, const char *path, const EVP_PKEY *pkey,
			 struct crypt_point *out)
{
	struct crypt_point p;
	char group[32];

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return ctl_fail(c, ERR_FORMAT,
				"%s: not a P-256 key. Make one with: openssl genpkey -algorithm EC "
				"-pkeyopt ec_paramgen_curve:P-256 -out authority.pem",
				path);
	if (!coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, p.x) ||
	    !coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, p.y))
		return ctl_fail(c, ERR_CRYPTO, "%s: OpenSSL cannot tell the key's public point",
				path);
	*out = p;
	return ERR_OK;
}

/* The file's text in a BIO that reads it; *text and the BIO go with close_pem(). */
static enum err open_pem(struct ctl *c, const char *path, char **text, size_t *len, BIO **bio)
{
	enum err e = ctl_file_read(c, path, CTL_FILE_MAX, text, len);

	if (e)
		return e;
	*bio = BIO_new_mem_buf(*text, (int)*len);
	if (*bio)
		return ERR_OK;
	OPENSSL_cleanse(*text, *len);
	free(*text);
	return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
}

static void close_pem(char *text, size_t len, BIO *bio)
{
	BIO_free(bio);
	OPENSSL_cleanse(text, len);
	free(text);
}

static enum err wrap_private(struct ctl *c, const char *path, EVP_PKEY *pkey, struct ctl_key **out)
{
	struct ctl_key *k;
	enum err e;

	if (!pkey)
		return ctl_fail(c, ERR_FORMAT,
				"%s: no private key in PEM form that can be read (wrong "
				"passphrase?)",
				path);
	k = calloc(1, sizeof(*k));
	if (!k) {
		EVP_PKEY_free(pkey);
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	}
	k->pkey = pkey;
	e = point_of(c, path, pkey, &k->point);
	if (e)
		ctl_key_free(k);
	else
		*out = k;
	return e;
}

enum err ctl_key_read_private(struct ctl *c, const char *path, struct ctl_key **out)
{
	char *text;
	size_t len;
	BIO *bio;
	enum err e = open_pem(c, path, &text, &len, &bio);

	if (e)
		return e;
	e = wrap_private(c, path, PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL), out);
	close_pem(text, len, bio);
	return e;
}

void ctl_key_free(struct ctl_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum err ctl_key_read_public(struct ctl *c, const char *path, struct crypt_point *out)
{
	EVP_PKEY *pkey = NULL;
	char *text;
	size_t len;
	BIO *bio;
	enum err e = open_pem(c, path, &text, &len, &bio);

	if (e)
		return e;
	if (strstr(text, "PRIVATE KEY-----"))
		e = ctl_fail(c, ERR_FORMAT,
			     "%s: this is a private key, which must not come near the device. Give "
			     "its public half: openssl pkey -in authority.pem -pubout -out "
			     "authority.pub.pem",
			     path);
	else
		pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (!e && !pkey)
		e = ctl_fail(c, ERR_FORMAT, "%s: no public key in PEM form", path);
	if (!e)
		e = point_of(c, path, pkey, out);
	EVP_PKEY_free(pkey);
	close_pem(text, len, bio);
	return e;
}

const struct crypt_point *ctl_key_point(const struct ctl_key *k)
{
	return &k->point;
}

enum err ctl_key_sign(const struct ctl_key *k, const struct digest *digest,
		      struct crypt_signature *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	uint8_t der[CTL_KEY_DER_MAX];
	size_t len = sizeof(der);
	bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		  EVP_PKEY_sign(ctx, der, &len, digest->b, sizeof(digest->b)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok ? ctl_key_der_decode(der, len, out) : ERR_CRYPTO;
}

enum err ctl_key_der_encode(const struct crypt_signature *sig, uint8_t out[CTL_KEY_DER_MAX],
			    size_t *len)
{
	ECDSA_SIG *es = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig->r, sizeof(sig->r), NULL);
	BIGNUM *s = BN_bin2bn(sig->s, sizeof(sig->s), NULL);
	uint8_t *at = out;
	int n;

	if (!es || !r || !s || ECDSA_SIG_set0(es, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(es);
		return ERR_NO_MEMORY;
	}
	n = i2d_ECDSA_SIG(es, NULL);
	if (n > 0 && n <= CTL_KEY_DER_MAX)
		n = i2d_ECDSA_SIG(es, &at);
	ECDSA_SIG_free(es);
	if (n <= 0 || n > CTL_KEY_DER_MAX)
		return ERR_CRYPTO;
	*len = (size_t)n;
	return ERR_OK;
}

enum err ctl_key_der_decode(const uint8_t *der, size_t len, struct crypt_signature *out)
{
	const uint8_t *at = der;
	ECDSA_SIG *es = d2i_ECDSA_SIG(NULL, &at, (long)len);
	struct crypt_signature sig;
	bool ok = es && at == der + len && !BN_is_negative(ECDSA_SIG_get0_r(es)) &&
		  !BN_is_negative(ECDSA_SIG_get0_s(es)) &&
		  BN_bn2binpad(ECDSA_SIG_get0_r(es), sig.r, sizeof(sig.r)) > 0 &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(es), sig.s, sizeof(sig.s)) > 0;

	ECDSA_SIG_free(es);
	if (!ok)
		return ERR_FORMAT;
	*out = sig;
	return ERR_OK;
}
