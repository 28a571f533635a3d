/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ossl: OpenSSL's headers, included through here alone: <openssl/types.h>
 * names a type ERR_STATE, which is one of our errors.
 */
#ifndef LIB_OSSL_H
#define LIB_OSSL_H

#define ERR_STATE ossl_err_state

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#undef ERR_STATE

#endif
