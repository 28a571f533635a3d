/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One OpenSSL library context for ESAPI, in place of one a hash.
 *
 * tpm2-tss 3.2 makes a new OSSL_LIB_CTX, with providers and all, for every
 * hash and HMAC that a session needs: seven milliseconds of our own time for one
 * NV_Extend, several times what the pTPM takes. ESAPI can be given other
 * cryptography only from 4.0 on (Esys_SetCryptoCallbacks). Until then these two
 * definitions, which the dynamic linker prefers to libcrypto's, let it have the
 * process' default context each time.
 */
#include "lib/ossl.h"

OSSL_LIB_CTX *OSSL_LIB_CTX_new(void)
{
	return OSSL_LIB_CTX_get0_global_default();
}

void OSSL_LIB_CTX_free(OSSL_LIB_CTX *ctx)
{
	(void)ctx;
}
