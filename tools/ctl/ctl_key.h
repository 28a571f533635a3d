/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_key: an authority's P-256 key as PEM files, and signing with it. Only
 * commands that run off the device read a private key.
 */
#ifndef TOOLS_CTL_KEY_H
#define TOOLS_CTL_KEY_H

#include "lib/crypt.h"
#include "tools/ctl/ctl.h"

struct ctl_key; /* a private key */

/* Reads a PEM private key; OpenSSL asks for a passphrase where it has one. Free with
 * ctl_key_free(). */
enum err ctl_key_read_private(struct ctl *c, const char *path, struct ctl_key **out) MUST_USE;
void ctl_key_free(struct ctl_key *k);

/* Reads a PEM public key. A private one is refused: it has no business on the device. */
enum err ctl_key_read_public(struct ctl *c, const char *path, struct crypt_point *out) MUST_USE;

/* Its public half; lives as long as the key. */
const struct crypt_point *ctl_key_point(const struct ctl_key *k);

/* ECDSA over a SHA-256 digest. */
enum err ctl_key_sign(const struct ctl_key *k, const struct digest *digest,
		      struct crypt_signature *out) MUST_USE;

/* A signature as the DER that openssl dgst writes and reads; ERR_FORMAT if it is none. */
#define CTL_KEY_DER_MAX 80
enum err ctl_key_der_encode(const struct crypt_signature *sig, uint8_t out[CTL_KEY_DER_MAX],
			    size_t *len) MUST_USE;
enum err ctl_key_der_decode(const uint8_t *der, size_t len, struct crypt_signature *out) MUST_USE;

#endif
