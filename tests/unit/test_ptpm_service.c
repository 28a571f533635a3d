/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is, with the TPM's side played here: tpm_send() notes the
 * command, and the test answers when it likes.
 */
#include "lib/wbuf.h"
#include "pTPM-proxy/service.h"
#include "pTPM-proxy/tpm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <tss2/tss2_tpm2_types.h>

#define SESSION 0x03000000u

struct tpm {
	tpm_answer_fn fn;
	void *arg;
	uint8_t out[64];
	size_t len; /* 0: no command is out */
	bool fails; /* tpm_send() itself */
};

static struct tpm the_tpm;

enum err tpm_new(struct loop *l, const struct tcti *tcti, unsigned timeout_ms, tpm_answer_fn fn,
		 void *arg, struct tpm **out)
{
	(void)l;
	(void)tcti;
	(void)timeout_ms;
	the_tpm = (struct tpm){.fn = fn, .arg = arg};
	*out = &the_tpm;
	return ERR_OK;
}

void tpm_free(struct tpm *t)
{
	assert_ptr_equal(t, &the_tpm);
}

enum err tpm_send(struct tpm *t, const uint8_t *command, size_t len)
{
	assert_int_equal(t->len, 0);
	if (t->fails)
		return ERR_UNAVAILABLE;
	assert_true(len <= sizeof(t->out));
	memcpy(t->out, command, len);
	t->len = len;
	return ERR_OK;
}

static void answer(enum err e, const uint8_t *response, size_t len)
{
	assert_int_not_equal(the_tpm.len, 0);
	the_tpm.len = 0;
	the_tpm.fn(the_tpm.arg, e, response, len);
}

static void answer_success(const uint8_t *params, size_t len)
{
	uint8_t response[64];
	struct wbuf w;

	wbuf_init(&w, response, sizeof(response));
	wbuf_u16(&w, TPM2_ST_NO_SESSIONS);
	wbuf_u32(&w, (uint32_t)(10 + len));
	wbuf_u32(&w, TPM2_RC_SUCCESS);
	wbuf_bytes(&w, params, len);
	assert_false(w.bad);
	answer(ERR_OK, response, w.len);
}

static void answer_u32(uint32_t v)
{
	uint8_t be[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	answer_success(be, sizeof(be));
}

/* The command code that is out, 0 for none. */
static uint32_t out(void)
{
	const uint8_t *c = the_tpm.out + 6;

	if (the_tpm.len == 0)
		return 0;
	return (uint32_t)c[0] << 24 | (uint32_t)c[1] << 16 | (uint32_t)c[2] << 8 | c[3];
}

/* The TPM's list of loaded handles of one range: this one, or none. */
static void answer_list(uint32_t handle)
{
	uint8_t params[13] = {0, 0, 0, 0, TPM2_CAP_HANDLES, 0, 0, 0, handle != 0};

	assert_int_equal(out(), TPM2_CC_GetCapability);
	for (int i = 0; i < 4; i++)
		params[9 + i] = (uint8_t)(handle >> (24 - 8 * i));
	answer_success(params, handle != 0 ? 13 : 9);
}

struct test_client {
	struct client c;
	uint8_t command[64];
	int answers;
	enum err last;
};

static void on_answer(struct client *c, enum err e, const uint8_t *response, size_t len)
{
	struct test_client *t = (struct test_client *)c;

	(void)response;
	(void)len;
	t->answers++;
	t->last = e;
}

static void join(struct service *s, struct test_client *t)
{
	*t = (struct test_client){.c = {.bytes = t->command, .answer = on_answer}};
	service_join(s, &t->c);
}

static void submit(struct service *s, struct test_client *t, uint32_t cc, size_t nparams)
{
	struct wbuf w;

	wbuf_init(&w, t->command, sizeof(t->command));
	wbuf_u16(&w, TPM2_ST_NO_SESSIONS);
	wbuf_u32(&w, (uint32_t)(10 + nparams));
	wbuf_u32(&w, cc);
	for (size_t i = 0; i < nparams; i++)
		wbuf_u8(&w, 0);
	t->c.len = w.len;
	assert_int_equal(command_decode(ALLOW_KEYS, t->command, w.len, &t->c.command), ERR_OK);
	service_submit(s, &t->c);
}

static void get_random(struct service *s, struct test_client *t)
{
	submit(s, t, TPM2_CC_GetRandom, 2);
}

/* A service whose first sweep is done, and two clients in it. */
struct fixture {
	struct service *s;
	struct test_client a, b;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(service_new(NULL, NULL, 0, &f->s), ERR_OK);
	join(f->s, &f->a);
	join(f->s, &f->b);
	get_random(f->s, &f->a);
	answer_list(0);
	answer_list(0);
	assert_int_equal(out(), TPM2_CC_GetRandom);
	answer_u32(0);
	assert_int_equal(f->a.last, ERR_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	service_free(f->s);
	free(f);
	return 0;
}

static void start_session(struct fixture *f, struct test_client *t, uint32_t handle)
{
	submit(f->s, t, TPM2_CC_StartAuthSession, 8);
	assert_int_equal(out(), TPM2_CC_StartAuthSession);
	answer_u32(handle);
	assert_int_equal(t->last, ERR_OK);
	assert_true(claims_have(&t->c.claims, handle));
}

static void test_sweeps_before_the_first_command(void **state)
{
	struct service *s;
	struct test_client t;

	(void)state;
	assert_int_equal(service_new(NULL, NULL, 0, &s), ERR_OK);
	join(s, &t);
	get_random(s, &t);
	answer_list(0x80000000);
	assert_int_equal(out(), TPM2_CC_FlushContext);
	answer_success(NULL, 0);
	answer_list(0);
	assert_int_equal(out(), TPM2_CC_GetRandom);
	answer_u32(0);
	assert_int_equal(t.answers, 1);
	assert_int_equal(out(), 0);
	service_free(s);
}

static void test_one_at_a_time_in_order(void **state)
{
	struct fixture *f = *state;

	get_random(f->s, &f->a);
	submit(f->s, &f->b, TPM2_CC_ReadClock, 0);
	assert_int_equal(out(), TPM2_CC_GetRandom);
	answer_u32(0);
	assert_int_equal(f->a.answers, 2);
	assert_int_equal(f->b.answers, 0);
	assert_int_equal(out(), TPM2_CC_ReadClock);
	answer_u32(0);
	assert_int_equal(f->b.answers, 1);
}

static void test_who_leaves_the_queue_is_not_served(void **state)
{
	struct fixture *f = *state;

	get_random(f->s, &f->a);
	submit(f->s, &f->b, TPM2_CC_ReadClock, 0);
	service_leave(f->s, &f->b.c);
	answer_u32(0);
	assert_int_equal(out(), 0);
	assert_int_equal(f->b.answers, 0);
}

static void test_flushes_before_the_next_is_served(void **state)
{
	struct fixture *f = *state;

	start_session(f, &f->a, SESSION);
	get_random(f->s, &f->a);
	submit(f->s, &f->b, TPM2_CC_ReadClock, 0);
	service_leave(f->s, &f->a.c);
	answer_u32(0);
	assert_int_equal(f->a.answers, 2);
	answer_list(0);
	answer_list(SESSION);
	assert_int_equal(out(), TPM2_CC_FlushContext);
	answer_success(NULL, 0);
	assert_int_equal(out(), TPM2_CC_ReadClock);
}

static void test_unseen_session_is_flushed(void **state)
{
	struct fixture *f = *state;

	submit(f->s, &f->a, TPM2_CC_StartAuthSession, 8);
	service_leave(f->s, &f->a.c);
	answer_u32(SESSION);
	answer_list(0);
	answer_list(SESSION);
	assert_int_equal(out(), TPM2_CC_FlushContext);
}

static void test_timeout_makes_a_sweep(void **state)
{
	struct fixture *f = *state;

	start_session(f, &f->b, SESSION);
	submit(f->s, &f->a, TPM2_CC_StartAuthSession, 8);
	answer(ERR_TIMEOUT, NULL, 0);
	assert_int_equal(f->a.last, ERR_TIMEOUT);
	answer_list(0);
	answer_list(SESSION);
	assert_int_equal(out(), 0); /* it is b's */
}

static void test_leaving_during_a_sweep_makes_another(void **state)
{
	struct fixture *f = *state;

	start_session(f, &f->a, SESSION);
	start_session(f, &f->b, SESSION + 1);
	service_leave(f->s, &f->a.c);
	answer_list(0);
	answer_list(SESSION);
	assert_int_equal(out(), TPM2_CC_FlushContext);
	service_leave(f->s, &f->b.c);
	answer_success(NULL, 0);
	answer_list(0);
	answer_list(SESSION + 1);
	assert_int_equal(out(), TPM2_CC_FlushContext);
	answer_success(NULL, 0);
	assert_int_equal(out(), 0);
}

static void test_nobody_is_served_until_a_sweep_succeeds(void **state)
{
	struct fixture *f = *state;

	start_session(f, &f->a, SESSION);
	service_leave(f->s, &f->a.c);
	answer(ERR_UNAVAILABLE, NULL, 0);
	assert_int_equal(out(), 0);
	get_random(f->s, &f->b);
	answer(ERR_TIMEOUT, NULL, 0);
	assert_int_equal(f->b.last, ERR_UNAVAILABLE);
	the_tpm.fails = true;
	get_random(f->s, &f->b);
	assert_int_equal(f->b.last, ERR_UNAVAILABLE);
	the_tpm.fails = false;
	get_random(f->s, &f->b);
	answer_list(0);
	answer_list(0);
	assert_int_equal(out(), TPM2_CC_GetRandom);
}

static void test_reissued_handle_changes_its_owner(void **state)
{
	struct fixture *f = *state;

	start_session(f, &f->a, SESSION);
	start_session(f, &f->b, SESSION); /* the TPM was reset in between */
	assert_false(claims_have(&f->a.c.claims, SESSION));
}

static void test_nonsense_from_the_tpm_is_no_answer(void **state)
{
	struct fixture *f = *state;

	submit(f->s, &f->a, TPM2_CC_StartAuthSession, 8);
	answer_success(NULL, 0); /* without a handle */
	assert_int_equal(f->a.last, ERR_TIMEOUT);
	assert_int_equal(out(), TPM2_CC_GetCapability);
}

#define WITH_FIXTURE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sweeps_before_the_first_command),
	    WITH_FIXTURE(test_one_at_a_time_in_order),
	    WITH_FIXTURE(test_who_leaves_the_queue_is_not_served),
	    WITH_FIXTURE(test_flushes_before_the_next_is_served),
	    WITH_FIXTURE(test_unseen_session_is_flushed),
	    WITH_FIXTURE(test_timeout_makes_a_sweep),
	    WITH_FIXTURE(test_leaving_during_a_sweep_makes_another),
	    WITH_FIXTURE(test_nobody_is_served_until_a_sweep_succeeds),
	    WITH_FIXTURE(test_reissued_handle_changes_its_owner),
	    WITH_FIXTURE(test_nonsense_from_the_tpm_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
