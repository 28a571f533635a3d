/* SPDX-License-Identifier: BSD-3-Clause */
/* A suspended TPM goes on where it was, with other random numbers than any other that does. */
#include "stubdom/suspended.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "stubdom/tpm.h"
#include "stubdom/vtpm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 65536

static unsigned commits;
static struct vtpm vtpm;

static void on_commit(void *arg, bool anchor)
{
	(void)arg;
	commits += anchor;
}

static int start(void **state)
{
	(void)state;
	tpm_end();
	assert_int_equal(crypt_init(), ERR_OK);
	assert_int_equal(tpm_init(), ERR_OK);
	vtpm_init(&vtpm, ROOM, on_commit, NULL);
	assert_int_equal(tpm_power_on(), ERR_OK);
	assert_int_equal(vtpm_startup(&vtpm), ERR_OK);
	vtpm_release(&vtpm);
	commits = 0;
	return 0;
}

/* ---- commands ------------------------------------------------------------------------------- */

/* Runs it; the response's body goes into out, its code is returned. */
static uint32_t run(uint16_t tag, uint32_t code, const uint8_t *body, size_t len, struct rbuf *out)
{
	uint8_t command[TPM_COMMAND_MAX];
	struct vtpm_response response;
	struct wbuf w;
	size_t n;

	wbuf_init(&w, command, sizeof(command));
	wbuf_u16(&w, tag);
	wbuf_u32(&w, (uint32_t)(10 + len));
	wbuf_u32(&w, code);
	wbuf_bytes(&w, body, len);
	assert_int_equal(wbuf_end(&w, &n), ERR_OK);
	vtpm_execute(&vtpm, command, n, &response);
	vtpm_release(&vtpm);
	rbuf_init(out, response.bytes, response.len);
	rbuf_view(out, 6);
	return rbuf_u32(out);
}

static void get_random(uint8_t out[16])
{
	static const uint8_t body[] = {0, 16};
	struct rbuf r;

	assert_int_equal(run(0x8001, 0x17b, body, sizeof(body), &r), 0);
	assert_int_equal(rbuf_u16(&r), 16);
	rbuf_copy(&r, out, 16);
}

static void pcr_extend(uint8_t digit)
{
	uint8_t body[4 + 4 + 9 + 4 + 2 + 32] = {0, 0, 0, 16, 0, 0, 0, 9, 0x40, 0, 0,   9,
						0, 0, 0, 0,  0, 0, 0, 0, 1,    0, 0x0b};
	struct rbuf r;

	memset(body + 23, digit, 32);
	assert_int_equal(run(0x8002, 0x182, body, sizeof(body), &r), 0);
}

static void pcr_read(uint8_t out[32])
{
	static const uint8_t body[] = {0, 0, 0, 1, 0, 0x0b, 3, 0, 0, 1};
	struct rbuf r;

	assert_int_equal(run(0x8001, 0x17e, body, sizeof(body), &r), 0);
	rbuf_view(&r, 4 + 10 + 4); /* update counter, selection, count */
	assert_int_equal(rbuf_u16(&r), 32);
	rbuf_copy(&r, out, 32);
}

/* TPM2_StartAuthSession, HMAC, unsalted and unbound. */
static uint32_t start_session(void)
{
	uint8_t body[64];
	struct wbuf w;
	struct rbuf r;
	size_t len;

	wbuf_init(&w, body, sizeof(body));
	wbuf_u32(&w, 0x40000007); /* TPM_RH_NULL, twice */
	wbuf_u32(&w, 0x40000007);
	wbuf_u16(&w, 16);
	wbuf_bytes(&w, "a nonce, caller's", 16);
	wbuf_u16(&w, 0);
	wbuf_u8(&w, 0);     /* TPM_SE_HMAC */
	wbuf_u16(&w, 0x10); /* TPM_ALG_NULL */
	wbuf_u16(&w, 0x0b); /* TPM_ALG_SHA256 */
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_int_equal(run(0x8001, 0x176, body, len, &r), 0);
	return rbuf_u32(&r);
}

/* TPM2_HashSequenceStart: makes a transient object without a key's cost. */
static uint32_t start_sequence(void)
{
	static const uint8_t body[] = {0, 0, 0, 0x0b};
	struct rbuf r;

	assert_int_equal(run(0x8001, 0x186, body, sizeof(body), &r), 0);
	return rbuf_u32(&r);
}

static uint32_t flush(uint32_t handle)
{
	uint8_t body[4];
	struct wbuf w;
	struct rbuf r;

	wbuf_init(&w, body, sizeof(body));
	wbuf_u32(&w, handle);
	return run(0x8001, 0x165, body, sizeof(body), &r);
}

/* The owner's authorisation, by an empty password. */
static void put_password(struct wbuf *w)
{
	wbuf_u32(w, 9);
	wbuf_u32(w, 0x40000009);
	wbuf_u32(w, 0);
	wbuf_u8(w, 0);
}

#define COUNTER 0x01500001u

/* An orderly counter: what it counts is stored now and then only. */
static void define_counter(void)
{
	uint8_t body[64];
	struct wbuf w;
	struct rbuf r;
	size_t len;

	wbuf_init(&w, body, sizeof(body));
	wbuf_u32(&w, 0x40000001);
	put_password(&w);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, 14);
	wbuf_u32(&w, COUNTER);
	wbuf_u16(&w, 0x0b);
	wbuf_u32(&w, 0x06060016);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, 8);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_int_equal(run(0x8002, 0x12a, body, len, &r), 0);
}

/* NV_Increment, or NV_Read. */
static void on_counter(uint32_t code, bool reads, struct rbuf *r)
{
	uint8_t body[64];
	struct wbuf w;
	size_t len;

	wbuf_init(&w, body, sizeof(body));
	wbuf_u32(&w, 0x40000001);
	wbuf_u32(&w, COUNTER);
	put_password(&w);
	wbuf_u32(&w, reads ? 8u << 16 : 0);
	assert_int_equal(wbuf_end(&w, &len), ERR_OK);
	assert_int_equal(run(0x8002, code, body, reads ? len : len - 4, r), 0);
}

static uint64_t read_counter(void)
{
	struct rbuf r;

	on_counter(0x14e, true, &r);
	rbuf_view(&r, 4);
	assert_int_equal(rbuf_u16(&r), 8);
	return rbuf_u64(&r);
}

/* ---- suspending ----------------------------------------------------------------------------- */

/* A copy of both states, as a suspended vTPM's blob has them. */
static size_t suspend(uint8_t out[ROOM])
{
	struct tpm_states s;
	uint8_t *bytes;
	size_t len;

	assert_int_equal(tpm_volatile(&bytes, &s.volatile_len), ERR_OK);
	s.volatile_state = bytes;
	s.permanent = tpm_state(&s.permanent_len);
	assert_true(suspended_len(&s) <= ROOM);
	assert_int_equal(suspended_encode(&s, out, ROOM, &len), ERR_OK);
	assert_int_equal(len, suspended_len(&s));
	tpm_volatile_free(bytes, s.volatile_len);
	return len;
}

static enum err resume(const uint8_t *blob, size_t len)
{
	struct tpm_states s;

	assert_int_equal(suspended_decode(blob, len, &s), ERR_OK);
	return vtpm_resume(&vtpm, &s);
}

static void all_that_a_guest_had_is_there_again(void **state)
{
	uint8_t blob[ROOM], before[32], after[32];
	uint32_t session, object;
	size_t len;

	(void)state;
	pcr_extend(0x11);
	pcr_read(before);
	session = start_session();
	object = start_sequence();
	len = suspend(blob);
	tpm_end();
	assert_int_equal(tpm_init(), ERR_OK);
	assert_int_equal(resume(blob, len), ERR_OK);
	pcr_read(after);
	assert_memory_equal(after, before, sizeof(after));
	assert_int_equal(flush(session), 0);
	assert_int_equal(flush(object), 0);
	assert_int_not_equal(flush(object), 0);
}

/* What libtpms has not stored is in the volatile state. */
static void an_orderly_counter_does_not_go_back(void **state)
{
	uint8_t blob[ROOM];
	uint64_t before;
	struct rbuf r;
	size_t len;

	(void)state;
	define_counter();
	for (int i = 0; i < 5; i++)
		on_counter(0x134, false, &r);
	before = read_counter();
	len = suspend(blob);
	tpm_end();
	assert_int_equal(tpm_init(), ERR_OK);
	assert_int_equal(resume(blob, len), ERR_OK);
	assert_int_equal(read_counter(), before);
	on_counter(0x134, false, &r);
	assert_int_equal(read_counter(), before + 1);
}

static void resuming_holds_and_commits(void **state)
{
	uint8_t blob[ROOM];
	size_t len = suspend(blob);

	(void)state;
	assert_int_equal(resume(blob, len), ERR_OK);
	assert_int_equal(commits, 1);
	assert_true(vtpm.held);
}

/* Why there is a stir: what one resumed TPM draws, any other would draw too. */
static void without_a_stir_the_same_numbers_come_twice(void **state)
{
	uint8_t blob[ROOM], one[16], two[16];
	size_t len = suspend(blob);
	struct tpm_states s;

	(void)state;
	assert_int_equal(suspended_decode(blob, len, &s), ERR_OK);
	assert_int_equal(tpm_resume(&s), ERR_OK);
	get_random(one);
	assert_int_equal(tpm_resume(&s), ERR_OK);
	get_random(two);
	assert_memory_equal(one, two, sizeof(one));
}

static void two_that_are_resumed_alike_draw_differently(void **state)
{
	uint8_t blob[ROOM], one[16], two[16];
	size_t len = suspend(blob);

	(void)state;
	assert_int_equal(resume(blob, len), ERR_OK);
	get_random(one);
	assert_int_equal(resume(blob, len), ERR_OK);
	get_random(two);
	assert_memory_not_equal(one, two, sizeof(one));
}

/* A guest may have sent INIT and no Startup yet: that brings entropy of its own. */
static void before_its_startup_it_still_waits_for_one(void **state)
{
	static const uint8_t clear[] = {0, 0};
	uint8_t blob[ROOM], drawn[2][16];
	struct rbuf r;
	size_t len;

	(void)state;
	assert_int_equal(tpm_power_on(), ERR_OK);
	len = suspend(blob);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(resume(blob, len), ERR_OK);
		assert_int_equal(run(0x8001, 0x144, clear, sizeof(clear), &r), 0);
		get_random(drawn[i]);
	}
	assert_memory_not_equal(drawn[0], drawn[1], sizeof(drawn[0]));
}

static void what_is_broken_is_not_resumed(void **state)
{
	uint8_t blob[ROOM];
	size_t len = suspend(blob);
	struct tpm_states s;

	(void)state;
	assert_int_equal(suspended_decode(blob, len, &s), ERR_OK);
	s.volatile_len /= 2;
	assert_int_equal(vtpm_resume(&vtpm, &s), ERR_TAMPERED);
	assert_false(tpm_is_on());
	assert_int_equal(commits, 0);
}

static void one_that_is_off_has_nothing_to_suspend(void **state)
{
	uint8_t *bytes;
	size_t len;

	(void)state;
	tpm_power_off();
	assert_int_equal(tpm_volatile(&bytes, &len), ERR_STATE);
}

/* ---- the plaintext -------------------------------------------------------------------------- */

static const uint8_t sample[] = {0, 0, 0, 3, 'p', 'e', 'r', 'v', 'o', 'l'};

static void the_plaintext_is_as_documented(void **state)
{
	const struct tpm_states s = {(const uint8_t *)"per", 3, (const uint8_t *)"vol", 3};
	struct tpm_states got;
	struct digest one, two;
	uint8_t out[16];
	size_t len;

	(void)state;
	assert_int_equal(suspended_encode(&s, out, sizeof(out), &len), ERR_OK);
	assert_int_equal(len, sizeof(sample));
	assert_memory_equal(out, sample, len);
	assert_int_equal(suspended_encode(&s, out, len - 1, &len), ERR_TOO_BIG);
	assert_int_equal(suspended_decode(sample, sizeof(sample), &got), ERR_OK);
	assert_int_equal(got.permanent_len, 3);
	assert_memory_equal(got.permanent, "per", 3);
	assert_int_equal(got.volatile_len, 3);
	assert_memory_equal(got.volatile_state, "vol", 3);
	assert_int_equal(suspended_digest(&s, &one), ERR_OK);
	assert_int_equal(suspended_digest(&got, &two), ERR_OK);
	assert_true(digest_equal(&one, &two));
}

static void neither_half_may_be_missing(void **state)
{
	static const uint8_t no_permanent[] = {0, 0, 0, 0, 'v'};
	struct tpm_states got;

	(void)state;
	for (size_t len = 0; len <= 7; len++)
		assert_int_equal(suspended_decode(sample, len, &got), ERR_FORMAT);
	assert_int_equal(suspended_decode(no_permanent, sizeof(no_permanent), &got), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(all_that_a_guest_had_is_there_again, start),
	    cmocka_unit_test_setup(an_orderly_counter_does_not_go_back, start),
	    cmocka_unit_test_setup(resuming_holds_and_commits, start),
	    cmocka_unit_test_setup(without_a_stir_the_same_numbers_come_twice, start),
	    cmocka_unit_test_setup(two_that_are_resumed_alike_draw_differently, start),
	    cmocka_unit_test_setup(before_its_startup_it_still_waits_for_one, start),
	    cmocka_unit_test_setup(what_is_broken_is_not_resumed, start),
	    cmocka_unit_test_setup(one_that_is_off_has_nothing_to_suspend, start),
	    cmocka_unit_test(the_plaintext_is_as_documented),
	    cmocka_unit_test(neither_half_may_be_missing),
	};

	return cmocka_run_group_tests_name("suspend", tests, NULL, NULL);
}
