/* SPDX-License-Identifier: BSD-3-Clause */
/* p256: public keys as a policy file writes them. */
#ifndef POLICY_P256_H
#define POLICY_P256_H

#include "lib/crypt.h"

/*
 * "04" || x || y in lower-case hex: the uncompressed point of SEC 1, 2.3.3.
 * ERR_FORMAT if it is not that, or does not lie on the curve.
 */
enum err p256_parse(const char *hex, struct crypt_point *out) MUST_USE;

#endif
