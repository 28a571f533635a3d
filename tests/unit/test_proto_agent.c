/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_agent.h"

#include "tests/codecs/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POKES(p) p, sizeof(p) / sizeof(p[0])

static void every_message(void **state)
{
	(void)state;
	check_set(&codecs_agent);
}

static void out_of_range(void **state)
{
	static const struct poke pokes[] = {
	    {"agent_spawn", 16, GUEST_UNIX, "a unix user as guest"},
	    {"agent_spawn", 16, GUEST_NONE, "an id of no guest"},
	    {"agent_spawn", 35, '-', "a stakeholder that looks like an option"},
	    {"agent_spawn", 36, '/', "a stakeholder with a slash"},
	    {"agent_spawned", 3, 0xf0, "DOMID_SELF"},
	    {"agent_failed", 1, ERR_OK, "a failure without a cause"},
	    {"agent_client", 3, 0, "client 0"},
	    {"agent_message", 3, 0, "client 0"},
	    {"agent_message", 11, 3, "longer than AGENT_BODY_MAX"},
	    {"agent_client_gone", 3, 0, "client 0"},
	};

	(void)state;
	check_refused(&codecs_agent, POKES(pokes));
}

static void dom0_is_no_stub(void **state)
{
	uint8_t bytes[4];
	uint32_t domid = 5;
	size_t len;

	(void)state;
	assert_int_equal(agent_spawned_encode(0, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(agent_spawned_decode(bytes, len, &domid), ERR_FORMAT);
	assert_int_equal(domid, 5);
}

/* The audit log uses all ones for the manager itself. */
static void nobody_is_the_manager(void **state)
{
	struct agent_client m = {.client = 1, .uid = UINT32_MAX, .gid = 0};
	uint8_t bytes[16];
	size_t len;

	(void)state;
	assert_int_equal(agent_client_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(agent_client_decode(bytes, len, &m), ERR_FORMAT);
	m = (struct agent_client){.client = 1, .uid = 0, .gid = UINT32_MAX};
	assert_int_equal(agent_client_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(agent_client_decode(bytes, len, &m), ERR_FORMAT);
}

static void the_longest_message(void **state)
{
	static uint8_t body[AGENT_BODY_MAX + 1];
	static uint8_t bytes[MSG_BODY_MAX];
	struct agent_message m = {.client = 1, .len = AGENT_BODY_MAX, .body = body};
	size_t len;

	(void)state;
	assert_int_equal(agent_message_encode(&m, bytes, sizeof(bytes), &len), ERR_OK);
	assert_int_equal(len, MSG_BODY_MAX);
	assert_int_equal(agent_message_decode(bytes, len, &m), ERR_OK);
	m.len++;
	assert_int_equal(agent_message_encode(&m, bytes, sizeof(bytes), &len), ERR_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message),       cmocka_unit_test(out_of_range),
	    cmocka_unit_test(dom0_is_no_stub),     cmocka_unit_test(nobody_is_the_manager),
	    cmocka_unit_test(the_longest_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
