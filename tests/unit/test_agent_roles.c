/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's other rings: vtpmctl's connections, and the way to ptpm-proxy. */
#include "lib/isolation.h"
#include "lib/proto_admin.h"
#include "lib/proto_agent.h"
#include "lib/proto_carrier.h"
#include "lib/proto_ptpm.h"
#include "tests/unit/agent_play.h"
#include "tools/agent/agent_admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct play play;

static int set_up(void **state)
{
	(void)state;
	play_start(&play, XSM_DUMMY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	play_end(&play);
	return 0;
}

static void send(struct channel *c, uint16_t type, uint32_t id, const void *body, size_t len)
{
	struct msg m = {.type = type, .id = id, .body = body, .len = len};

	assert_int_equal(channel_send(c, &m), ERR_OK);
	play_turn(&play);
}

static void expect_quiet(struct channel *c)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_AGAIN);
}

static void expect_closed(struct channel *c)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_EOF);
	channel_close(c);
}

/* ---- admin ---------------------------------------------------------------------------------- */

static struct channel *client(void)
{
	char path[80];
	struct channel *c;
	int fd;

	snprintf(path, sizeof(path), "%s/admin", play.dir);
	assert_int_equal(channel_connect(path, &fd), ERR_OK);
	assert_int_equal(channel_new(fd, MSG_BODY_MAX, &c), ERR_OK);
	play_turn(&play);
	return c;
}

/* The manager's end, on which it is told first what Xen is like. */
static struct channel *admin_ring(void)
{
	struct channel *ring = play_ring(&play, "admin");
	enum isolation told;
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_ISOLATION);
	assert_int_equal(isolation_decode(m.body, m.len, &told), ERR_OK);
	assert_int_equal(told, ISOLATION_DUMMY);
	return ring;
}

static uint32_t expect_client(struct channel *ring)
{
	struct agent_client who;
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_CLIENT);
	assert_int_equal(agent_client_decode(m.body, m.len, &who), ERR_OK);
	assert_int_equal(who.uid, geteuid());
	assert_int_equal(who.gid, getegid());
	return who.client;
}

static void expect_request(struct channel *ring, uint32_t who, uint32_t id, const char *body)
{
	struct agent_message r;
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_REQUEST);
	assert_int_equal(agent_message_decode(m.body, m.len, &r), ERR_OK);
	assert_int_equal(r.client, who);
	assert_int_equal(r.type, ADMIN_SHOW);
	assert_int_equal(r.id, id);
	assert_int_equal(r.len, strlen(body));
	assert_memory_equal(r.body, body, r.len);
}

static void expect_gone(struct channel *ring, uint32_t who)
{
	struct msg m;
	uint32_t got;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_CLIENT_GONE);
	assert_int_equal(agent_client_gone_decode(m.body, m.len, &got), ERR_OK);
	assert_int_equal(got, who);
}

static void answer(struct channel *ring, uint32_t who, uint32_t id, const char *text)
{
	const struct agent_message r = {.client = who,
					.type = ADMIN_REPLY,
					.id = id,
					.len = (uint32_t)strlen(text),
					.body = (const uint8_t *)text};
	uint8_t body[256];
	size_t len;

	assert_int_equal(agent_message_encode(&r, body, sizeof(body), &len), ERR_OK);
	send(ring, AGENT_REPLY, 0, body, len);
}

static void expect_answer(struct channel *c, uint32_t id, const char *text)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, ADMIN_REPLY);
	assert_int_equal(m.id, id);
	assert_int_equal(m.len, strlen(text));
	assert_memory_equal(m.body, text, m.len);
}

static void test_two_clients(void **state)
{
	struct channel *ring = admin_ring(), *a = client(), *b = client();
	uint32_t first = expect_client(ring), second = expect_client(ring);

	(void)state;
	assert_true(second > first);
	send(a, ADMIN_SHOW, 77, "one", 3);
	send(b, ADMIN_SHOW, 77, "two", 3);
	expect_request(ring, first, 77, "one");
	expect_request(ring, second, 77, "two");
	answer(ring, second, 77, "for b");
	answer(ring, first, 77, "for a");
	expect_answer(a, 77, "for a");
	expect_answer(b, 77, "for b");
	channel_close(a);
	play_turn(&play);
	expect_gone(ring, first);
	send(b, ADMIN_SHOW, 78, "more", 4);
	expect_request(ring, second, 78, "more");
	channel_close(b);
	channel_close(ring);
}

static void test_impatient(void **state)
{
	struct channel *ring = admin_ring(), *c = client();
	uint32_t who = expect_client(ring);

	(void)state;
	send(c, ADMIN_SHOW, 1, "a", 1);
	send(c, ADMIN_SHOW, 2, "b", 1);
	expect_request(ring, who, 1, "a");
	expect_gone(ring, who);
	expect_closed(c);
	/* Its answer comes too late, and that is nobody's fault. */
	answer(ring, who, 1, "late");
	expect_quiet(ring);
	channel_close(ring);
}

static void test_without_manager(void **state)
{
	struct channel *c = client();
	struct admin_reply r;
	struct msg m;

	(void)state;
	send(c, ADMIN_SHOW, 5, "a", 1);
	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.id, 5);
	assert_int_equal(admin_reply_decode(m.body, m.len, &r), ERR_OK);
	assert_int_equal(r.err, ERR_UNAVAILABLE);
	channel_close(c);
}

static void test_manager_restarts(void **state)
{
	struct channel *ring = admin_ring(), *c = client();
	uint32_t before = expect_client(ring);

	(void)state;
	channel_close(ring);
	play_turn(&play);
	expect_closed(c);
	ring = admin_ring();
	c = client();
	assert_true(expect_client(ring) > before);
	channel_close(c);
	channel_close(ring);
}

/* What a server leaves behind is no server. */
static void test_stale_node(void **state)
{
	struct channel *ring = admin_ring();
	unsigned before = play_connects();

	(void)state;
	channel_close(ring);
	play_wait(&play, 100);
	assert_int_equal(play_connects(), before);
	/* One that was there before the agent is tried, for a while. */
	play_set("/local/domain/3/data/vtpmmgr/agent/keys", "9 9 left");
	play_domain(&play, 30, "x", NULL);
	play_wait(&play, 2 * PLAY_TRY_MS);
	assert_true(play_connects() > before);
	before = play_connects();
	play_domain(&play, 32, "z", NULL);
	play_wait(&play, 2 * PLAY_TRY_MS);
	assert_int_equal(play_connects(), before);
	ring = admin_ring();
	channel_close(client());
	expect_client(ring);
	channel_close(ring);
}

static void test_dismissed(void **state)
{
	struct channel *ring = admin_ring(), *c = client();
	uint32_t who = expect_client(ring);
	uint8_t body[8];
	size_t len;

	(void)state;
	assert_int_equal(agent_client_gone_encode(who, body, sizeof(body), &len), ERR_OK);
	send(ring, AGENT_CLIENT_GONE, 0, body, len);
	expect_closed(c);
	send(ring, AGENT_CLIENT_GONE, 0, body, len);
	expect_quiet(ring);
	channel_close(ring);
}

static void test_hostile_manager(void **state)
{
	struct channel *ring = admin_ring(), *c = client();
	uint32_t who = expect_client(ring);

	(void)state;
	answer(ring, who, 1, "nobody asked");
	expect_closed(ring);
	expect_closed(c);
	ring = admin_ring();
	answer(ring, who + 100, 1, "nobody is there");
	expect_closed(ring);
	ring = admin_ring();
	send(ring, AGENT_SPAWN, 0, "x", 1);
	expect_closed(ring);
	ring = admin_ring();
	send(ring, AGENT_REPLY, 0, "xyz", 3);
	expect_closed(ring);
	/* What it breaks is its own ring. */
	ring = admin_ring();
	c = client();
	expect_client(ring);
	channel_close(c);
	channel_close(ring);
}

/* Clients that are too many are turned away; the manager hears of no more than it allows. */
static void test_crowd(void **state)
{
	struct channel *ring = admin_ring(), *all[AGENT_CLIENTS_MAX + 1];
	unsigned limit = geteuid() == 0 ? AGENT_CLIENTS_MAX : 8;

	(void)state;
	for (unsigned i = 0; i <= limit; i++)
		all[i] = client();
	for (unsigned i = 0; i < limit; i++)
		expect_client(ring);
	expect_quiet(ring);
	expect_closed(all[limit]);
	channel_close(all[0]);
	play_turn(&play);
	all[0] = client();
	for (unsigned i = 0; i < limit; i++)
		channel_close(all[i]);
	channel_close(ring);
}

/* Requests that the manager does not take up are not heaped up until its ring breaks. */
static void test_deaf_manager(void **state)
{
	static uint8_t text[128 * 1024];
	const struct msg m = {.type = ADMIN_POLICY_LOAD, .body = text, .len = sizeof(text)};
	struct channel *ring = admin_ring();
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 64; i++) {
		struct channel *c = client();
		struct msg answer;

		/* One that is turned away is gone already. */
		if (channel_send(c, &m) == ERR_OK) {
			play_turn(&play);
			taken += channel_recv(c, &answer) == ERR_AGAIN;
		}
		channel_close(c);
		play_turn(&play);
	}
	assert_in_range(taken, 1, 32);
	assert_true(agent_admin_has_ring(play.agent.admin));
	channel_close(ring);
}

/* ---- ptpm ----------------------------------------------------------------------------------- */

static int proxy(const char *name)
{
	char path[80];
	int fd;

	mkdir(play.options.ptpm, 0700);
	snprintf(path, sizeof(path), "%s/%s", play.options.ptpm, name);
	assert_int_equal(channel_listen(path, 0600, &fd), ERR_OK);
	return fd;
}

static struct channel *accept_one(int listener)
{
	struct channel *c;
	int fd;

	assert_int_equal(channel_accept(listener, &fd), ERR_OK);
	assert_int_equal(channel_new(fd, MSG_BODY_MAX, &c), ERR_OK);
	return c;
}

static void open_conversation(struct channel *ring, uint32_t n)
{
	uint8_t body[4];
	size_t len;

	assert_int_equal(carrier_number_encode(n, body, sizeof(body), &len), ERR_OK);
	send(ring, CARRIER_OPEN, 0, body, len);
}

static void expect_msg(struct channel *c, uint16_t type, const void *body, size_t len)
{
	struct msg m;

	assert_int_equal(channel_recv(c, &m), ERR_OK);
	assert_int_equal(m.type, type);
	assert_int_equal(m.len, len);
	if (len > 0)
		assert_memory_equal(m.body, body, len);
}

static void try_role(const char *name)
{
	int listener = proxy(name);
	struct channel *ring = play_ring(&play, name), *end;

	open_conversation(ring, 1);
	end = accept_one(listener);
	expect_msg(ring, CARRIER_OPENED, "\0\0\0\1", 4);
	send(ring, PTPM_COMMAND, 9, "command", 7);
	expect_msg(end, PTPM_COMMAND, "command", 7);
	send(end, PTPM_RESPONSE, 9, "response", 8);
	expect_msg(ring, PTPM_RESPONSE, "response", 8);
	/* The proxy is started again: the key keeper asks for another conversation. */
	channel_close(end);
	play_turn(&play);
	expect_msg(ring, CARRIER_CLOSED, "\0\0\0\1\0\0", 6);
	open_conversation(ring, 2);
	channel_close(accept_one(listener));
	channel_close(ring);
	close(listener);
}

static void test_ptpm(void **state)
{
	(void)state;
	try_role("keys");
	try_role("provision");
}

static void test_no_proxy(void **state)
{
	struct channel *ring = play_ring(&play, "keys");

	(void)state;
	open_conversation(ring, 1);
	expect_msg(ring, CARRIER_CLOSED, "\0\0\0\1\0\0", 6);
	channel_close(ring);
}

static void test_ptpm_rubbish(void **state)
{
	struct channel *ring = play_ring(&play, "keys");

	(void)state;
	send(ring, PTPM_COMMAND, 1, "early", 5);
	expect_closed(ring);
	ring = play_ring(&play, "keys");
	open_conversation(ring, 1);
	channel_close(ring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_two_clients),     TEST(test_impatient),
	    TEST(test_without_manager), TEST(test_manager_restarts),
	    TEST(test_dismissed),       TEST(test_stale_node),
	    TEST(test_hostile_manager), TEST(test_crowd),
	    TEST(test_deaf_manager),    TEST(test_ptpm),
	    TEST(test_no_proxy),        TEST(test_ptpm_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
