/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys as PEM files, and signatures as the bytes that OpenSSL's tools use. */
#include "tools/ctl/ctl_key.h"

#include "lib/ossl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
// cmocka.h needs some of the above
#include <cmocka.h>

/* A PEM file of a fresh key; the caller unlinks it. */
static void write_key(const char *path, const char *curve, bool private)
{
	EVP_PKEY *pkey = EVP_EC_gen(curve);
	FILE *f = fopen(path, "w");

	assert_non_null(pkey);
	assert_non_null(f);
	if (private)
		assert_int_equal(PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL), 1);
	else
		assert_int_equal(PEM_write_PUBKEY(f, pkey), 1);
	fclose(f);
	EVP_PKEY_free(pkey);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static char path[] = "/tmp/test_ctl_key.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkstemp(path) < 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void signs_what_verifies(void **state)
{
	struct digest digest = {{1, 2, 3}};
	struct crypt_signature sig, again;
	uint8_t der[CTL_KEY_DER_MAX];
	struct ctl_key *key;
	struct ctl c = {0};
	size_t len;

	(void)state;
	write_key(path, "P-256", true);
	assert_int_equal(ctl_key_read_private(&c, path, &key), ERR_OK);
	for (int i = 0; i < 32; i++) {
		digest.b[31] = (uint8_t)i;
		assert_int_equal(ctl_key_sign(key, &digest, &sig), ERR_OK);
		assert_int_equal(crypt_verify(ctl_key_point(key), &digest, &sig), ERR_OK);
		assert_int_equal(ctl_key_der_encode(&sig, der, &len), ERR_OK);
		assert_int_equal(ctl_key_der_decode(der, len, &again), ERR_OK);
		assert_memory_equal(&sig, &again, sizeof(sig));
		assert_int_equal(ctl_key_der_decode(der, len - 1, &again), ERR_FORMAT);
		assert_int_equal(ctl_key_der_decode(der, len + 1, &again), ERR_FORMAT);
	}
	digest.b[0] ^= 1;
	assert_int_equal(crypt_verify(ctl_key_point(key), &digest, &sig), ERR_SIGNATURE);
	ctl_key_free(key);
}

static void refuses_other_keys(void **state)
{
	struct crypt_point point;
	struct ctl_key *key;
	struct ctl c = {0};

	(void)state;
	write_key(path, "P-384", true);
	assert_int_equal(ctl_key_read_private(&c, path, &key), ERR_FORMAT);
	assert_non_null(strstr(c.message, "P-256"));
	write_key(path, "P-384", false);
	assert_int_equal(ctl_key_read_public(&c, path, &point), ERR_FORMAT);
	write_key(path, "P-256", true);
	assert_int_equal(ctl_key_read_public(&c, path, &point), ERR_FORMAT);
	assert_non_null(strstr(c.message, "private key"));
	write_key(path, "P-256", false);
	assert_int_equal(ctl_key_read_public(&c, path, &point), ERR_OK);
	assert_int_equal(ctl_key_read_private(&c, path, &key), ERR_FORMAT);
	write_text(path, "");
	assert_int_equal(ctl_key_read_private(&c, path, &key), ERR_FORMAT);
	write_text(path, "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n");
	assert_int_equal(ctl_key_read_public(&c, path, &point), ERR_FORMAT);
	assert_int_equal(ctl_key_read_public(&c, "/nonexistent/key", &point), ERR_IO);
}

static void refuses_bad_der(void **state)
{
	static const uint8_t negative[] = {0x30, 6, 2, 1, 0xff, 2, 1, 1};
	static const uint8_t empty[] = {0x30, 0};
	uint8_t big[42] = {0x30, 40, 2, 35, 1};
	struct crypt_signature sig;

	(void)state;
	big[39] = 2;
	big[40] = 1;
	big[41] = 1;
	assert_int_equal(ctl_key_der_decode(negative, sizeof(negative), &sig), ERR_FORMAT);
	assert_int_equal(ctl_key_der_decode(empty, sizeof(empty), &sig), ERR_FORMAT);
	assert_int_equal(ctl_key_der_decode(big, sizeof(big), &sig), ERR_FORMAT);
	assert_int_equal(ctl_key_der_decode(big, 0, &sig), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signs_what_verifies),
	    cmocka_unit_test(refuses_other_keys),
	    cmocka_unit_test(refuses_bad_der),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
