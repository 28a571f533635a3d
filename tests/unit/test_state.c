/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/state.h"

#include "lib/crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t plain[] = "the permanent state of a TPM";

struct fixture {
	struct secret *key;
	struct state_owner owner;
	struct state_mark mark;
	uint8_t blob[sizeof(plain) + AEAD_OVERHEAD];
	uint8_t opened[sizeof(plain)];
};

static int setup(void **state)
{
	static struct fixture f;

	assert_int_equal(secret_random(AEAD_KEY_SIZE, &f.key), ERR_OK);
	f.owner = (struct state_owner){.uuid = {1, 2, 3}, .generation = 7, .key = f.key};
	assert_int_equal(state_seal(&f.owner, 42, plain, sizeof(plain), f.blob, &f.mark), ERR_OK);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	secret_free(f->key);
	return 0;
}

/* What the anchored root would say if it named the blob as it is now. */
static struct state_mark believed(const struct fixture *f)
{
	const struct crypt_part part = {f->blob, sizeof(f->blob)};
	struct state_mark mark = f->mark;

	assert_int_equal(crypt_sha256(&part, 1, &mark.digest), ERR_OK);
	return mark;
}

static enum err reopen(struct fixture *f, const struct state_mark *mark)
{
	return state_open(&f->owner, mark, f->blob, sizeof(f->blob), f->opened);
}

static void opens_what_it_sealed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->mark.version, 42);
	assert_int_equal(f->mark.len, sizeof(f->blob));
	assert_int_equal(state_sealed_len(sizeof(plain)), sizeof(f->blob));
	assert_int_equal(reopen(f, &f->mark), ERR_OK);
	assert_memory_equal(f->opened, plain, sizeof(plain));
}

/* Neither passes for the other, even if the anchored root named it. */
static void a_suspended_one_is_another_kind(void **state)
{
	struct fixture *f = *state;
	uint8_t blob[sizeof(f->blob)];
	struct state_mark mark;

	assert_int_equal(state_seal_suspended(&f->owner, 42, plain, sizeof(plain), blob, &mark),
			 ERR_OK);
	assert_int_equal(state_open_suspended(&f->owner, &mark, blob, sizeof(blob), f->opened),
			 ERR_OK);
	assert_memory_equal(f->opened, plain, sizeof(plain));
	assert_int_equal(state_open(&f->owner, &mark, blob, sizeof(blob), f->opened), ERR_TAMPERED);
	assert_int_equal(
	    state_open_suspended(&f->owner, &f->mark, f->blob, sizeof(f->blob), f->opened),
	    ERR_TAMPERED);
}

static void hides_the_state(void **state)
{
	struct fixture *f = *state;

	assert_null(memmem(f->blob, sizeof(f->blob), plain, 8));
}

static void another_blob_is_a_rollback(void **state)
{
	struct fixture *f = *state;
	struct state_mark newer;
	uint8_t other[sizeof(f->blob)];

	assert_int_equal(state_seal(&f->owner, 43, plain, sizeof(plain), other, &newer), ERR_OK);
	assert_int_equal(reopen(f, &newer), ERR_ROLLBACK);
	f->blob[20] ^= 1;
	assert_int_equal(reopen(f, &f->mark), ERR_ROLLBACK);
}

static void another_length_is_a_rollback(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(state_open(&f->owner, &f->mark, f->blob, sizeof(f->blob) - 1, f->opened),
			 ERR_ROLLBACK);
}

static void every_flipped_bit_is_tampering(void **state)
{
	struct fixture *f = *state;

	for (size_t bit = 0; bit < 8 * sizeof(f->blob); bit++) {
		struct state_mark mark;

		f->blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
		mark = believed(f);
		assert_int_equal(reopen(f, &mark), ERR_TAMPERED);
		f->blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void binds_owner_generation_and_version(void **state)
{
	struct fixture *f = *state;
	struct state_mark mark = f->mark;

	mark.version++;
	assert_int_equal(reopen(f, &mark), ERR_TAMPERED);
	f->owner.generation++;
	assert_int_equal(reopen(f, &f->mark), ERR_TAMPERED);
	f->owner.generation--;
	f->owner.uuid[15] ^= 1;
	assert_int_equal(reopen(f, &f->mark), ERR_TAMPERED);
	f->owner.uuid[15] ^= 1;
	assert_int_equal(reopen(f, &f->mark), ERR_OK);
}

static void an_empty_blob_is_tampering(void **state)
{
	struct fixture *f = *state;
	struct state_mark mark = f->mark;

	mark.len = AEAD_OVERHEAD;
	assert_int_equal(state_open(&f->owner, &mark, f->blob, AEAD_OVERHEAD, f->opened),
			 ERR_TAMPERED);
}

/* ---- session states -------------------------------------------------------------------------- */

#define FRAMED (sizeof(plain) + AEAD_OVERHEAD + SESSION_OVERHEAD)

static void seal_as(const struct fixture *f, uint64_t version, uint64_t epoch, uint8_t out[FRAMED])
{
	assert_int_equal(state_session_len(sizeof(plain)), FRAMED);
	assert_int_equal(state_seal_session(&f->owner, version, epoch, plain, sizeof(plain), out),
			 ERR_OK);
}

static enum err open_as(struct fixture *f, const uint8_t *framed, uint64_t version, uint64_t epoch)
{
	struct session_state s;

	assert_int_equal(session_state_decode(framed, FRAMED, &s), ERR_OK);
	s.version = version;
	s.epoch = epoch;
	return state_open_session(&f->owner, &s, f->opened);
}

static void a_session_state_is_of_its_version_and_epoch(void **state)
{
	struct fixture *f = *state;
	uint8_t framed[FRAMED];

	seal_as(f, 43, 9, framed);
	assert_int_equal(open_as(f, framed, 43, 9), ERR_OK);
	assert_memory_equal(f->opened, plain, sizeof(plain));
	assert_int_equal(open_as(f, framed, 44, 9), ERR_TAMPERED);
	assert_int_equal(open_as(f, framed, 43, 10), ERR_TAMPERED);
	f->owner.generation++;
	assert_int_equal(open_as(f, framed, 43, 9), ERR_TAMPERED);
	f->owner.generation--;
	framed[FRAMED - 1] ^= 1;
	assert_int_equal(open_as(f, framed, 43, 9), ERR_TAMPERED);
}

/* What was anchored does not pass for a session state, nor the other way round. */
static void neither_passes_for_the_other(void **state)
{
	struct fixture *f = *state;
	struct session_state s = {
	    .epoch = 9, .version = 42, .len = sizeof(f->blob), .sealed = f->blob};
	uint8_t framed[FRAMED];
	struct state_mark mark = f->mark;

	assert_int_equal(state_open_session(&f->owner, &s, f->opened), ERR_TAMPERED);
	seal_as(f, 42, 9, framed);
	memcpy(f->blob, framed + SESSION_OVERHEAD, sizeof(f->blob));
	mark = believed(f);
	assert_int_equal(reopen(f, &mark), ERR_TAMPERED);
}

static void an_empty_session_state_is_tampering(void **state)
{
	struct fixture *f = *state;
	struct session_state s = {
	    .epoch = 9, .version = 42, .len = AEAD_OVERHEAD, .sealed = f->blob};

	assert_int_equal(state_open_session(&f->owner, &s, f->opened), ERR_TAMPERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(opens_what_it_sealed, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_suspended_one_is_another_kind, setup, teardown),
	    cmocka_unit_test_setup_teardown(hides_the_state, setup, teardown),
	    cmocka_unit_test_setup_teardown(another_blob_is_a_rollback, setup, teardown),
	    cmocka_unit_test_setup_teardown(another_length_is_a_rollback, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_flipped_bit_is_tampering, setup, teardown),
	    cmocka_unit_test_setup_teardown(binds_owner_generation_and_version, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_empty_blob_is_tampering, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_session_state_is_of_its_version_and_epoch, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(neither_passes_for_the_other, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_empty_session_state_is_tampering, setup, teardown),
	};

	if (secret_init(4096) != ERR_OK)
		return 1;
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
