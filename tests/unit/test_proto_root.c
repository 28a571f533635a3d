/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_root.h"

#include "lib/frame.h"
#include "tests/codecs/check.h"
#include "tests/codecs/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

/* Offsets that doc/STATE-FORMAT.md gives. */
#define LEAF_AT(i)      (183 + (i)*204)
#define SEALED_SAMPLE   (2 + 48 + 2 + 160)
#define BOOT_SEALED_AT  41
#define RECORD_CLASS_AT (16 + 16 + 2 + 3 + 2 + 8)

static void every_record(void **state)
{
	(void)state;
	check_set(&codecs_root);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"root", 9, 0, "format version 0"},
	    {"root", 0, 'v', "another magic"},
	    {"root", 11, 1, "a frame whose zero is not"},
	    {"root", 15, 1, "another length"},
	    {"root", 112, 8, "a policy slot with a bit that means nothing"},
	    {"root", 114, 3, "a policy over its slot"},
	    {"root", 181, 2, "too many leaves"},
	    {"root", LEAF_AT(0) + 16, 0, "leaf state 0"},
	    {"root", LEAF_AT(0) + 16, 2, "leaf state 2"},
	    {"root", LEAF_AT(0) + 17, 2, "state slot 2 of two"},
	    {"root", LEAF_AT(0) + 17, 7, "state slot 3 of three"},
	    {"root", LEAF_AT(0) + 17, 16, "a state slot with a bit that means nothing"},
	    {"root", LEAF_AT(0) + 38, 2, "an epoch without a slot for it"},
	    {"root", LEAF_AT(0) + 18, 2, "record slot 2"},
	    {"root", LEAF_AT(0) + 22, 0, "generation 0"},
	    {"root", LEAF_AT(0) + 46, 1, "a region between blocks"},
	    {"root", LEAF_AT(1) + 44, 0, "a region inside the fixed part"},
	    {"root", LEAF_AT(0) + 39, 0x80, "a region past every file"},
	    {"root", LEAF_AT(0) + 49, 0x30, "a quota below the least"},
	    {"root", LEAF_AT(0) + 48, 4, "a quota over the largest"},
	    {"root", LEAF_AT(0) + 53, 0x50, "a blob over the quota"},
	    {"root", LEAF_AT(0) + 89, 0x30, "a record over its slot"},
	    {"root", LEAF_AT(0) + 187, 7, "guest kind 7"},
	    {"root", LEAF_AT(0) + 203, 1, "more than uid and gid"},
	    {"boot_header", 40, 0, "hierarchy 0"},
	    {"boot_header", 40, 3, "hierarchy 3"},
	    {"boot_header", 30, 0, "a flipped bit that only the checksum finds"},
	    {"boot_header", BOOT_SEALED_AT, 3, "a sealed object over its maximum"},
	    {"boot_header", BOOT_SEALED_AT + SEALED_SAMPLE + 64, APPROVALS_MAX + 1,
	     "many approvals"},
	    {"record", RECORD_CLASS_AT, 0, "class 0"},
	    {"record", RECORD_CLASS_AT, 3, "class 3"},
	    {"record", RECORD_CLASS_AT + 9 + SEALED_SAMPLE, 8, "a part that nobody knows"},
	    {"record", RECORD_CLASS_AT + 9 + SEALED_SAMPLE, 0, "an authority although not own"},
	};

	(void)state;
	check_refused(&codecs_root, POKES(pokes));
}

/* The formats do not change: these digests were computed once, over the samples. */
static void bytes_are_as_ever(void **state)
{
	static const struct {
		const char *codec;
		size_t len;
		const char *sha256;
	} golden[] = {
	    {"root", 591, "e5753c1233aca97b66c83e871d435f2c7ea73b8cc5330aa6e4cf19c18735ad75"},
	    {"boot_header", 566,
	     "d478c525ce3baf270934d97d0dc0399627f9f4533cf2c478e76a78e4d5bbd202"},
	    {"record", 550, "6a8f70efbb0cdd0727e3f7f8f0d6b5f3acba67f3938611bce2b487e7869574d5"},
	};
	static uint8_t bytes[CODEC_CAP];
	struct digest d;
	char hex[2 * DIGEST_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		size_t len = check_sample(codec_find(&codecs_root, golden[i].codec), bytes);

		assert_int_equal(len, golden[i].len);
		assert_int_equal(crypt_sha256(&(struct crypt_part){bytes, len}, 1, &d), ERR_OK);
		for (size_t j = 0; j < DIGEST_SIZE; j++)
			snprintf(hex + 2 * j, 3, "%02x", d.b[j]);
		assert_string_equal(hex, golden[i].sha256);
	}
}

/* What came later, and only where it is used: marks of an approval. */
static void a_header_with_marks(void **state)
{
	static uint8_t bytes[CODEC_CAP];
	static struct boot_header h, back;
	size_t len, marked;

	(void)state;
	len = check_sample(codec_find(&codecs_root, "boot_header"), bytes);
	assert_int_equal(boot_header_decode(bytes, len, &h), ERR_OK);
	sample_marks(&h.platform.approvals[1]);
	assert_int_equal(boot_header_encode(&h, bytes, sizeof(bytes), &marked), ERR_OK);
	assert_int_equal(marked, len + 3 * 4);
	assert_int_equal(boot_header_decode(bytes, marked, &back), ERR_OK);
	assert_memory_equal(&back.platform, &h.platform, sizeof(h.platform));
}

/* Every approval over all PCRs, with marks, and still within a record's slot. */
static void the_largest_record_fits(void **state)
{
	static uint8_t bytes[RECORD_SLOT_SIZE];
	static struct record r;
	size_t len;

	(void)state;
	sample_record(&r);
	r.secret.public_len = r.secret.private_len = SEALED_MAX;
	memset(r.name, 'n', NAME_MAX_LEN);
	memset(r.stakeholder, 's', NAME_MAX_LEN);
	r.own_authority = true;
	r.authority.napprovals = APPROVALS_MAX;
	for (size_t i = 0; i < APPROVALS_MAX; i++) {
		r.authority.approvals[i].pcrs = (1u << PCRS_MAX) - 1;
		sample_marks(&r.authority.approvals[i]);
	}
	assert_int_equal(record_encode(&r, bytes, sizeof(bytes), &len), ERR_OK);
}

/* What came later: three slots, an epoch, a volatile state, and the marks of a recovery. */
static void a_root_with_sessions(void **state)
{
	static uint8_t bytes[STORE_ROOT_SIZE];
	static struct root r, back;
	struct leaf *l = &r.leaves[0];
	size_t len;

	(void)state;
	sample_root(&r);
	l->slots = SLOTS_SESSION;
	l->state_slot = 2;
	l->epoch = 4;
	l->recovered = r.recovered = true;
	memset(&l->volatile_state, 0x70, DIGEST_SIZE);
	assert_int_equal(root_encode(&r, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(root_decode(bytes, len, &back), ERR_OK);
	assert_memory_equal(&back.leaves[0], l, sizeof(*l));
	assert_true(back.recovered && !back.leaves[1].recovered);
	r.leaves[1].epoch = 4;
	assert_int_equal(root_encode(&r, bytes, sizeof(bytes), &len), ERR_ARG);
}

static enum err encode(const struct root *r)
{
	static uint8_t bytes[STORE_ROOT_SIZE];
	size_t len;

	return root_encode(r, bytes, sizeof(bytes), &len);
}

static void what_could_not_be_read_is_not_written(void **state)
{
	static struct root r;

	(void)state;
	sample_root(&r);
	assert_int_equal(encode(&r), ERR_OK);
	memcpy(r.leaves[1].uuid, r.leaves[0].uuid, UUID_SIZE);
	assert_int_equal(encode(&r), ERR_ARG);
	sample_root(&r);
	r.leaves[1].region = r.leaves[0].region - STORE_BLOCK;
	assert_int_equal(encode(&r), ERR_ARG);
	sample_root(&r);
	r.leaves[0].version = 0;
	assert_int_equal(encode(&r), ERR_ARG);
	sample_root(&r);
	memset(r.leaves[0].uuid, 0, UUID_SIZE);
	assert_int_equal(encode(&r), ERR_ARG);
	r.nleaves = LEAVES_MAX + 1;
	assert_int_equal(encode(&r), ERR_ARG);
}

/* Duplicate uuids and overlapping regions, which no single byte of the sample makes. */
static void leaves_that_collide(void **state)
{
	static uint8_t bytes[CODEC_CAP];
	const struct codec *c = codec_find(&codecs_root, "root");
	size_t len = check_sample(c, bytes);

	(void)state;
	memcpy(bytes + LEAF_AT(1), bytes + LEAF_AT(0), UUID_SIZE);
	assert_int_equal(check_decode(c, bytes, len), ERR_FORMAT);
	check_sample(c, bytes);
	memcpy(bytes + LEAF_AT(1) + 39, bytes + LEAF_AT(0) + 39, sizeof(uint64_t));
	assert_int_equal(check_decode(c, bytes, len), ERR_FORMAT);
}

static void what_a_later_version_wrote(void **state)
{
	static const struct {
		const char *codec;
		size_t at;
	} later[] = {
	    {"root", 9},   {"boot_header", 9},         {"record", 9},
	    {"root", 153}, {"root", LEAF_AT(1) + 155},
	};
	static uint8_t bytes[CODEC_CAP];

	(void)state;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		const struct codec *c = codec_find(&codecs_root, later[i].codec);
		size_t len = check_sample(c, bytes);

		bytes[later[i].at] = 2;
		assert_int_equal(check_decode(c, bytes, len), ERR_UNSUPPORTED);
	}
}

static void fill(struct root *r)
{
	sample_root(r);
	for (size_t i = 2; i < LEAVES_MAX; i++) {
		r->leaves[i] = r->leaves[1];
		r->leaves[i].uuid[15] = (uint8_t)i;
		r->leaves[i].uuid[14] = 0xff;
		r->leaves[i].region = STORE_REGIONS_AT + i * REGION_SIZE(QUOTA_MIN, SLOTS_SESSION);
	}
	r->nleaves = LEAVES_MAX;
}

static void a_full_root_fits_its_slot(void **state)
{
	static uint8_t bytes[STORE_ROOT_SIZE];
	static struct root r;
	static struct root back;
	size_t len;

	(void)state;
	fill(&r);
	assert_int_equal(root_encode(&r, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(root_decode(bytes, len, &back), ERR_OK);
	assert_ptr_equal(root_find(&back, r.leaves[200].uuid), &back.leaves[200]);
	assert_null(root_find(&back, (const uint8_t[UUID_SIZE]){0}));
}

/* The order of leaves is that of creation, and regions that have become free are used again. */
static void leaves_that_collide_far_apart(void **state)
{
	static struct root r;
	uint64_t first;

	(void)state;
	fill(&r);
	first = r.leaves[2].region;
	r.leaves[2].region = r.leaves[LEAVES_MAX - 1].region;
	r.leaves[LEAVES_MAX - 1].region = first;
	assert_int_equal(encode(&r), ERR_OK);
	r.leaves[LEAVES_MAX - 1].region = r.leaves[100].region + STORE_BLOCK;
	assert_int_equal(encode(&r), ERR_ARG);
	r.leaves[LEAVES_MAX - 1].region = first;
	memcpy(r.leaves[LEAVES_MAX - 1].uuid, r.leaves[2].uuid, UUID_SIZE);
	assert_int_equal(encode(&r), ERR_ARG);
}

static void a_root_in_its_slot(void **state)
{
	static uint8_t slot[CODEC_CAP];
	size_t len = check_sample(codec_find(&codecs_root, "root"), slot);
	size_t found = 0;

	(void)state;
	memset(slot + len, 0xaa, 100);
	assert_int_equal(record_slot_len(slot, len + 100, ROOT_MAGIC, &found), ERR_OK);
	assert_int_equal(found, len);
	assert_int_equal(record_slot_len(slot, len - 1, ROOT_MAGIC, &found), ERR_FORMAT);
	assert_int_equal(record_slot_len(slot, 10, ROOT_MAGIC, &found), ERR_FORMAT);
	assert_int_equal(record_slot_len(slot, len, RECORD_MAGIC, &found), ERR_FORMAT);
	memset(slot, 0, len);
	assert_int_equal(record_slot_len(slot, len, ROOT_MAGIC, &found), ERR_FORMAT);
}

static enum err record_again(const struct record *m)
{
	static struct record out;
	uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;

	assert_int_equal(record_encode(m, bytes, sizeof(bytes), &len), ERR_OK);
	return record_decode(bytes, len, &out);
}

static void a_record_with_terms(void **state)
{
	static struct record m, back;
	uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;

	(void)state;
	sample_record(&m);
	m.freshness = (struct freshness){FRESHNESS_STRICT, BUDGET_DEGRADE, 137};
	assert_int_equal(record_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(record_decode(bytes, len, &back), ERR_OK);
	assert_memory_equal(&back.freshness, &m.freshness, sizeof(m.freshness));
	bytes[len - 1] = bytes[len - 5] = 0; /* the terms are those of a record without any */
	assert_int_equal(record_decode(bytes, len, &back), ERR_FORMAT);
}

/* Zeroes would be one that is bound to none, which has another encoding. */
static void a_record_bound_to_a_domain(void **state)
{
	static struct record m, back;
	uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;

	(void)state;
	sample_record(&m);
	memset(m.domain, 0x33, UUID_SIZE);
	m.freshness = (struct freshness){FRESHNESS_SESSION, BUDGET_STALL, 0};
	assert_int_equal(record_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(record_decode(bytes, len, &back), ERR_OK);
	assert_memory_equal(back.domain, m.domain, UUID_SIZE);
	assert_int_equal(back.freshness.fresh, FRESHNESS_SESSION);
	memset(bytes + len - UUID_SIZE, 0, UUID_SIZE);
	assert_int_equal(record_decode(bytes, len, &back), ERR_FORMAT);
}

static void a_record_names_its_vtpm(void **state)
{
	static struct record m;

	(void)state;
	sample_record(&m);
	assert_int_equal(record_again(&m), ERR_OK);
	m.name[0] = '\0';
	assert_int_equal(record_again(&m), ERR_FORMAT);
	sample_record(&m);
	m.stakeholder[0] = '\0';
	assert_int_equal(record_again(&m), ERR_FORMAT);
}

static void a_sealed_object_is_whole(void **state)
{
	static struct record m;
	static struct boot_header h = {.hierarchy = HIERARCHY_PLATFORM};
	uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;

	(void)state;
	sample_record(&m);
	m.secret.public_len = 0;
	assert_int_equal(record_again(&m), ERR_FORMAT);
	m.secret.private_len = 0; /* not sealed yet */
	assert_int_equal(record_again(&m), ERR_OK);
	assert_int_equal(boot_header_encode(&h, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(boot_header_decode(bytes, len, &h), ERR_FORMAT);
}

/* With all of its bytes there, so that only the maximum stands between them and the struct. */
static void a_sealed_object_over_its_maximum(void **state)
{
	static const uint8_t area[SEALED_MAX + 1];
	static struct record m;
	uint8_t bytes[RECORD_SLOT_SIZE];
	struct wbuf w;
	size_t len;

	(void)state;
	sample_record(&m);
	m.secret.private_len = SEALED_MAX + 1;
	assert_int_equal(record_encode(&m, bytes, sizeof(bytes), &len), ERR_TOO_BIG);
	wbuf_init(&w, bytes, sizeof(bytes));
	frame_begin(&w, RECORD_MAGIC);
	wbuf_bytes(&w, m.uuid, UUID_SIZE);
	wbuf_str(&w, m.name);
	wbuf_str(&w, m.stakeholder);
	wbuf_u8(&w, m.vtpm_class);
	wbuf_u64(&w, m.created);
	for (int i = 0; i < 2; i++) {
		wbuf_u16(&w, sizeof(area));
		wbuf_bytes(&w, area, sizeof(area));
	}
	wbuf_u8(&w, 0);
	assert_int_equal(frame_end(&w, &len), ERR_OK);
	assert_int_equal(record_decode(bytes, len, &m), ERR_FORMAT);
}

static void ids_that_chown_would_skip(void **state)
{
	static uint8_t bytes[CODEC_CAP];
	const struct codec *c = codec_find(&codecs_root, "root");
	size_t len = check_sample(c, bytes);

	(void)state;
	memset(bytes + LEAF_AT(0) + 188, 0xff, 4);
	assert_int_equal(check_decode(c, bytes, len), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_record),
	    cmocka_unit_test(out_of_range),
	    cmocka_unit_test(bytes_are_as_ever),
	    cmocka_unit_test(what_could_not_be_read_is_not_written),
	    cmocka_unit_test(leaves_that_collide),
	    cmocka_unit_test(what_a_later_version_wrote),
	    cmocka_unit_test(a_full_root_fits_its_slot),
	    cmocka_unit_test(leaves_that_collide_far_apart),
	    cmocka_unit_test(a_root_in_its_slot),
	    cmocka_unit_test(ids_that_chown_would_skip),
	    cmocka_unit_test(a_record_names_its_vtpm),
	    cmocka_unit_test(a_record_with_terms),
	    cmocka_unit_test(a_record_bound_to_a_domain),
	    cmocka_unit_test(a_root_with_sessions),
	    cmocka_unit_test(a_header_with_marks),
	    cmocka_unit_test(the_largest_record_fits),
	    cmocka_unit_test(a_sealed_object_is_whole),
	    cmocka_unit_test(a_sealed_object_over_its_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
