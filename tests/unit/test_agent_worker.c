/* SPDX-License-Identifier: BSD-3-Clause */
/* A stub domain from the manager's asking to its end, with xl, xenstore and rings played here. */
#include "lib/uuid.h"
#include "tests/unit/agent_play.h"
#include "tools/agent/agent_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VTPM     "11111111-2222-4333-8444-555555555555"
#define OTHER    "99999999-2222-4333-8444-555555555555"
#define GUEST    "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define NAME     "vtpm-" VTPM
#define STUB     7
#define SHORT_MS 50 /* of grace, where a test waits for its end */
#define MADE     "/local/domain/7/vtpm/made"
#define TOLD     "/local/domain/7/vtpm/guest"
#define RINGS    "/local/domain/3/data/vtpmmgr/stub/7"

static struct play play;

static int set_up(void **state)
{
	(void)state;
	play_start(&play, XSM_FLASK_ENFORCING);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	play_end(&play);
	return 0;
}

static void send(struct channel *ring, uint16_t type, const uint8_t *body, size_t len)
{
	struct msg m = {.type = type, .body = body, .len = len};

	assert_int_equal(channel_send(ring, &m), ERR_OK);
	play_turn(&play);
}

static struct agent_spawn spawn_of(const char *uuid)
{
	struct agent_spawn s = {.guest = {.kind = GUEST_XEN}, .stakeholder = "acme-bank"};

	assert_int_equal(uuid_parse(uuid, s.uuid), ERR_OK);
	assert_int_equal(uuid_parse(GUEST, s.guest.id), ERR_OK);
	return s;
}

static void send_spawn(struct channel *ring, const struct agent_spawn *s)
{
	uint8_t body[AGENT_WORKER_BODY_MAX];
	size_t len;

	assert_int_equal(agent_spawn_encode(s, body, sizeof(body), &len), ERR_OK);
	send(ring, AGENT_SPAWN, body, len);
}

static void ask(struct channel *ring)
{
	struct agent_spawn s = spawn_of(VTPM);

	send_spawn(ring, &s);
}

static void expect_spawned(struct channel *ring, uint32_t domid)
{
	struct msg m;
	uint32_t got;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_SPAWNED);
	assert_int_equal(agent_spawned_decode(m.body, m.len, &got), ERR_OK);
	assert_int_equal(got, domid);
}

static struct agent_failed expect_failed(struct channel *ring, enum err why)
{
	struct agent_failed f;
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_OK);
	assert_int_equal(m.type, AGENT_FAILED);
	assert_int_equal(agent_failed_decode(m.body, m.len, &f), ERR_OK);
	assert_int_equal(f.err, why);
	return f;
}

static void expect_closed(struct channel *ring)
{
	struct msg m;

	assert_int_equal(channel_recv(ring, &m), ERR_EOF);
	channel_close(ring);
}

/* The agent looks who has stopped whenever a domain may have. */
static void skip_lists(void)
{
	while (play_xl_waiting() && strcmp(play_xl()->args[0], "list") == 0)
		play_xl_done(&play, ERR_OK, "");
}

static void expect_xl(const char *first, const char *last)
{
	const struct play_run *r = play_xl();

	assert_string_equal(r->args[0], first);
	assert_string_equal(r->args[r->nargs - 1], last);
}

static void created(void)
{
	expect_xl("create", "/proc/self/fd/5");
	play_domain(&play, STUB, NAME, NULL);
	play_xl_done(&play, ERR_OK, "");
}

static void destroyed(void)
{
	expect_xl("destroy", NAME);
	play_domain_gone(&play, STUB);
	play_xl_done(&play, ERR_OK, "");
	skip_lists();
}

/* Up to a stub domain that serves. */
static struct channel *served(void)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	ask(ring);
	created();
	expect_spawned(ring, STUB);
	return ring;
}

static void test_create(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	const struct play_run *r;

	(void)state;
	assert_int_equal(play_xl_waiting(), 0);
	ask(ring);
	r = play_xl();
	assert_int_equal(r->nargs, 4);
	assert_string_equal(r->args[1], "-e");
	assert_string_equal(r->args[2], "-q");
	assert_non_null(strstr(r->config, "name = \"" NAME "\"\n"));
	assert_non_null(strstr(r->config, "vtpm.manager=3\""));
	assert_non_null(strstr(r->config, "seclabel = \"system_u:system_r:vtpm_acme_bank_t\"\n"));
	assert_non_null(
	    strstr(r->config, "kernel = \"/proc/self/fd/3\"\nramdisk = \"/proc/self/fd/4\"\n"));
	created();
	expect_spawned(ring, STUB);
	assert_non_null(play_get(MADE));
	assert_string_equal(play_get(TOLD), "");
	channel_close(ring);
}

static void test_create_fails(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	(void)state;
	ask(ring);
	play_xl_done(&play, ERR_IO, "libxl: not enough memory");
	assert_string_equal(expect_failed(ring, ERR_IO).detail, "libxl: not enough memory");
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_create_leaves_half(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	(void)state;
	ask(ring);
	play_domain(&play, STUB, NAME, NULL);
	play_xl_done(&play, ERR_TIMEOUT, "");
	expect_failed(ring, ERR_TIMEOUT);
	destroyed();
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_grace(void **state)
{
	struct channel *ring = served();

	(void)state;
	channel_close(ring);
	play_turn(&play);
	assert_int_equal(play_xl_waiting(), 0);
	ring = play_ring(&play, "worker/" VTPM);
	ask(ring);
	expect_spawned(ring, STUB);
	assert_int_equal(play_xl_waiting(), 0);
	play.agent.grace_ms = SHORT_MS;
	channel_close(ring);
	play_turn(&play);
	play_wait(&play, SHORT_MS);
	destroyed();
	assert_int_equal(play.agent.nworkers, 0);
}

static void test_grace_without_asking(void **state)
{
	struct channel *ring = served();

	(void)state;
	play.agent.grace_ms = SHORT_MS;
	channel_close(ring);
	play_turn(&play);
	ring = play_ring(&play, "worker/" VTPM);
	play_wait(&play, SHORT_MS);
	destroyed();
	ask(ring);
	created();
	expect_spawned(ring, STUB);
	channel_close(ring);
}

static void test_destroy(void **state)
{
	struct channel *ring = served();

	(void)state;
	play_set(RINGS "/super", "8 3 0123456789abcdef");
	send(ring, AGENT_DESTROY, NULL, 0);
	channel_close(ring);
	destroyed();
	play_turn(&play);
	assert_int_equal(play.agent.nworkers, 0);
	assert_null(play_get(RINGS "/super"));
}

static void test_destroy_while_created(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	(void)state;
	ask(ring);
	send(ring, AGENT_DESTROY, NULL, 0);
	created();
	destroyed();
	channel_close(ring);
}

/* Asked for while the last one is still being destroyed. */
static void test_again_at_once(void **state)
{
	struct channel *ring = served();

	(void)state;
	send(ring, AGENT_DESTROY, NULL, 0);
	channel_close(ring);
	play_turn(&play);
	ring = play_ring(&play, "worker/" VTPM);
	ask(ring);
	assert_int_equal(play_xl_waiting(), 1);
	destroyed();
	created();
	expect_spawned(ring, STUB);
	channel_close(ring);
}

static void test_image_refused(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	struct agent_spawn s = spawn_of(VTPM);

	(void)state;
	memset(s.image.b, 0x5a, DIGEST_SIZE);
	send_spawn(ring, &s);
	assert_non_null(strstr(expect_failed(ring, ERR_UNAPPROVED).detail, "not the one"));
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_image_named(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	struct agent_spawn s = spawn_of(VTPM);

	(void)state;
	s.image = play.agent.image.digest;
	send_spawn(ring, &s);
	created();
	expect_spawned(ring, STUB);
	channel_close(ring);
}

/* The files were replaced after the agent had read them: what the manager names decides. */
static void test_image_replaced(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	struct agent_spawn s = spawn_of(VTPM);
	struct stub_image now = STUB_IMAGE_NONE;
	FILE *f = fopen(play.options.kernel, "w");

	(void)state;
	fputs("a newer kernel", f);
	fclose(f);
	assert_int_equal(stub_image_load(play.options.kernel, play.options.initramfs, &now),
			 ERR_OK);
	s.image = now.digest;
	stub_image_close(&now);
	assert_false(digest_equal(&s.image, &play.agent.image.digest));
	send_spawn(ring, &s);
	created();
	expect_spawned(ring, STUB);
	assert_true(digest_equal(&s.image, &play.agent.image.digest));
	channel_close(ring);
}

static void test_bad_stakeholder(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	struct agent_spawn s = spawn_of(VTPM);

	(void)state;
	strcpy(s.stakeholder, "Acme.Bank");
	send_spawn(ring, &s);
	expect_failed(ring, ERR_ARG);
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_silo(void **state)
{
	struct channel *ring;

	(void)state;
	play_end(&play);
	play_start(&play, XSM_SILO);
	ring = play_ring(&play, "worker/" VTPM);
	ask(ring);
	assert_non_null(strstr(expect_failed(ring, ERR_UNSUPPORTED).detail, "flask=enforcing"));
	assert_int_equal(play_xl_waiting(), 0);
	channel_close(ring);
}

static void test_guest(void **state)
{
	struct channel *ring = served();

	(void)state;
	play_domain(&play, 9, "phone", GUEST);
	assert_string_equal(play_get(TOLD), "9");
	play_domain(&play, 10, "another", OTHER);
	assert_string_equal(play_get(TOLD), "9");
	play_domain_gone(&play, 9);
	assert_string_equal(play_get(TOLD), "");
	play_domain(&play, 11, "phone", GUEST);
	assert_string_equal(play_get(TOLD), "11");
	play_domain(&play, 12, "impostor", GUEST);
	assert_string_equal(play_get(TOLD), "");
	channel_close(ring);
}

static void test_guest_none(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	struct agent_spawn s = spawn_of(VTPM);

	(void)state;
	s.guest = (struct guest){.kind = GUEST_NONE};
	send_spawn(ring, &s);
	created();
	expect_spawned(ring, STUB);
	play_domain(&play, 9, "phone", "00000000-0000-0000-0000-000000000000");
	assert_string_equal(play_get(TOLD), "");
	channel_close(ring);
}

/* It is told before it runs: the domain is introduced while xl still builds it. */
static void test_guest_before_start(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	(void)state;
	play_domain(&play, 9, "phone", GUEST);
	ask(ring);
	play_domain(&play, STUB, NAME, NULL);
	assert_string_equal(play_get(TOLD), "9");
	assert_null(play_get(MADE));
	channel_close(ring);
}

static void test_domain_lost(void **state)
{
	struct channel *ring = served();

	(void)state;
	play_set(RINGS "/keys", "8 3 0123456789abcdef");
	play_domain_gone(&play, STUB);
	expect_failed(ring, ERR_EOF);
	assert_null(play_get(RINGS "/keys"));
	channel_close(ring);
}

static void test_domain_stopped(void **state)
{
	struct channel *ring = served();

	(void)state;
	play_domain_gone(&play, 40);
	expect_xl("list", "list");
	play_xl_done(&play, ERR_OK,
		     "Name    ID   Mem VCPUs\tState\tTime(s)\n"
		     "Domain-0   0  1024     1     r-----       5.1\n" NAME
		     "   7    24     1     ---s--       0.4\n");
	expect_failed(ring, ERR_EOF);
	destroyed();
	channel_close(ring);
}

static void test_restart_adopts(void **state)
{
	struct channel *ring = served();

	(void)state;
	channel_close(ring);
	play_restart(&play);
	skip_lists();
	assert_int_equal(play_xl_waiting(), 0);
	ring = play_ring(&play, "worker/" VTPM);
	ask(ring);
	expect_spawned(ring, STUB);
	channel_close(ring);
}

static void test_restart_destroys_unasked(void **state)
{
	(void)state;
	channel_close(served());
	play.grace_ms = SHORT_MS;
	play_restart(&play);
	play_wait(&play, SHORT_MS);
	skip_lists();
	destroyed();
}

static void test_restart_destroys_unfinished(void **state)
{
	(void)state;
	channel_close(served());
	play_set(MADE, NULL);
	play_restart(&play);
	skip_lists();
	destroyed();
}

/* One that an earlier manager's domain was given has the wrong domid in its command line. */
static void test_restart_other_manager(void **state)
{
	struct channel *ring = served();

	(void)state;
	channel_close(ring);
	play_set(MADE, "2 00 acme-bank");
	play_restart(&play);
	skip_lists();
	ring = play_ring(&play, "worker/" VTPM);
	ask(ring);
	destroyed();
	created();
	expect_spawned(ring, STUB);
	channel_close(ring);
}

/* Its rings say nothing when a whole domain has gone. */
static void test_manager_gone(void **state)
{
	struct channel *ring = served();

	(void)state;
	play_domain_gone(&play, PLAY_MANAGER);
	skip_lists();
	expect_closed(ring);
	destroyed();
	assert_int_equal(play.agent.nworkers, 0);
	assert_int_equal(play.agent.manager, AGENT_NO_DOMAIN);
}

static void test_other_uuid(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);
	struct agent_spawn s = spawn_of(OTHER);

	(void)state;
	send_spawn(ring, &s);
	assert_int_equal(play_xl_waiting(), 0);
	expect_closed(ring);
}

static void test_asks_twice(void **state)
{
	struct channel *ring = play_ring(&play, "worker/" VTPM);

	(void)state;
	play.agent.grace_ms = SHORT_MS;
	ask(ring);
	ask(ring);
	expect_closed(ring);
	assert_int_equal(play_xl_waiting(), 1);
	created();
	play_wait(&play, SHORT_MS);
	destroyed();
}

static void test_rubbish(void **state)
{
	static const uint16_t types[] = {AGENT_SPAWNED, AGENT_FAILED, AGENT_DESTROY, AGENT_CLIENT,
					 1};
	uint8_t body[64] = {1, 2, 3};
	struct channel *ring;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		ring = play_ring(&play, "worker/" VTPM);
		send(ring, types[i], body, types[i] == AGENT_DESTROY ? 0 : sizeof(body));
		expect_closed(ring);
	}
	ring = play_ring(&play, "worker/" VTPM);
	send(ring, AGENT_SPAWN, body, sizeof(body));
	expect_closed(ring);
	assert_int_equal(play_xl_waiting(), 0);
}

static void test_bad_paths(void **state)
{
	(void)state;
	play_set("/local/domain/3/data/vtpmmgr/agent/worker/not-a-uuid", "");
	play_set("/local/domain/3/data/vtpmmgr/agent/worker/" VTPM "x", "");
	play_domain(&play, 30, "x", NULL);
	assert_int_equal(play.agent.nworkers, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_create),
	    TEST(test_create_fails),
	    TEST(test_create_leaves_half),
	    TEST(test_grace),
	    TEST(test_grace_without_asking),
	    TEST(test_destroy),
	    TEST(test_destroy_while_created),
	    TEST(test_again_at_once),
	    TEST(test_image_refused),
	    TEST(test_image_named),
	    TEST(test_image_replaced),
	    TEST(test_bad_stakeholder),
	    TEST(test_silo),
	    TEST(test_guest),
	    TEST(test_guest_none),
	    TEST(test_guest_before_start),
	    TEST(test_domain_lost),
	    TEST(test_domain_stopped),
	    TEST(test_restart_adopts),
	    TEST(test_restart_destroys_unasked),
	    TEST(test_restart_destroys_unfinished),
	    TEST(test_restart_other_manager),
	    TEST(test_manager_gone),
	    TEST(test_other_uuid),
	    TEST(test_asks_twice),
	    TEST(test_rubbish),
	    TEST(test_bad_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
