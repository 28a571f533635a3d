/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD     3
#define EXIT_NO_EXEC 127

struct plan {
	int program;
	char *const *argv;
	const struct spawn_fd *fds;
	size_t nfds;
};

/*
 * The ends of the report pipe: through it comes why the child could not be
 * started; a successful exec closes it.
 */
enum { READING, WRITING };

/* Dead before prctl() took effect: nobody holds the reading end any more. */
static bool parent_is_gone(int report)
{
	struct pollfd p = {.fd = report};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* Ignored signals would survive the exec; a mask too. */
static void reset_signals(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		sigaction(signo, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int above_all(const struct plan *p)
{
	int top = FIRST_FD;

	for (size_t i = 0; i < p->nfds; i++)
		if (p->fds[i].to >= top)
			top = p->fds[i].to + 1;
	return top;
}

static bool lift(int *fd, int base)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, base);

	if (high < 0)
		return false;
	*fd = high;
	return true;
}

/*
 * First everything moves above the numbers that will be taken, so that no
 * descriptor is overwritten before it was copied; then all of it is marked to
 * be closed; only the copies at their final numbers are not.
 */
static bool arrange_fds(struct plan *p, int *report)
{
	int lifted[SPAWN_FDS_MAX];
	int base = above_all(p);

	if (!lift(&p->program, base) || !lift(report, base))
		return false;
	for (size_t i = 0; i < p->nfds; i++) {
		lifted[i] = p->fds[i].from;
		if (!lift(&lifted[i], base))
			return false;
	}
	if (close_range(FIRST_FD, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
		return false;
	for (size_t i = 0; i < p->nfds; i++)
		if (dup2(lifted[i], p->fds[i].to) < 0)
			return false;
	return true;
}

__attribute__((noreturn)) static void become(struct plan *p, const int ends[2])
{
	static char *const no_environment[] = {NULL};
	int report = ends[WRITING];
	uint8_t why;

	close(ends[READING]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || parent_is_gone(report))
		_exit(EXIT_NO_EXEC);
	reset_signals();
	if (arrange_fds(p, &report))
		fexecve(p->program, p->argv, no_environment);
	why = (uint8_t)err_from_errno(errno);
	(void)!write(report, &why, sizeof(why));
	_exit(EXIT_NO_EXEC);
}

/* fork(2) that can enter a namespace, and yields the pidfd without a race. */
static pid_t fork_with_pidfd(unsigned flags, int *pidfd)
{
	unsigned long clone_flags = CLONE_PIDFD | SIGCHLD;

	if (flags & SPAWN_PID_NAMESPACE)
		clone_flags |= CLONE_NEWPID;
	return (pid_t)syscall(SYS_clone, clone_flags, NULL, pidfd, NULL, NULL);
}

/* No handler of the parent may run in the child before it has reset them. */
static pid_t start(struct plan *p, const int ends[2], unsigned flags, int *pidfd)
{
	sigset_t all;
	sigset_t before;
	int errnum;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork_with_pidfd(flags, pidfd);
	if (pid == 0)
		become(p, ends);
	errnum = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = errnum;
	return pid;
}

static enum err outcome(int report)
{
	uint8_t why;
	ssize_t n;

	do
		n = read(report, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	return n == 0 ? ERR_OK : n == 1 ? err_from_wire(why) : ERR_IO;
}

static enum err start_reported(struct plan *p, unsigned flags, pid_t *pid, int *pidfd)
{
	int ends[2];
	enum err e;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_from_errno(errno);
	*pid = start(p, ends, flags, pidfd);
	e = *pid < 0 ? err_from_errno(errno) : ERR_OK;
	close(ends[WRITING]);
	if (!e) {
		e = outcome(ends[READING]);
		if (e) {
			waitpid(*pid, NULL, 0);
			close(*pidfd);
		}
	}
	close(ends[READING]);
	return e;
}

enum err spawn(int program, char *const argv[], const struct spawn_fd *fds, size_t nfds,
	       unsigned flags, pid_t *pid, int *pidfd)
{
	struct plan p = {.program = program, .argv = argv, .fds = fds, .nfds = nfds};
	int child_pidfd = -1;
	pid_t child = -1;
	enum err e;

	if (nfds > SPAWN_FDS_MAX)
		return ERR_ARG;
	e = start_reported(&p, flags, &child, &child_pidfd);
	if (e)
		return e;
	*pid = child;
	*pidfd = child_pidfd;
	return ERR_OK;
}
