/* SPDX-License-Identifier: BSD-3-Clause */
/* The platform authority: a key, and what it signs. */
#include "lib/approval.h"
#include "lib/wbuf.h"
#include "tests/integration/keeper_play.h"

static void get_coordinate(EVP_PKEY *key, const char *name, uint8_t out[32])
{
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1 || BN_bn2binpad(n, out, 32) != 32)
		die("authority key", ERR_CRYPTO);
	BN_free(n);
}

void authority_make(struct driver *d)
{
	d->authority = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (!d->authority)
		die("authority key", ERR_CRYPTO);
	get_coordinate(d->authority, OSSL_PKEY_PARAM_EC_PUB_X, d->authority_point.x);
	get_coordinate(d->authority, OSSL_PKEY_PARAM_EC_PUB_Y, d->authority_point.y);
}

void authority_sign(const struct driver *d, const struct digest *digest,
		    struct crypt_signature *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(d->authority, NULL);
	uint8_t der[128];
	const uint8_t *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_sign(ctx, der, &len, digest->b, DIGEST_SIZE) != 1)
		die("signing", ERR_CRYPTO);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), out->r, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out->s, 32) != 32)
		die("signature", ERR_CRYPTO);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
}

static void ask_pcrs(struct driver *d, uint32_t mask, struct keys_pcrs *out)
{
	struct wbuf w;
	struct msg m;

	wbuf_init(&w, play_buffer, sizeof(play_buffer));
	wbuf_u32(&w, mask);
	play_send(&d->broker, KEYS_PCRS, ++d->next_id, 4);
	if (!broker_serve(d, KEYS_PCR_VALUES, d->next_id, &m, WAIT_MS))
		die("PCRs", ERR_TIMEOUT);
	must(keys_pcrs_decode(m.body, m.len, out), "PCRs decode");
}

struct approval authority_approve(struct driver *d, uint32_t mask, enum hierarchy h)
{
	struct approval a = {.pcrs = mask, .version = 2};
	struct crypt_part parts[24];
	struct keys_pcrs pcrs;
	struct digest ahash;
	size_t n = 0;

	ask_pcrs(d, mask, &pcrs);
	for (unsigned i = 0; i < 24; i++)
		if (mask & 1u << i)
			parts[n++] = (struct crypt_part){pcrs.values[i].b, DIGEST_SIZE};
	must(crypt_sha256(parts, n, &a.pcr_digest), "digest");
	must(approval_digest(&a, h, &ahash), "ahash");
	authority_sign(d, &ahash, &a.sig);
	return a;
}
