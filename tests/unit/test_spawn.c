/* SPDX-License-Identifier: BSD-3-Clause */
/* The test starts itself as the child: "test_spawn MODE" says what it finds, on descriptor 5. */
#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define REPORT 5

extern char **environ;

/* The child's side. */

static int report_fds(void)
{
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			dprintf(REPORT, "%d ", fd);
	return 0;
}

static int report_environment(void)
{
	dprintf(REPORT, "%s", environ[0] ? environ[0] : "empty");
	return 0;
}

static int report_signals(void)
{
	struct sigaction sa;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int signo = 1; signo < NSIG; signo++) {
		if (sigismember(&mask, signo) == 1)
			dprintf(REPORT, "blocked %d ", signo);
		if (sigaction(signo, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			dprintf(REPORT, "ignored %d ", signo);
	}
	dprintf(REPORT, "clean");
	return 0;
}

static int report_swapped(void)
{
	char a = '-';
	char b = '-';

	(void)!read(3, &a, 1);
	(void)!read(4, &b, 1);
	dprintf(REPORT, "%c%c", a, b);
	return 0;
}

static int report_pid(void)
{
	dprintf(REPORT, "%d", (int)getpid());
	return 42;
}

static int open_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* A child that starts a grandchild and dies: the grandchild must go too. */
static int leave_orphan(void)
{
	char name[] = "orphan";
	char mode[] = "sleep";
	char *const argv[] = {name, mode, NULL};
	struct spawn_fd keep = {.from = REPORT, .to = REPORT};
	pid_t pid;
	int pidfd;

	return spawn(open_self(), argv, &keep, 1, 0, &pid, &pidfd);
}

static int sleep_long(void)
{
	dprintf(REPORT, "started");
	pause();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
    {"fds", report_fds},         {"environment", report_environment},
    {"signals", report_signals}, {"swapped", report_swapped},
    {"pid", report_pid},         {"orphan", leave_orphan},
    {"sleep", sleep_long},
};

static int be_child(const char *mode)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, mode) == 0)
			return modes[i].run();
	return 99;
}

/* The test's side. */

struct child {
	pid_t pid;
	int pidfd;
	int report; /* reading end */
};

static enum err start(const char *mode, struct spawn_fd *fds, size_t nfds, unsigned flags,
		      struct child *out)
{
	char *argv[] = {strdup("child"), strdup(mode), NULL};
	int self = open_self();
	int ends[2];
	enum err e;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fds[nfds] = (struct spawn_fd){.from = ends[1], .to = REPORT};
	e = spawn(self, argv, fds, nfds + 1, flags, &out->pid, &out->pidfd);
	close(ends[1]);
	close(self);
	free(argv[0]);
	free(argv[1]);
	out->report = ends[0];
	return e;
}

static int finish(struct child *c, char *said, size_t cap)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(c->report, said + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(c->report);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	close(c->pidfd);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void assert_says(const char *mode, const char *expected)
{
	struct spawn_fd fds[1];
	struct child c;
	char said[512];

	assert_int_equal(start(mode, fds, 0, 0, &c), ERR_OK);
	assert_int_equal(finish(&c, said, sizeof(said)), 0);
	assert_string_equal(said, expected);
}

/* Descriptors that are open here without close-on-exec do not get through. */
static void test_only_given_fds(void **state)
{
	int leaky = dup(STDIN_FILENO);
	int high = fcntl(STDIN_FILENO, F_DUPFD, 200);

	(void)state;
	assert_true(leaky >= 3 && high >= 200);
	assert_says("fds", "0 1 2 5 ");
	close(leaky);
	close(high);
}

static void test_empty_environment(void **state)
{
	(void)state;
	assert_int_equal(setenv("SECRET", "value", 1), 0);
	assert_says("environment", "empty");
}

static void test_signals_reset(void **state)
{
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	assert_says("signals", "clean");
	sigprocmask(SIG_SETMASK, NULL, &set);
	assert_int_equal(sigismember(&set, SIGTERM), 1); /* ours is as before */
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* At this number, whatever else was there. */
static void pipe_with(char byte, int fd)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], &byte, 1), 1);
	close(ends[1]);
	if (ends[0] != fd) {
		assert_int_equal(dup2(ends[0], fd), fd);
		close(ends[0]);
	}
}

/* Descriptors 3 and 4 change places: none is overwritten before it was copied. */
static void test_swapped_fds(void **state)
{
	struct spawn_fd fds[3] = {
	    {.from = 4, .to = 3},
	    {.from = 3, .to = 4},
	};
	struct child c;
	char said[8];

	(void)state;
	pipe_with('a', 3);
	pipe_with('b', 4);
	assert_int_equal(start("swapped", fds, 2, 0, &c), ERR_OK);
	assert_int_equal(finish(&c, said, sizeof(said)), 0);
	assert_string_equal(said, "ba");
	close(3);
	close(4);
}

static void test_exit_and_pidfd(void **state)
{
	struct spawn_fd fds[1];
	struct pollfd p = {.events = POLLIN};
	struct child c;
	char said[16];

	(void)state;
	assert_int_equal(start("pid", fds, 0, 0, &c), ERR_OK);
	p.fd = c.pidfd;
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_int_equal(fcntl(c.pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(finish(&c, said, sizeof(said)), 42);
	assert_int_equal(atoi(said), c.pid);
}

static void test_pid_namespace(void **state)
{
	struct spawn_fd fds[1];
	struct child c;
	char said[16];
	enum err e = start("pid", fds, 0, SPAWN_PID_NAMESPACE, &c);

	(void)state;
	if (e == ERR_DENIED) {
		close(c.report);
		skip();
	}
	assert_int_equal(e, ERR_OK);
	assert_int_equal(finish(&c, said, sizeof(said)), 42);
	assert_string_equal(said, "1");
}

static void test_dies_with_parent(void **state)
{
	struct spawn_fd fds[1];
	struct child c;
	char said[16];

	(void)state;
	assert_int_equal(start("orphan", fds, 0, 0, &c), ERR_OK);
	/* The pipe ends when the last holder is gone: the child, and then the orphan. */
	alarm(60);
	assert_int_equal(finish(&c, said, sizeof(said)), 0);
	alarm(0);
}

static void refuse(int program, const struct spawn_fd *fds, size_t nfds, enum err expected)
{
	char name[] = "child";
	char *const argv[] = {name, NULL};
	pid_t pid = -7;
	int pidfd = -7;

	assert_int_equal(spawn(program, argv, fds, nfds, 0, &pid, &pidfd), expected);
	assert_int_equal(pid, -7);
	assert_int_equal(pidfd, -7);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
	assert_int_equal(errno, ECHILD);
}

static void test_errors_are_told(void **state)
{
	struct spawn_fd fds[SPAWN_FDS_MAX + 1] = {{.from = 999, .to = 3}};
	int not_executable = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int self = open_self();

	(void)state;
	refuse(not_executable, NULL, 0, ERR_DENIED);
	refuse(-1, NULL, 0, ERR_IO);
	refuse(self, fds, 1, ERR_IO);
	refuse(self, fds, SPAWN_FDS_MAX + 1, ERR_ARG);
	close(not_executable);
	close(self);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_given_fds),   cmocka_unit_test(test_empty_environment),
	    cmocka_unit_test(test_signals_reset),    cmocka_unit_test(test_swapped_fds),
	    cmocka_unit_test(test_exit_and_pidfd),   cmocka_unit_test(test_pid_namespace),
	    cmocka_unit_test(test_dies_with_parent), cmocka_unit_test(test_errors_are_told),
	};

	if (argc > 1)
		return be_child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
