/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_super.h"

#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_super);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"super_config", 68, 2, "a bool that is 2"},
	    {"super_exited", 0, 1, "a key keeper with a uuid"},
	    {"super_config", 32, 24, "PCR 24"},
	    {"super_config", 33, 3, "pin 3"},
	    {"super_config", 33, 0, "a Name although unpinned"},
	    {"super_peer", 0, 0, "role 0"},
	    {"super_peer", 0, 5, "role 5"},
	    {"super_peer", 0, 1, "a key keeper with a uuid"},
	    {"super_peer", 17, 3, "guest kind 3"},
	    {"super_peer", 17, 0, "an id of no guest"},
	    {"super_peer", 33, 1, "more than uid and gid"},
	    {"super_spawn", 16, 3, "guest kind 3"},
	    {"super_exited", 17, 0, "how 0"},
	    {"super_exited", 17, 4, "how 4"},
	};

	(void)state;
	check_refused(&codecs_super, POKES(pokes));
}

static void a_guest_belongs_to_a_worker(void **state)
{
	struct super_peer m = {.role = ROLE_KEYS, .guest = {.kind = GUEST_XEN}};
	uint8_t bytes[64];
	size_t len;

	(void)state;
	assert_int_equal(super_peer_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(super_peer_decode(bytes, len, &m), ERR_FORMAT);
	m.guest.kind = GUEST_NONE;
	assert_int_equal(super_peer_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(super_peer_decode(bytes, len, &m), ERR_OK);
}

static void a_worker_has_a_name_and_a_stakeholder(void **state)
{
	struct super_spawn m = {.uuid = {1}, .stakeholder = "bank"};
	uint8_t bytes[128];
	size_t len;

	(void)state;
	assert_int_equal(super_spawn_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(super_spawn_decode(bytes, len, &m), ERR_OK);
	m.stakeholder[0] = '\0';
	assert_int_equal(super_spawn_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(super_spawn_decode(bytes, len, &m), ERR_FORMAT);
	m = (struct super_spawn){.stakeholder = "bank"};
	assert_int_equal(super_spawn_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(super_spawn_decode(bytes, len, &m), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),
	    cmocka_unit_test(out_of_range),
	    cmocka_unit_test(a_guest_belongs_to_a_worker),
	    cmocka_unit_test(a_worker_has_a_name_and_a_stakeholder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
