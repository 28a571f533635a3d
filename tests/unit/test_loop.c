/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What the callbacks of one test write down and act upon. */
struct scene {
	struct loop *loop;
	int ends[2][2];
	struct loop_source *sources[2];
	struct loop_timer *timer;
	char trace[32];
	size_t n;
};

/* ---- a clock that stands still, so that no timer is due, however slow the machine is --------- */

static struct timespec still; /* tv_sec 0: it goes */

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	if (still.tv_sec == 0)
		return __real_clock_gettime(clock, t);
	*t = still;
	return 0;
}

static void stop_clock(void)
{
	__real_clock_gettime(CLOCK_MONOTONIC, &still);
}

static void start_clock(void)
{
	still.tv_sec = 0;
}

/* ---- what happens --------------------------------------------------------------------------- */

static void note(struct scene *s, char what)
{
	assert_true(s->n < sizeof(s->trace) - 1);
	s->trace[s->n++] = what;
}

static int set_up(void **state)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	for (int i = 0; i < 2; i++)
		if (pipe2(s.ends[i], O_CLOEXEC | O_NONBLOCK) != 0)
			return -1;
	*state = &s;
	return loop_new(&s.loop);
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	loop_free(s->loop);
	for (int i = 0; i < 2; i++) {
		close(s->ends[i][0]);
		close(s->ends[i][1]);
	}
	return 0;
}

static void stop(void *arg)
{
	struct scene *s = arg;

	note(s, 's');
	loop_stop(s->loop);
}

static void stop_after(struct scene *s, uint64_t ms)
{
	struct loop_timer *t;

	assert_int_equal(loop_after(s->loop, ms, stop, s, &t), ERR_OK);
}

static void on_readable(void *arg, uint32_t events)
{
	struct scene *s = arg;
	char byte;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(s->ends[0][0], &byte, 1), 1);
	note(s, byte);
	if (byte == 'b')
		start_clock();
}

static void test_readable(void **state)
{
	struct scene *s = *state;

	assert_int_equal(loop_add(s->loop, s->ends[0][0], EPOLLIN, on_readable, s, &s->sources[0]),
			 ERR_OK);
	assert_int_equal(write(s->ends[0][1], "ab", 2), 2);
	stop_clock();
	stop_after(s, 20);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_string_equal(s->trace, "abs");
	/* not watched any more: not called */
	assert_int_equal(loop_modify(s->sources[0], 0), ERR_OK);
	assert_int_equal(write(s->ends[0][1], "c", 1), 1);
	stop_after(s, 5);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_string_equal(s->trace, "abss");
}

static void delete_both(void *arg, uint32_t events)
{
	struct scene *s = arg;

	(void)events;
	note(s, 'd');
	for (int i = 0; i < 2; i++) {
		loop_del(s->sources[i]);
		s->sources[i] = NULL;
	}
}

/* Both are ready in the same turn; whichever comes first deletes both. */
static void test_delete_in_callback(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(write(s->ends[i][1], "x", 1), 1);
		assert_int_equal(
		    loop_add(s->loop, s->ends[i][0], EPOLLIN, delete_both, s, &s->sources[i]),
		    ERR_OK);
	}
	stop_after(s, 5);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_string_equal(s->trace, "ds");
	loop_del(NULL);
}

static void test_bad_fd(void **state)
{
	struct scene *s = *state;

	assert_int_equal(loop_add(s->loop, -1, EPOLLIN, delete_both, s, &s->sources[0]), ERR_IO);
	assert_null(s->sources[0]);
}

static void fire_a(void *arg)
{
	note(arg, 'a');
}

static void fire_b(void *arg)
{
	note(arg, 'b');
}

static void test_timers_in_order(void **state)
{
	struct scene *s = *state;
	struct loop_timer *t;

	stop_clock();
	stop_after(s, 30);
	assert_int_equal(loop_after(s->loop, 20, fire_b, s, &t), ERR_OK);
	assert_int_equal(loop_after(s->loop, 10, fire_a, s, &t), ERR_OK);
	assert_int_equal(loop_after(s->loop, 0, fire_b, s, &t), ERR_OK);
	assert_int_equal(loop_after(s->loop, 0, fire_a, s, &t), ERR_OK);
	start_clock();
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_string_equal(s->trace, "baabs");
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void test_timer_not_early(void **state)
{
	struct scene *s = *state;
	uint64_t start = now_ms();

	stop_after(s, 25);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_true(now_ms() - start >= 24);
	assert_int_equal(loop_after(s->loop, UINT64_MAX, stop, s, &s->timer), ERR_ARG);
}

static void cancel_itself(void *arg)
{
	struct scene *s = arg;

	note(s, 'c');
	loop_cancel(s->timer);
}

static void test_cancel(void **state)
{
	struct scene *s = *state;
	struct loop_timer *other;

	assert_int_equal(loop_after(s->loop, 1, cancel_itself, s, &s->timer), ERR_OK);
	assert_int_equal(loop_after(s->loop, 2, fire_a, s, &other), ERR_OK);
	loop_cancel(other);
	loop_cancel(NULL);
	stop_after(s, 5);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_string_equal(s->trace, "cs");
}

static void again(void *arg)
{
	struct scene *s = arg;
	struct loop_timer *t;

	note(s, '.');
	if (s->n < 10)
		assert_int_equal(loop_after(s->loop, 0, again, s, &t), ERR_OK);
	else
		loop_stop(s->loop);
}

static void test_set_in_callback(void **state)
{
	struct scene *s = *state;

	assert_int_equal(loop_after(s->loop, 0, again, s, &s->timer), ERR_OK);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_string_equal(s->trace, "..........");
}

static void on_signal(void *arg, int signo)
{
	struct scene *s = arg;

	note(s, signo == SIGUSR1 ? '1' : '2');
	if (signo == SIGUSR2)
		loop_stop(s->loop);
}

static void test_signal(void **state)
{
	struct scene *s = *state;

	assert_int_equal(loop_signal(s->loop, SIGUSR2, on_signal, s), ERR_OK);
	assert_int_equal(loop_signal(s->loop, SIGUSR1, on_signal, s), ERR_OK);
	assert_int_equal(loop_signal(s->loop, -1, on_signal, s), ERR_IO);
	raise(SIGUSR1);
	raise(SIGUSR1); /* merged with the one that waits */
	raise(SIGUSR2);
	assert_int_equal(loop_run(s->loop), ERR_OK);
	assert_non_null(strchr(s->trace, '2'));
}

/* What is still watched is freed with the loop (the sanitizers look). */
static void test_free_with_everything(void **state)
{
	struct scene *s = *state;

	assert_int_equal(loop_add(s->loop, s->ends[0][0], EPOLLIN, on_readable, s, &s->sources[0]),
			 ERR_OK);
	stop_after(s, 1000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_readable),
	    CASE(test_delete_in_callback),
	    CASE(test_bad_fd),
	    CASE(test_timers_in_order),
	    CASE(test_timer_not_early),
	    CASE(test_cancel),
	    CASE(test_set_in_callback),
	    CASE(test_signal),
	    CASE(test_free_with_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
