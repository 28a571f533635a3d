/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The values here were taken from a TPM: tests/integration/approval compares
 * the same computations with one. They are part of what is sealed, so they
 * never change.
 */
#include "lib/approval.h"

#include "lib/anchor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY_X "de9f7c08428d5230bae2eb289fb8c3c3c623903aebe50a0977e462e252c9835c"
#define KEY_Y "971a343f326e3ad55013e2a83a0815ee74dd6172d822783dcc6689850b21daa9"
#define SIG_R "2325522c79d62033079a2b267bbbbc51e434d7aa4c95bc86382331298f58d3b5"
#define SIG_S "3d8bae19cdf9086776c9f4d37f839583abb8502c5757994cb866ef2b6401bcf6"

static void parse(const char *hex, uint8_t out[32])
{
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &out[i]), 1);
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *want)
{
	char hex[512] = "";

	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(hex, want);
}

static struct crypt_point key(void)
{
	struct crypt_point k;

	parse(KEY_X, k.x);
	parse(KEY_Y, k.y);
	return k;
}

/* PCRs 7 and 15, version 5, signed for the platform hierarchy. */
static struct approval approval(void)
{
	struct approval a = {.pcrs = 0x8080, .version = 5};

	a.pcr_digest.b[31] = 0x42;
	parse(SIG_R, a.sig.r);
	parse(SIG_S, a.sig.s);
	return a;
}

static const struct {
	enum hierarchy h;
	struct anchor_handles handles;
	uint32_t a_attributes;
	uint32_t v_attributes;
	const char *a_name;
	const char *v_policy;
	const char *v_name;
	const char *approval_policy;
	const char *approval_digest;
} golden[] = {
    {HIERARCHY_PLATFORM,
     {0x81805654, 0x01405654, 0x01405655},
     0x42040044,
     0x42040008,
     "000b42e776a01a5d39087ba6a8a9e7679be6aef8f89e109ff6dd069d5bd17a1ef449",
     "556bc08ec4b3e6a9265a1621e7e5e7ea7146317cdf41d313006169b63595665e",
     "000bb8a6e2392c072d6f307577dd9987cbf4e13eec00938bd92b526d781a5d85c68c",
     "9634fa3265bbfc9eb70b193e38eec1740def5821c7639b96405cb95a7f2d34fa",
     "3b17fd7c681844f1fa5db223be24b329899569f31c9121bb373a0167ff45b1e1"},
    {HIERARCHY_OWNER,
     {0x81005654, 0x01805654, 0x01805655},
     0x02040044,
     0x02040008,
     "000b0e88985e6eb5512e5357bca8579625778669de6b5bf99ef7a7a32ba400c3ff35",
     "0b783c7c24877444d7ddec34026c36fcfece7e8ff77d0cb04b16234f59892b14",
     "000b3ffd4f378e8e6eade1317279a373c3cd3ec367e93fa6f16405542ee73619ba71",
     "6af1c4aa216ab46bdb60ba3fb0c066d84825e851ac03d00498fa7c197b6a9dbd",
     "a307a3cf28b70c856c85d64344d38a160dfd8e34de8f0947779938beed8874f3"},
};

#define GOLDEN (sizeof(golden) / sizeof(golden[0]))

static void handles_and_attributes(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDEN; i++) {
		struct anchor_handles h = anchor_handles(golden[i].h);

		assert_int_equal(h.parent, golden[i].handles.parent);
		assert_int_equal(h.a, golden[i].handles.a);
		assert_int_equal(h.v, golden[i].handles.v);
		assert_int_equal(anchor_a_attributes(golden[i].h), golden[i].a_attributes);
		assert_int_equal(anchor_v_attributes(golden[i].h), golden[i].v_attributes);
	}
}

static void names_of_the_indices(void **state)
{
	uint8_t name[TPM_NAME_SIZE];
	struct digest d;

	(void)state;
	for (size_t i = 0; i < GOLDEN; i++) {
		assert_int_equal(anchor_a_name(golden[i].h, name), ERR_OK);
		assert_hex(name, sizeof(name), golden[i].a_name);
		assert_int_equal(anchor_v_policy(golden[i].h, &d), ERR_OK);
		assert_hex(d.b, sizeof(d.b), golden[i].v_policy);
		assert_int_equal(anchor_v_name(golden[i].h, name), ERR_OK);
		assert_hex(name, sizeof(name), golden[i].v_name);
	}
}

static void what_is_signed(void **state)
{
	struct approval a = approval();
	struct digest d;

	(void)state;
	for (size_t i = 0; i < GOLDEN; i++) {
		assert_int_equal(approval_policy(&a, golden[i].h, &d), ERR_OK);
		assert_hex(d.b, sizeof(d.b), golden[i].approval_policy);
		assert_int_equal(approval_digest(&a, golden[i].h, &d), ERR_OK);
		assert_hex(d.b, sizeof(d.b), golden[i].approval_digest);
	}
}

static void the_authority(void **state)
{
	struct crypt_point k = key();
	uint8_t name[TPM_NAME_SIZE];
	uint8_t area[128];
	struct digest d;
	size_t len = 0;

	(void)state;
	assert_int_equal(authority_name(&k, name), ERR_OK);
	assert_hex(name, sizeof(name),
		   "000bb37e61b75858394eba2f08636c1a80c4a86361763fc555747e248197262e945d");
	assert_int_equal(authority_policy(&k, &d), ERR_OK);
	assert_hex(d.b, sizeof(d.b),
		   "ab3812240ba70020717dca7d33272b666001d951c6bf913fa7f298678d5c975e");
	assert_int_equal(authority_public(&k, area, sizeof(area), &len), ERR_OK);
	assert_hex(area, len, "0023000b00040040000000100018000b000300100020" KEY_X "0020" KEY_Y);
	assert_int_equal(authority_public(&k, area, 87, &len), ERR_TOO_BIG);
}

static void only_what_was_signed_verifies(void **state)
{
	struct crypt_point k = key();
	struct approval a = approval();

	(void)state;
	assert_int_equal(approval_verify(&a, HIERARCHY_PLATFORM, &k), ERR_OK);
	assert_int_equal(approval_verify(&a, HIERARCHY_OWNER, &k), ERR_SIGNATURE);
	a.version++;
	assert_int_equal(approval_verify(&a, HIERARCHY_PLATFORM, &k), ERR_SIGNATURE);
	a = approval();
	a.pcrs ^= 1;
	assert_int_equal(approval_verify(&a, HIERARCHY_PLATFORM, &k), ERR_SIGNATURE);
	a = approval();
	a.pcr_digest.b[0] ^= 1;
	assert_int_equal(approval_verify(&a, HIERARCHY_PLATFORM, &k), ERR_SIGNATURE);
	a = approval();
	k.x[0] ^= 1;
	assert_int_equal(approval_verify(&a, HIERARCHY_PLATFORM, &k), ERR_SIGNATURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(handles_and_attributes),
	    cmocka_unit_test(names_of_the_indices),
	    cmocka_unit_test(what_is_signed),
	    cmocka_unit_test(the_authority),
	    cmocka_unit_test(only_what_was_signed_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
