/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The derivations never change: these vectors were computed independently with
 * Python's hmac and hashlib, from RFC 5869 and doc/STATE-FORMAT.
 */
#include "vtpmmgr/keys/keys_derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t anchor_auth[32] = {
    0xde, 0x35, 0x10, 0x81, 0x40, 0x12, 0x4b, 0x35, 0xd8, 0xef, 0x3e, 0x78, 0xd6, 0x4c, 0x13, 0x06,
    0xae, 0xcf, 0xfa, 0x0b, 0x43, 0x9e, 0x85, 0xb3, 0x30, 0x95, 0xfc, 0xb4, 0x18, 0xb6, 0xde, 0x26};
static const uint8_t root_mac[32] = {
    0x6f, 0xc6, 0x66, 0x2a, 0x7e, 0xda, 0xc5, 0x32, 0x46, 0xce, 0xb9, 0xfb, 0xae, 0x35, 0xa7, 0x7b,
    0xb2, 0x30, 0xd3, 0x7a, 0x85, 0x6f, 0x94, 0xf8, 0x25, 0x35, 0x1e, 0xcd, 0x3d, 0xe3, 0x86, 0x89};
static const uint8_t extended_m[32] = {
    0xab, 0xbd, 0x2c, 0x3b, 0xc8, 0x55, 0x4b, 0x4b, 0xfc, 0x55, 0x8f, 0x9d, 0xc1, 0xe4, 0x1e, 0x58,
    0x72, 0x36, 0x54, 0x26, 0xe9, 0x5b, 0xac, 0x59, 0x10, 0xd0, 0x2b, 0xe5, 0xbb, 0xc4, 0x8d, 0x7a};
static const uint8_t extended_a[32] = {
    0xf1, 0x1b, 0x8c, 0x84, 0x06, 0xa0, 0x6d, 0x1a, 0xa1, 0xb0, 0x7d, 0xc3, 0x03, 0xd1, 0x46, 0xf2,
    0x60, 0x47, 0xa7, 0x36, 0xa8, 0x02, 0x5c, 0xfc, 0xfc, 0xf7, 0xda, 0x0f, 0x66, 0x53, 0x5e, 0x0b};
static const uint8_t state_key[32] = {
    0x2e, 0x3a, 0xfe, 0xc7, 0x48, 0x46, 0xcc, 0xaf, 0x61, 0x7b, 0xe7, 0xc1, 0xf6, 0x1e, 0x83, 0x66,
    0x4d, 0x04, 0x25, 0xf1, 0xbb, 0xb2, 0x42, 0x6b, 0x41, 0x2e, 0xc3, 0x96, 0x3f, 0x81, 0xfe, 0xf9};

static struct secret *filled(uint8_t first, size_t len)
{
	struct secret *s = NULL;

	assert_int_equal(secret_new(len, &s), ERR_OK);
	for (size_t i = 0; i < len; i++)
		secret_bytes(s)[i] = (uint8_t)(first + i);
	return s;
}

static void assert_secret(const struct secret *s, const uint8_t expected[32])
{
	assert_int_equal(secret_len(s), 32);
	assert_memory_equal(secret_view(s), expected, 32);
}

static void labels_give_different_keys(void **state)
{
	struct secret *rk = filled(0, ROOT_KEY_SIZE), *auth = NULL, *mac = NULL;

	(void)state;
	assert_int_equal(keys_derive_anchor_auth(rk, &auth), ERR_OK);
	assert_int_equal(keys_derive_root_mac(rk, &mac), ERR_OK);
	assert_secret(auth, anchor_auth);
	assert_secret(mac, root_mac);
	secret_free(rk);
	secret_free(auth);
	secret_free(mac);
}

static void a_root_is_extended_as_a_secret_mac(void **state)
{
	const struct digest zero = {{0}};
	struct secret *key = filled(0x40, 32), *m = NULL;
	struct digest after;

	(void)state;
	assert_int_equal(keys_derive_extend(key, (const uint8_t *)"root", 4, &m), ERR_OK);
	assert_secret(m, extended_m);
	assert_int_equal(keys_derive_extended(&zero, m, &after), ERR_OK);
	assert_memory_equal(after.b, extended_a, DIGEST_SIZE);
	secret_free(key);
	secret_free(m);
}

static void a_state_key_follows_from_both_secrets(void **state)
{
	struct secret *rk = filled(0, ROOT_KEY_SIZE), *s_i = filled(0x80, VTPM_SECRET_SIZE);
	struct secret *key = NULL, *other = NULL;
	uint8_t uuid[UUID_SIZE];

	(void)state;
	memset(uuid, 0x11, sizeof(uuid));
	assert_int_equal(keys_derive_state_key(rk, s_i, uuid, 7, &key), ERR_OK);
	assert_secret(key, state_key);
	assert_int_equal(keys_derive_state_key(rk, s_i, uuid, 8, &other), ERR_OK);
	assert_false(secret_equal(key, other));
	secret_free(rk);
	secret_free(s_i);
	secret_free(key);
	secret_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels_give_different_keys),
	    cmocka_unit_test(a_root_is_extended_as_a_secret_mac),
	    cmocka_unit_test(a_state_key_follows_from_both_secrets),
	};

	if (secret_init(16 * 1024) != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
