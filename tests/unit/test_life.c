/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker may say as often as it likes does not put off what it was asked for. */
#include "vtpmmgr/broker/life.h"

#include "lib/channel.h"
#include "tests/fuzz/fuzz_broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t uuid[UUID_SIZE] = {1};
static unsigned limits; /* that were set, for a worker to stop or to suspend */
static struct broker *b;
static struct vtpm *v;
static int worker; /* its end of the channel */

enum err __real_loop_after(struct loop *l, uint64_t ms, loop_timer_fn fn, void *arg,
			   struct loop_timer **out);
enum err __wrap_loop_after(struct loop *l, uint64_t ms, loop_timer_fn fn, void *arg,
			   struct loop_timer **out);

enum err __wrap_loop_after(struct loop *l, uint64_t ms, loop_timer_fn fn, void *arg,
			   struct loop_timer **out)
{
	limits += ms == LIFE_STOP_MS || ms == LIFE_SUSPEND_MS;
	return __real_loop_after(l, ms, fn, arg, out);
}

/* A vTPM that runs. */
static int start(void **state)
{
	int fds[2];

	(void)state;
	b = fuzz_broker_new();
	fuzz_broker_open(b);
	v = registry_find(&b->registry, uuid);
	assert_non_null(v);
	v->life = LIFE_STARTING;
	assert_int_equal(channel_pair(fds), ERR_OK);
	worker = fds[1];
	assert_int_equal(workers_connect(b, uuid, fds[0]), ERR_OK);
	assert_int_equal(life_event(b, v, LIFE_EV_READY, ERR_OK), ERR_OK);
	assert_int_equal(v->life, LIFE_RUNNING);
	limits = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(worker);
	fuzz_broker_free(b);
	return 0;
}

/* How many messages it has been sent. */
static unsigned told(void)
{
	uint8_t byte;
	unsigned n = 0;

	while (recv(worker, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) > 0)
		n++;
	return n;
}

static void asked_once(enum life_event ev, enum life while_it_waits)
{
	assert_int_equal(life_event(b, v, ev, ERR_OK), ERR_OK);
	assert_int_equal(v->life, while_it_waits);
	assert_int_equal(told(), 1);
	assert_int_equal(limits, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(life_event(b, v, LIFE_EV_READY, ERR_OK), ERR_OK);
	assert_int_equal(v->life, while_it_waits);
	assert_int_equal(told(), 3);
	assert_int_equal(limits, 1);
	assert_non_null(v->timer);
}

static void test_ready_does_not_put_off_a_stop(void **state)
{
	(void)state;
	asked_once(LIFE_EV_STOP, LIFE_STOPPING);
}

static void test_ready_does_not_put_off_a_suspend(void **state)
{
	(void)state;
	asked_once(LIFE_EV_SUSPEND, LIFE_SUSPENDING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ready_does_not_put_off_a_stop, start, end),
	    cmocka_unit_test_setup_teardown(test_ready_does_not_put_off_a_suspend, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
