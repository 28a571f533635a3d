/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crypt: the few cryptographic operations the project uses, each a thin layer
 * over OpenSSL 3's EVP. SHA-256, HMAC-SHA256 (RFC 2104), HKDF-SHA256
 * (RFC 5869), AES-256-GCM (NIST SP 800-38D), ECDSA over P-256 (FIPS 186-4).
 */
#ifndef LIB_CRYPT_H
#define LIB_CRYPT_H

#include "lib/err.h"
#include "lib/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE     32
#define AEAD_KEY_SIZE   32
#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE   16
#define AEAD_OVERHEAD   (AEAD_NONCE_SIZE + AEAD_TAG_SIZE)

struct digest {
	uint8_t b[DIGEST_SIZE];
};

/* One piece of a message that is hashed or MACed in parts. */
struct crypt_part {
	const void *bytes;
	size_t len;
};

/*
 * Sets OpenSSL up without its configuration file: what runs here was fixed
 * when it was built. Call once in main, before the sandbox closes.
 */
enum err crypt_init(void) MUST_USE;

enum err crypt_random(void *out, size_t len) MUST_USE;

/* SHA-256 over the parts, in order. */
enum err crypt_sha256(const struct crypt_part *parts, size_t nparts, struct digest *out) MUST_USE;

/* SHA-256 of an open file from its beginning; the file offset is not moved. */
enum err crypt_sha256_fd(int fd, struct digest *out) MUST_USE;

enum err crypt_hmac(const struct secret *key, const struct crypt_part *parts, size_t nparts,
		    struct secret **out) MUST_USE;

/*
 * HKDF-SHA256, empty salt; info is the parts in order (at most 8, together 1024
 * bytes); out_len at most SECRET_MAX.
 */
enum err crypt_hkdf(const struct secret *ikm, const struct crypt_part *info, size_t ninfo,
		    size_t out_len, struct secret **out) MUST_USE;

/*
 * AES-256-GCM with a fresh random nonce: out is nonce || ciphertext || tag and
 * needs len + AEAD_OVERHEAD bytes. Random nonces bound the uses of one key to
 * 2^32 (SP 800-38D, 8.3); a state key is one vTPM's, far below.
 */
enum err crypt_seal(const struct secret *key, const void *aad, size_t aad_len, const void *plain,
		    size_t len, uint8_t *out) MUST_USE;

/* The reverse: out gets sealed_len - AEAD_OVERHEAD bytes. ERR_TAMPERED if it does not verify. */
enum err crypt_open(const struct secret *key, const void *aad, size_t aad_len,
		    const uint8_t *sealed, size_t sealed_len, uint8_t *out) MUST_USE;

/* A public key and a signature over P-256, big-endian coordinates. */
struct crypt_point {
	uint8_t x[32];
	uint8_t y[32];
};
struct crypt_signature {
	uint8_t r[32];
	uint8_t s[32];
};

/* ERR_ARG unless the point lies on the curve. */
enum err crypt_check_point(const struct crypt_point *key) MUST_USE;

/* ERR_SIGNATURE if it does not verify or the point is not on the curve. */
enum err crypt_verify(const struct crypt_point *key, const struct digest *digest,
		      const struct crypt_signature *sig) MUST_USE;

/* Whether two digests are equal, in constant time. */
bool digest_equal(const struct digest *a, const struct digest *b);

#endif
