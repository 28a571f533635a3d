/* SPDX-License-Identifier: BSD-3-Clause */
/* A sweep against a TPM that is played here: it must flush what nobody owns, and end. */
#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "pTPM-proxy/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <tss2/tss2_tpm2_types.h>

struct fake_tpm {
	uint32_t loaded[200]; /* ascending */
	size_t n;
	unsigned page; /* handles in one answer */
	unsigned flushes;
	uint32_t rc; /* of every command */
	uint32_t owned;
};

static bool owned(void *arg, uint32_t handle)
{
	return handle == ((struct fake_tpm *)arg)->owned;
}

static void respond(struct wbuf *w, uint32_t rc, size_t params)
{
	wbuf_u16(w, TPM2_ST_NO_SESSIONS);
	wbuf_u32(w, (uint32_t)(10 + params));
	wbuf_u32(w, rc);
}

static void list(struct fake_tpm *t, uint32_t from, struct wbuf *w)
{
	uint32_t found[sizeof(t->loaded) / sizeof(t->loaded[0])];
	uint32_t n = 0;
	uint32_t shown;

	for (size_t i = 0; i < t->n; i++)
		if (t->loaded[i] >= from && t->loaded[i] >> 24 == from >> 24)
			found[n++] = t->loaded[i];
	shown = n < t->page ? n : t->page;
	respond(w, TPM2_RC_SUCCESS, 9 + 4 * shown);
	wbuf_u8(w, n > shown);
	wbuf_u32(w, TPM2_CAP_HANDLES);
	wbuf_u32(w, shown);
	for (uint32_t i = 0; i < shown; i++)
		wbuf_u32(w, found[i]);
}

static void flush(struct fake_tpm *t, uint32_t handle, struct wbuf *w)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->loaded[i] == handle) {
			memmove(&t->loaded[i], &t->loaded[i + 1],
				(t->n - i - 1) * sizeof(t->loaded[0]));
			t->n--;
			t->flushes++;
			respond(w, TPM2_RC_SUCCESS, 0);
			return;
		}
	respond(w, TPM2_RC_HANDLE, 0);
}

static void answer(struct fake_tpm *t, const uint8_t *command, size_t len, struct wbuf *w)
{
	struct rbuf r;
	uint32_t cc;

	rbuf_init(&r, command, len);
	assert_int_equal(rbuf_u16(&r), TPM2_ST_NO_SESSIONS);
	assert_int_equal(rbuf_u32(&r), len);
	cc = rbuf_u32(&r);
	if (t->rc != TPM2_RC_SUCCESS) {
		respond(w, t->rc, 0);
	} else if (cc == TPM2_CC_GetCapability) {
		assert_int_equal(rbuf_u32(&r), TPM2_CAP_HANDLES);
		list(t, rbuf_u32(&r), w);
	} else {
		assert_int_equal(cc, TPM2_CC_FlushContext);
		flush(t, rbuf_u32(&r), w);
	}
}

static unsigned run(struct fake_tpm *t)
{
	struct sweep s;
	uint8_t command[SWEEP_COMMAND_MAX];
	uint8_t response[512];
	struct wbuf w;
	size_t len;
	unsigned commands = 0;

	sweep_begin(&s);
	while (sweep_next(&s, owned, t, command, &len)) {
		assert_true(++commands < 1000);
		wbuf_init(&w, response, sizeof(response));
		answer(t, command, len, &w);
		assert_int_equal(wbuf_end(&w, &len), ERR_OK);
		assert_int_equal(sweep_answer(&s, response, len), ERR_OK);
	}
	assert_int_equal(s.flushed, t->flushes);
	return commands;
}

static void test_empty_tpm_costs_two_commands(void **state)
{
	struct fake_tpm t = {.page = 64};

	(void)state;
	assert_int_equal(run(&t), 2);
}

static void test_flushes_all_but_what_is_owned(void **state)
{
	struct fake_tpm t = {.page = 64,
			     .loaded = {0x02000000, 0x02000001, 0x80000000, 0x80000001, 0x80000002},
			     .n = 5,
			     .owned = 0x80000001};

	(void)state;
	run(&t);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.loaded[0], 0x80000001);
}

static void test_goes_through_every_page(void **state)
{
	struct fake_tpm t = {.page = 3, .owned = 0x80000004};

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		t.loaded[t.n++] = 0x80000000 + i;
	run(&t);
	assert_int_equal(t.n, 1);
}

static void test_tpm_error_ends_it(void **state)
{
	struct fake_tpm t = {.page = 64, .rc = TPM2_RC_INITIALIZE};

	(void)state;
	assert_int_equal(run(&t), 2);
}

static void test_refuses_lists_that_lie(void **state)
{
	static const uint8_t more_than_asked[] = {0x80, 1, 0, 0, 0, 19, 0, 0, 0, 0,
						  0,    0, 0, 0, 1, 0,  0, 0, 65};
	static const uint8_t truncated[] = {0x80, 1, 0, 0, 0, 19, 0, 0, 0, 0,
					    0,    0, 0, 0, 1, 0,  0, 0, 1};
	static const uint8_t other[] = {0x80, 1, 0, 0, 0, 19, 0, 0, 0, 0,
					0,    0, 0, 0, 6, 0,  0, 0, 0};
	uint8_t command[SWEEP_COMMAND_MAX];
	struct fake_tpm t = {0};
	struct sweep s;
	size_t len;

	(void)state;
	sweep_begin(&s);
	assert_true(sweep_next(&s, owned, &t, command, &len));
	assert_int_equal(sweep_answer(&s, more_than_asked, sizeof(more_than_asked)), ERR_FORMAT);
	assert_int_equal(sweep_answer(&s, truncated, sizeof(truncated)), ERR_FORMAT);
	assert_int_equal(sweep_answer(&s, other, sizeof(other)), ERR_FORMAT);
	assert_int_equal(sweep_answer(&s, other, 9), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_tpm_costs_two_commands),
	    cmocka_unit_test(test_flushes_all_but_what_is_owned),
	    cmocka_unit_test(test_goes_through_every_page),
	    cmocka_unit_test(test_tpm_error_ends_it),
	    cmocka_unit_test(test_refuses_lists_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
