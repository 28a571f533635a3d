/* SPDX-License-Identifier: BSD-3-Clause */
/* What the proxy allows, reads and books: allow, command, claims, tcti. */
#include "lib/anchor.h"
#include "lib/wbuf.h"
#include "pTPM-proxy/allow.h"
#include "pTPM-proxy/claims.h"
#include "pTPM-proxy/command.h"
#include "pTPM-proxy/tcti.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <tss2/tss2_tpm2_types.h>

#define SESSION 0x03000001u
#define OBJECT  0x80000000u

/* The allow-list as it is meant to be, written down a second time. */
static const uint32_t for_all[] = {
    TPM2_CC_StartAuthSession, TPM2_CC_FlushContext,    TPM2_CC_Load,          TPM2_CC_LoadExternal,
    TPM2_CC_VerifySignature,  TPM2_CC_Unseal,          TPM2_CC_Create,        TPM2_CC_PolicyPCR,
    TPM2_CC_PolicyNV,         TPM2_CC_PolicyAuthorize, TPM2_CC_PolicySecret,  TPM2_CC_PCR_Read,
    TPM2_CC_PCR_Extend,       TPM2_CC_NV_Read,         TPM2_CC_NV_ReadPublic, TPM2_CC_NV_Extend,
    TPM2_CC_NV_Write,         TPM2_CC_ReadPublic,      TPM2_CC_GetCapability, TPM2_CC_GetRandom,
    TPM2_CC_ReadClock,        TPM2_CC_NV_DefineSpace};
static const uint32_t for_provisioning[] = {TPM2_CC_CreatePrimary, TPM2_CC_EvictControl,
					    TPM2_CC_NV_UndefineSpace, TPM2_CC_ClearControl};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool is_in(const uint32_t *list, size_t n, uint32_t cc)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == cc)
			return true;
	return false;
}

static void test_everything_else_is_denied(void **state)
{
	bool keys, provision;

	(void)state;
	for (uint32_t cc = 0; cc < 0x10000; cc++) {
		keys = is_in(for_all, COUNT(for_all), cc);
		provision = keys || is_in(for_provisioning, COUNT(for_provisioning), cc);
		assert_int_equal(allow_find(ALLOW_KEYS, cc) != NULL, keys);
		assert_int_equal(allow_find(ALLOW_PROVISION, cc) != NULL, provision);
		assert_null(allow_find(0, cc));
	}
	/* Vendor commands, and a good code with a high bit. */
	assert_null(allow_find(ALLOW_PROVISION, 0x20000000));
	assert_null(allow_find(ALLOW_PROVISION, 0x80000000 | TPM2_CC_GetRandom));
	assert_null(allow_find(ALLOW_PROVISION, UINT32_MAX));
}

static void test_rows_fit_the_decoder(void **state)
{
	(void)state;
	for (uint32_t cc = 0; cc < 0x10000; cc++) {
		const struct allow_rule *rule = allow_find(ALLOW_PROVISION, cc);

		if (!rule)
			continue;
		assert_true(rule->handles <= COMMAND_HANDLES_MAX);
		assert_true(rule->effect != ALLOW_FLUSHES || rule->handles == 1);
	}
}

struct bytes {
	uint8_t b[256];
	struct wbuf w;
	size_t len;
};

static void begin(struct bytes *c, uint16_t tag, uint32_t code)
{
	wbuf_init(&c->w, c->b, sizeof(c->b));
	wbuf_u16(&c->w, tag);
	wbuf_u32(&c->w, 0);
	wbuf_u32(&c->w, code);
}

/* Fills in the size. */
static void end(struct bytes *c)
{
	struct wbuf size;

	assert_int_equal(wbuf_end(&c->w, &c->len), ERR_OK);
	wbuf_init(&size, c->b + 2, 4);
	wbuf_u32(&size, (uint32_t)c->len);
}

static void put_session(struct bytes *c, uint32_t handle, uint8_t attributes)
{
	wbuf_u32(&c->w, handle);
	wbuf_u16(&c->w, 2);
	wbuf_u16(&c->w, 0xaabb);
	wbuf_u8(&c->w, attributes);
	wbuf_u16(&c->w, 1);
	wbuf_u8(&c->w, 0xcc);
}
#define SESSION_SIZE 12u

/* NV_Extend(auth, index) with n sessions, the last of which ends. */
static void put_nv_extend(struct bytes *c, unsigned n)
{
	begin(c, TPM2_ST_SESSIONS, TPM2_CC_NV_Extend);
	wbuf_u32(&c->w, 0x01800001);
	wbuf_u32(&c->w, 0x01800002);
	wbuf_u32(&c->w, n * SESSION_SIZE);
	for (unsigned i = 1; i <= n; i++)
		put_session(c, SESSION + i, i < n);
	wbuf_u16(&c->w, 0);
	end(c);
}

static void test_decodes_handles_and_sessions(void **state)
{
	struct bytes c;
	struct command got;

	(void)state;
	put_nv_extend(&c, 2);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_OK);
	assert_int_equal(got.rule->cc, TPM2_CC_NV_Extend);
	assert_int_equal(got.handles[0], 0x01800001);
	assert_int_equal(got.handles[1], 0x01800002);
	assert_int_equal(got.nsessions, 2);
	assert_int_equal(got.sessions[0].handle, SESSION + 1);
	assert_false(got.sessions[0].ends);
	assert_int_equal(got.sessions[1].handle, SESSION + 2);
	assert_true(got.sessions[1].ends);
	assert_false(got.enumerates);
}

static void test_refuses_bad_authorization_areas(void **state)
{
	struct bytes c;
	struct command got;

	(void)state;
	put_nv_extend(&c, 0);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_FORMAT);
	put_nv_extend(&c, 4);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_FORMAT);
	for (unsigned off = 0; off < SESSION_SIZE; off++) {
		put_nv_extend(&c, 1);
		c.b[21] = (uint8_t)off; /* authorizationSize ends inside the session */
		assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_FORMAT);
	}
	put_nv_extend(&c, 1);
	c.b[18] = 0xff; /* authorizationSize past the end */
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_FORMAT);
}

static void test_refuses_every_truncation(void **state)
{
	struct bytes c;
	struct command got;

	(void)state;
	put_nv_extend(&c, 1);
	for (size_t len = 0; len < c.len; len++)
		assert_int_equal(command_decode(ALLOW_KEYS, c.b, len, &got), ERR_FORMAT);
	/* The same with a size field that agrees: cut inside handles or sessions. */
	for (uint8_t len = 10; len < c.len - 2; len++) {
		c.b[5] = len;
		assert_int_equal(command_decode(ALLOW_KEYS, c.b, len, &got), ERR_FORMAT);
	}
}

static enum err define_index(enum allow_role role, uint32_t index, size_t cut)
{
	struct bytes c;
	struct command got;

	begin(&c, TPM2_ST_NO_SESSIONS, TPM2_CC_NV_DefineSpace);
	wbuf_u32(&c.w, TPM2_RH_OWNER);
	wbuf_u16(&c.w, 3);
	wbuf_bytes(&c.w, "abc", 3);
	wbuf_u16(&c.w, 4);
	wbuf_u32(&c.w, index);
	c.w.len -= cut;
	end(&c);
	return command_decode(role, c.b, c.len, &got);
}

/* After the provisioning nothing is defined but the anchor. */
static void test_defines_the_anchor_alone(void **state)
{
	const uint32_t platform = anchor_handles(HIERARCHY_PLATFORM).a;
	const uint32_t owner = anchor_handles(HIERARCHY_OWNER).a;

	(void)state;
	assert_int_equal(define_index(ALLOW_KEYS, platform, 0), ERR_OK);
	assert_int_equal(define_index(ALLOW_KEYS, owner, 0), ERR_OK);
	assert_int_equal(define_index(ALLOW_KEYS, owner + 1, 0), ERR_DENIED);
	assert_int_equal(define_index(ALLOW_KEYS, 0x01500001, 0), ERR_DENIED);
	assert_int_equal(define_index(ALLOW_PROVISION, owner + 1, 0), ERR_OK);
	for (size_t cut = 1; cut <= 11; cut++)
		assert_int_equal(define_index(ALLOW_KEYS, owner, cut), ERR_FORMAT);
}

static enum err ask_capability(uint32_t capability, uint32_t property)
{
	static const struct claims none;
	struct bytes c;
	struct command got;

	begin(&c, TPM2_ST_NO_SESSIONS, TPM2_CC_GetCapability);
	wbuf_u32(&c.w, capability);
	wbuf_u32(&c.w, property);
	wbuf_u32(&c.w, 1);
	end(&c);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_OK);
	return claims_permit(&none, &got);
}

static void test_does_not_show_others_handles(void **state)
{
	(void)state;
	assert_int_equal(ask_capability(TPM2_CAP_HANDLES, 0x80000000), ERR_DENIED);
	assert_int_equal(ask_capability(TPM2_CAP_HANDLES, 0x02000000), ERR_DENIED);
	assert_int_equal(ask_capability(TPM2_CAP_HANDLES, 0x03000000), ERR_DENIED);
	assert_int_equal(ask_capability(TPM2_CAP_HANDLES, 0x01000000), ERR_OK);
	assert_int_equal(ask_capability(TPM2_CAP_HANDLES, 0x81000000), ERR_OK);
	assert_int_equal(ask_capability(TPM2_CAP_TPM_PROPERTIES, TPM2_PT_FIXED), ERR_OK);
}

static void test_names_only_ones_own(void **state)
{
	struct claims mine = {0};
	struct bytes c;
	struct command got;

	(void)state;
	put_nv_extend(&c, 1);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_OK);
	assert_int_equal(claims_permit(&mine, &got), ERR_DENIED);
	assert_int_equal(claims_add(&mine, SESSION + 1), ERR_OK);
	assert_int_equal(claims_permit(&mine, &got), ERR_OK);
	claims_settle(&mine, &got);
	assert_int_equal(mine.n, 0);

	begin(&c, TPM2_ST_NO_SESSIONS, TPM2_CC_FlushContext);
	wbuf_u32(&c.w, OBJECT);
	end(&c);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_OK);
	assert_int_equal(claims_permit(&mine, &got), ERR_DENIED);
	assert_int_equal(claims_add(&mine, OBJECT), ERR_OK);
	assert_int_equal(claims_permit(&mine, &got), ERR_OK);
	claims_settle(&mine, &got);
	assert_false(claims_have(&mine, OBJECT));
}

static void test_claims_are_bounded(void **state)
{
	struct claims mine = {0};
	struct bytes c;
	struct command got;

	(void)state;
	for (uint32_t i = 0; i < CLAIMS_MAX; i++)
		assert_int_equal(claims_add(&mine, OBJECT + i), ERR_OK);
	assert_int_equal(claims_add(&mine, OBJECT), ERR_OK);
	assert_int_equal(claims_add(&mine, SESSION), ERR_FULL);
	begin(&c, TPM2_ST_NO_SESSIONS, TPM2_CC_LoadExternal);
	end(&c);
	assert_int_equal(command_decode(ALLOW_KEYS, c.b, c.len, &got), ERR_OK);
	assert_int_equal(claims_permit(&mine, &got), ERR_FULL);
	claims_remove(&mine, OBJECT + 5);
	assert_int_equal(claims_permit(&mine, &got), ERR_OK);
}

static void test_reads_the_new_handle(void **state)
{
	const struct allow_rule *load = allow_find(ALLOW_KEYS, TPM2_CC_Load);
	const struct allow_rule *random = allow_find(ALLOW_KEYS, TPM2_CC_GetRandom);
	struct command_result got;
	struct bytes r;

	(void)state;
	begin(&r, TPM2_ST_NO_SESSIONS, TPM2_RC_SUCCESS);
	wbuf_u32(&r.w, OBJECT);
	end(&r);
	assert_int_equal(command_result_decode(load, r.b, r.len, &got), ERR_OK);
	assert_true(got.success);
	assert_int_equal(got.handle, OBJECT);
	assert_int_equal(command_result_decode(random, r.b, r.len, &got), ERR_OK);
	assert_int_equal(got.handle, 0);

	begin(&r, TPM2_ST_NO_SESSIONS, TPM2_RC_SUCCESS);
	end(&r);
	assert_int_equal(command_result_decode(load, r.b, r.len, &got), ERR_FORMAT);
	begin(&r, TPM2_ST_NO_SESSIONS, TPM2_RC_OBJECT_MEMORY);
	end(&r);
	assert_int_equal(command_result_decode(load, r.b, r.len, &got), ERR_OK);
	assert_false(got.success);
}

static void test_tcti_names(void **state)
{
	static const char *const refused[] = {"",         "cmd:true", "mssim:host=localhost",
					      "devices",  "swtp",     "libtss2-tcti-swtpm.so.0",
					      "/lib/x.so"};
	struct tcti t;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_int_equal(tcti_parse(refused[i], &t), ERR_UNSUPPORTED);
	assert_int_equal(tcti_parse("device:/dev/tpm7", &t), ERR_OK);
	assert_string_equal(t.path, "/dev/tpm7");
	assert_true(t.is_device && t.transmit_may_execute);
	assert_int_equal(tcti_parse("device", &t), ERR_OK);
	assert_string_equal(t.path, "/dev/tpmrm0");
	assert_int_equal(tcti_parse("swtpm:path=/run/tpm", &t), ERR_OK);
	assert_string_equal(t.path, "/run/tpm");
	assert_int_equal(tcti_parse("swtpm:host=127.0.0.1,port=2321", &t), ERR_OK);
	assert_string_equal(t.path, "");
	assert_false(t.is_device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_else_is_denied),
	    cmocka_unit_test(test_rows_fit_the_decoder),
	    cmocka_unit_test(test_decodes_handles_and_sessions),
	    cmocka_unit_test(test_refuses_bad_authorization_areas),
	    cmocka_unit_test(test_refuses_every_truncation),
	    cmocka_unit_test(test_defines_the_anchor_alone),
	    cmocka_unit_test(test_does_not_show_others_handles),
	    cmocka_unit_test(test_names_only_ones_own),
	    cmocka_unit_test(test_claims_are_bounded),
	    cmocka_unit_test(test_reads_the_new_handle),
	    cmocka_unit_test(test_tcti_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
