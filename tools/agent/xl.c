/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/xl.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (128 * 1024) /* of the hypervisor's whole log, and to spare */
#define FIRST_FD   3

struct xl_run {
	TAILQ_ENTRY(xl_run) link;
	struct xl *xl;
	char args[XL_ARGS_MAX][XL_ARG_MAX];
	size_t nargs;
	int fds[XL_FDS_MAX];
	size_t nfds;
	unsigned timeout_ms;
	xl_done_fn done; /* NULL: forgotten */
	void *arg;
	bool timed_out;
	int pidfd;  /* -1: it does not run */
	int output; /* the reading end; -1: none */
	struct loop_source *on_end;
	struct loop_source *on_output;
	struct loop_timer *limit;
	size_t used;
	char *text; /* OUTPUT_MAX + 1 while it runs */
};

TAILQ_HEAD(runs, xl_run);

struct xl {
	struct loop *loop;
	const char *program;
	char found[64];
	struct runs waiting;
	struct runs running;
	unsigned nrunning;
	struct loop_timer *pump;
};

static bool read_number(const char *path, unsigned *out)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fscanf(f, "%u", out) == 1;

	if (f)
		fclose(f);
	return ok;
}

/* Debian's /usr/sbin/xl is a script that looks for this one. */
static const char *find_program(char *path, size_t cap)
{
	unsigned major, minor;

	if (read_number("/sys/hypervisor/version/major", &major) &&
	    read_number("/sys/hypervisor/version/minor", &minor)) {
		snprintf(path, cap, "/usr/lib/xen-%u.%u/bin/xl", major, minor);
		if (access(path, X_OK) == 0)
			return path;
	}
	return "/usr/sbin/xl";
}

enum err xl_new(struct loop *l, const char *program, struct xl **out)
{
	struct xl *x = calloc(1, sizeof(*x));

	if (!x)
		return ERR_NO_MEMORY;
	x->loop = l;
	x->program = program ? program : find_program(x->found, sizeof(x->found));
	TAILQ_INIT(&x->waiting);
	TAILQ_INIT(&x->running);
	*out = x;
	return ERR_OK;
}

static void run_free(struct xl_run *r)
{
	loop_del(r->on_end);
	loop_del(r->on_output);
	loop_cancel(r->limit);
	if (r->pidfd >= 0)
		close(r->pidfd);
	if (r->output >= 0)
		close(r->output);
	for (size_t i = 0; i < r->nfds; i++)
		close(r->fds[i]);
	free(r->text);
	free(r);
}

static void free_all(struct runs *list)
{
	struct xl_run *r;

	while ((r = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, r, link);
		if (r->pidfd >= 0) {
			pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
			waitid(P_PIDFD, (id_t)r->pidfd, NULL, WEXITED);
		}
		run_free(r);
	}
}

void xl_free(struct xl *x)
{
	if (!x)
		return;
	loop_cancel(x->pump);
	free_all(&x->waiting);
	free_all(&x->running);
	free(x);
}

/* What it prints beyond the bound is read and dropped: it must not stop for nobody reading. */
static void drain(struct xl_run *r)
{
	char surplus[512];
	ssize_t n;

	do {
		size_t room = OUTPUT_MAX - r->used;

		n = room ? read(r->output, r->text + r->used, room)
			 : read(r->output, surplus, sizeof(surplus));
		if (n > 0 && room)
			r->used += (size_t)n;
	} while (n > 0);
	if (n == 0) {
		loop_del(r->on_output);
		r->on_output = NULL;
	}
}

static void make_printable(struct xl_run *r)
{
	for (size_t i = 0; i < r->used; i++)
		if (r->text[i] != '\n' && (r->text[i] < ' ' || r->text[i] > '~'))
			r->text[i] = '?';
	r->text[r->used] = '\0';
}

static void set_pump(struct xl *x);

/* The run has ended, one way or another, and left its list. */
static void finish(struct xl_run *r, enum err e)
{
	make_printable(r);
	if (e)
		log_debug("xl %s: %s", r->args[0], err_name(e));
	if (r->done)
		r->done(r->arg, e, r->text);
	set_pump(r->xl);
	run_free(r);
}

static void on_output(void *arg, uint32_t events)
{
	(void)events;
	drain(arg);
}

static void on_end(void *arg, uint32_t events)
{
	struct xl_run *r = arg;
	siginfo_t info = {0};
	bool ok;

	(void)events;
	waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED);
	ok = info.si_code == CLD_EXITED && info.si_status == 0;
	drain(r);
	TAILQ_REMOVE(&r->xl->running, r, link);
	r->xl->nrunning--;
	finish(r, ok ? ERR_OK : r->timed_out ? ERR_TIMEOUT : ERR_IO);
}

static void on_limit(void *arg)
{
	struct xl_run *r = arg;

	r->limit = NULL;
	r->timed_out = true;
	pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
}

static enum err launch(struct xl_run *r, int program, int writing)
{
	struct spawn_fd fds[2 + XL_FDS_MAX] = {{writing, STDOUT_FILENO}, {writing, STDERR_FILENO}};
	char name[] = "xl";
	char *argv[XL_ARGS_MAX + 2] = {name};
	pid_t pid;

	for (size_t i = 0; i < r->nargs; i++)
		argv[i + 1] = r->args[i];
	for (size_t i = 0; i < r->nfds; i++)
		fds[2 + i] = (struct spawn_fd){r->fds[i], FIRST_FD + (int)i};
	return spawn(program, argv, fds, 2 + r->nfds, 0, &pid, &r->pidfd);
}

static enum err launch_with_pipe(struct xl_run *r)
{
	int program = open(r->xl->program, O_RDONLY | O_CLOEXEC);
	int ends[2];
	enum err e;

	if (program < 0)
		return err_from_errno(errno);
	if (pipe2(ends, O_CLOEXEC) != 0) {
		e = err_from_errno(errno);
		close(program);
		return e;
	}
	r->output = ends[0];
	e = fcntl(r->output, F_SETFL, O_NONBLOCK) == 0 ? launch(r, program, ends[1]) : ERR_IO;
	close(ends[1]);
	close(program);
	return e;
}

static enum err watch(struct xl_run *r)
{
	struct loop *l = r->xl->loop;
	enum err e = loop_add(l, r->pidfd, EPOLLIN, on_end, r, &r->on_end);

	if (!e)
		e = loop_add(l, r->output, EPOLLIN, on_output, r, &r->on_output);
	if (!e)
		e = loop_after(l, r->timeout_ms, on_limit, r, &r->limit);
	return e;
}

static void begin(struct xl_run *r)
{
	struct xl *x = r->xl;
	enum err e;

	log_debug("xl %s", r->args[0]);
	e = launch_with_pipe(r);
	TAILQ_REMOVE(&x->waiting, r, link);
	if (!e) {
		TAILQ_INSERT_TAIL(&x->running, r, link);
		x->nrunning++;
		e = watch(r);
		if (!e)
			return;
		/* Without its end being told, there is nothing to wait for. */
		pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
		waitid(P_PIDFD, (id_t)r->pidfd, NULL, WEXITED);
		TAILQ_REMOVE(&x->running, r, link);
		x->nrunning--;
	}
	log_error("cannot run %s: %s", x->program, err_text(e));
	finish(r, e);
}

static void on_pump(void *arg)
{
	struct xl *x = arg;

	x->pump = NULL;
	if (!TAILQ_EMPTY(&x->waiting) && x->nrunning < XL_PARALLEL) {
		begin(TAILQ_FIRST(&x->waiting));
		set_pump(x);
	}
}

/* Runs begin from the loop alone, so that done never comes from within xl_start(). */
static void set_pump(struct xl *x)
{
	if (!x->pump && !TAILQ_EMPTY(&x->waiting) && x->nrunning < XL_PARALLEL &&
	    loop_after(x->loop, 0, on_pump, x, &x->pump))
		log_error("no memory for a timer: xl waits for the next run");
}

static enum err copy_args(struct xl_run *r, const char *const args[])
{
	for (; r->nargs < XL_ARGS_MAX && args[r->nargs]; r->nargs++) {
		if (strlen(args[r->nargs]) >= XL_ARG_MAX)
			return ERR_TOO_BIG;
		memcpy(r->args[r->nargs], args[r->nargs], strlen(args[r->nargs]) + 1);
	}
	return r->nargs > 0 ? ERR_OK : ERR_ARG;
}

static enum err copy_fds(struct xl_run *r, const struct xl_job *job)
{
	for (; r->nfds < job->nfds; r->nfds++) {
		r->fds[r->nfds] = fcntl(job->fds[r->nfds], F_DUPFD_CLOEXEC, 0);
		if (r->fds[r->nfds] < 0)
			return err_from_errno(errno);
	}
	return ERR_OK;
}

enum err xl_start(struct xl *x, const struct xl_job *job, struct xl_run **out)
{
	struct xl_run *r = calloc(1, sizeof(*r));
	enum err e;

	if (!r)
		return ERR_NO_MEMORY;
	*r =
	    (struct xl_run){.xl = x, .done = job->done, .arg = job->arg, .pidfd = -1, .output = -1};
	r->timeout_ms = job->timeout_ms;
	r->text = malloc(OUTPUT_MAX + 1);
	e = !r->text ? ERR_NO_MEMORY : job->nfds > XL_FDS_MAX ? ERR_ARG : copy_args(r, job->args);
	if (!e)
		e = copy_fds(r, job);
	if (e) {
		run_free(r);
		return e;
	}
	TAILQ_INSERT_TAIL(&x->waiting, r, link);
	set_pump(x);
	*out = r;
	return ERR_OK;
}

void xl_forget(struct xl_run *r)
{
	if (r)
		r->done = NULL;
}

void xl_last_line(const char *output, char *out, size_t cap)
{
	size_t end = strlen(output);
	size_t start;

	while (end > 0 && (output[end - 1] == '\n' || output[end - 1] == ' '))
		end--;
	for (start = end; start > 0 && output[start - 1] != '\n'; start--)
		;
	snprintf(out, cap, "%.*s", (int)(end - start), output + start);
}
