/* SPDX-License-Identifier: BSD-3-Clause */
/* Published test vectors, and what must not verify. */
#include "lib/crypt.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

static struct secret *key_of(const void *bytes, size_t len)
{
	struct secret *s;

	assert_int_equal(secret_new(len, &s), ERR_OK);
	memcpy(secret_bytes(s), bytes, len);
	return s;
}

static struct secret *key_of_hex(const char *hex)
{
	uint8_t bytes[SECRET_MAX];

	return key_of(bytes, unhex(hex, bytes));
}

static void assert_hex(const void *bytes, const char *hex)
{
	uint8_t expected[256];
	size_t len = unhex(hex, expected);

	assert_memory_equal(bytes, expected, len);
}

/* FIPS 180-4's examples: "abc", the empty message, and two blocks given in pieces. */
static void test_sha256(void **state)
{
	const struct crypt_part abc[] = {{"a", 1}, {"", 0}, {"bc", 2}};
	const struct crypt_part two[] = {{"abcdbcdecdefdefgefghfghighij", 28},
					 {"hijkijkljklmklmnlmnomnopnopq", 28}};
	struct digest d;

	(void)state;
	assert_int_equal(crypt_sha256(abc, 3, &d), ERR_OK);
	assert_hex(d.b, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(crypt_sha256(NULL, 0, &d), ERR_OK);
	assert_hex(d.b, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(crypt_sha256(two, 2, &d), ERR_OK);
	assert_hex(d.b, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* A million times "a": more than one read of the file. */
static void test_sha256_fd(void **state)
{
	int fd = memfd_create("million", MFD_CLOEXEC);
	struct digest d;
	char a[1000];

	(void)state;
	assert_true(fd >= 0);
	memset(a, 'a', sizeof(a));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, a, sizeof(a)), sizeof(a));
	assert_int_equal(crypt_sha256_fd(fd, &d), ERR_OK);
	assert_hex(d.b, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 1000000);
	close(fd);
	assert_int_equal(crypt_sha256_fd(fd, &d), ERR_IO);
}

/* RFC 4231, test cases 2 and 6 (a key longer than a block, in 131 bytes, does not fit: 3 instead).
 */
static void test_hmac(void **state)
{
	const struct crypt_part jefe[] = {{"what do ya want ", 16}, {"for nothing?", 12}};
	struct secret *key = key_of("Jefe", 4);
	uint8_t data[50];
	const struct crypt_part dd = {data, sizeof(data)};
	struct secret *mac;

	(void)state;
	assert_int_equal(crypt_hmac(key, jefe, 2, &mac), ERR_OK);
	assert_int_equal(secret_len(mac), DIGEST_SIZE);
	assert_hex(secret_view(mac),
		   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	secret_free(mac);
	secret_free(key);

	key = key_of_hex("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	memset(data, 0xdd, sizeof(data));
	assert_int_equal(crypt_hmac(key, &dd, 1, &mac), ERR_OK);
	assert_hex(secret_view(mac),
		   "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	secret_free(mac);
	secret_free(key);
}

/* RFC 5869, A.3: empty salt and info. */
static void test_hkdf(void **state)
{
	struct secret *ikm = key_of_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	struct secret *okm;

	(void)state;
	assert_int_equal(crypt_hkdf(ikm, NULL, 0, 42, &okm), ERR_OK);
	assert_hex(secret_view(okm), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c73"
				     "8d2d9d201395faa4b61a96c8");
	secret_free(okm);
	secret_free(ikm);
}

/* RFC 5869, 2.2 and 2.3 for one block: HMAC(HMAC(zeros, IKM), info || 0x01). */
static void test_hkdf_info(void **state)
{
	static const uint8_t zeros[DIGEST_SIZE];
	struct secret *ikm = key_of("input keying material", 21);
	struct secret *salt = key_of(zeros, sizeof(zeros));
	const struct crypt_part key[] = {{"input keying material", 21}};
	const struct crypt_part info[] = {{"uuid", 4}, {"", 0}, {"generation", 10}, {"\1", 1}};
	struct secret *prk;
	struct secret *expected;
	struct secret *okm;

	(void)state;
	assert_int_equal(crypt_hmac(salt, key, 1, &prk), ERR_OK);
	assert_int_equal(crypt_hmac(prk, info, 4, &expected), ERR_OK);
	assert_int_equal(crypt_hkdf(ikm, info, 3, DIGEST_SIZE, &okm), ERR_OK);
	assert_true(secret_equal(okm, expected));
	assert_int_equal(crypt_hkdf(ikm, info, 9, DIGEST_SIZE, &okm), ERR_ARG);
	assert_int_equal(crypt_hkdf(ikm, info, 1, SECRET_MAX + 1, &okm), ERR_ARG);
	secret_free(okm);
	secret_free(expected);
	secret_free(prk);
	secret_free(salt);
	secret_free(ikm);
}

/* The GCM specification's test case 16, as nonce || ciphertext || tag. */
static const char gcm_key[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
static const char gcm_aad[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
static const char gcm_plain[] = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
				"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
static const char gcm_sealed[] = "cafebabefacedbaddecaf888"
				 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
				 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
				 "76fc6ece0f4e1768cddf8853bb2d551b";

static void test_open_vector(void **state)
{
	struct secret *key = key_of_hex(gcm_key);
	uint8_t sealed[128];
	uint8_t plain[64];
	uint8_t aad[20];
	size_t len = unhex(gcm_sealed, sealed);

	(void)state;
	unhex(gcm_aad, aad);
	assert_int_equal(crypt_open(key, aad, sizeof(aad), sealed, len, plain), ERR_OK);
	assert_hex(plain, gcm_plain);
	secret_free(key);
}

static void test_seal_round_trip(void **state)
{
	uint8_t plain[1000];
	uint8_t sealed[sizeof(plain) + AEAD_OVERHEAD];
	uint8_t again[sizeof(sealed)];
	uint8_t out[sizeof(plain)];
	struct secret *key;

	(void)state;
	memset(plain, 7, sizeof(plain));
	assert_int_equal(secret_random(AEAD_KEY_SIZE, &key), ERR_OK);
	assert_int_equal(crypt_seal(key, "aad", 3, plain, sizeof(plain), sealed), ERR_OK);
	assert_int_equal(crypt_seal(key, "aad", 3, plain, sizeof(plain), again), ERR_OK);
	assert_memory_not_equal(sealed, again, AEAD_NONCE_SIZE);
	assert_int_equal(crypt_open(key, "aad", 3, sealed, sizeof(sealed), out), ERR_OK);
	assert_memory_equal(out, plain, sizeof(plain));
	/* nothing inside, nothing beside */
	assert_int_equal(crypt_seal(key, NULL, 0, NULL, 0, sealed), ERR_OK);
	assert_int_equal(crypt_open(key, NULL, 0, sealed, AEAD_OVERHEAD, out), ERR_OK);
	secret_free(key);
}

/* Every single flipped bit, a shorter blob, other associated data, another key. */
static void test_open_refuses(void **state)
{
	struct secret *key;
	struct secret *other;
	uint8_t sealed[16 + AEAD_OVERHEAD];
	uint8_t out[16];

	(void)state;
	assert_int_equal(secret_random(AEAD_KEY_SIZE, &key), ERR_OK);
	assert_int_equal(secret_random(AEAD_KEY_SIZE, &other), ERR_OK);
	assert_int_equal(crypt_seal(key, "aad", 3, "sixteen bytes...", 16, sealed), ERR_OK);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		memset(out, 0x55, sizeof(out));
		assert_int_equal(crypt_open(key, "aad", 3, sealed, sizeof(sealed), out),
				 ERR_TAMPERED);
		assert_memory_equal(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(sealed); len++)
		assert_int_equal(crypt_open(key, "aad", 3, sealed, len, out), ERR_TAMPERED);
	assert_int_equal(crypt_open(key, "aae", 3, sealed, sizeof(sealed), out), ERR_TAMPERED);
	assert_int_equal(crypt_open(key, NULL, 0, sealed, sizeof(sealed), out), ERR_TAMPERED);
	assert_int_equal(crypt_open(other, "aad", 3, sealed, sizeof(sealed), out), ERR_TAMPERED);
	secret_free(key);
	secret_free(other);
}

static void test_key_of_wrong_size(void **state)
{
	uint8_t sealed[AEAD_OVERHEAD] = {0};
	struct secret *shorter;

	(void)state;
	assert_int_equal(secret_new(AEAD_KEY_SIZE - 1, &shorter), ERR_OK);
	assert_int_equal(crypt_seal(shorter, NULL, 0, NULL, 0, sealed), ERR_CRYPTO);
	assert_int_equal(crypt_open(shorter, NULL, 0, sealed, sizeof(sealed), sealed), ERR_CRYPTO);
	secret_free(shorter);
}

/* RFC 6979, A.2.5: P-256, SHA-256, "sample". */
static void sample(struct crypt_point *key, struct digest *d, struct crypt_signature *sig)
{
	const struct crypt_part message = {"sample", 6};

	unhex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6", key->x);
	unhex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299", key->y);
	unhex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716", sig->r);
	unhex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8", sig->s);
	assert_int_equal(crypt_sha256(&message, 1, d), ERR_OK);
}

static void test_verify(void **state)
{
	struct crypt_signature sig;
	struct crypt_point key;
	struct digest d;

	(void)state;
	sample(&key, &d, &sig);
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_OK);
	d.b[0] ^= 1;
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_SIGNATURE);
	d.b[0] ^= 1;
	sig.s[31] ^= 1;
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_SIGNATURE);
	sig.s[31] ^= 1;
	key.y[31] ^= 1; /* off the curve */
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_SIGNATURE);
	key.y[31] ^= 1;
	memset(&sig, 0, sizeof(sig));
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_SIGNATURE);
	memset(&key, 0, sizeof(key));
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_SIGNATURE);
	memset(&key, 0xff, sizeof(key));
	memset(&sig, 0xff, sizeof(sig));
	assert_int_equal(crypt_verify(&key, &d, &sig), ERR_SIGNATURE);
}

static void test_random_and_equal(void **state)
{
	struct digest a;
	struct digest b;

	(void)state;
	assert_int_equal(crypt_random(a.b, sizeof(a.b)), ERR_OK);
	assert_int_equal(crypt_random(b.b, sizeof(b.b)), ERR_OK);
	assert_false(digest_equal(&a, &b));
	b = a;
	assert_true(digest_equal(&a, &b));
	b.b[31] ^= 0x80;
	assert_false(digest_equal(&a, &b));
}

static int set_up(void **state)
{
	(void)state;
	return secret_init(4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256),
	    cmocka_unit_test(test_sha256_fd),
	    cmocka_unit_test(test_hmac),
	    cmocka_unit_test(test_hkdf),
	    cmocka_unit_test(test_hkdf_info),
	    cmocka_unit_test(test_open_vector),
	    cmocka_unit_test(test_seal_round_trip),
	    cmocka_unit_test(test_open_refuses),
	    cmocka_unit_test(test_key_of_wrong_size),
	    cmocka_unit_test(test_verify),
	    cmocka_unit_test(test_random_and_equal),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
