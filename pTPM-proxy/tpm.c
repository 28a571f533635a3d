/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/tpm.h"

#include "lib/channel.h"
#include "lib/log.h"
#include "lib/proto_ptpm.h"
#include "pTPM-proxy/device.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DEVICE_FD 3

struct tpm {
	struct loop *loop;
	const struct tcti *tcti;
	unsigned timeout_ms;
	tpm_answer_fn fn;
	void *arg;
	struct channel *device; /* NULL: no device process */
	int pidfd;
	struct loop_timer *timer; /* armed while a command is out */
	uint32_t id;              /* of the command that is out, or was last */
};

static void stop_device(struct tpm *t)
{
	channel_close(t->device);
	t->device = NULL;
	if (t->pidfd >= 0) {
		pidfd_send_signal(t->pidfd, SIGKILL, NULL, 0);
		close(t->pidfd);
	}
	t->pidfd = -1;
}

static void answer(struct tpm *t, enum err e, const uint8_t *response, size_t len)
{
	loop_cancel(t->timer);
	t->timer = NULL;
	t->fn(t->arg, e, response, len);
}

static void on_timeout(void *arg)
{
	struct tpm *t = arg;

	t->timer = NULL;
	log_warning("the TPM did not answer within %u ms", t->timeout_ms);
	stop_device(t);
	answer(t, ERR_TIMEOUT, NULL, 0);
}

static enum err on_response(void *arg, struct msg *m)
{
	answer(arg, ERR_OK, m->body, m->len);
	return ERR_OK;
}

static enum err on_error(void *arg, struct msg *m)
{
	enum err reason;
	enum err e = ptpm_error_decode(m->body, m->len, &reason);

	if (e != ERR_OK)
		return e;
	answer(arg, reason == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_TIMEOUT, NULL, 0);
	return ERR_OK;
}

enum { IDLE, WAITING };

static const struct msg_rule rules[] = {
    {PTPM_RESPONSE, "response", MSG_IN(WAITING), 1, PTPM_BUFFER_MAX, 0, on_response},
    {PTPM_ERROR, "error", MSG_IN(WAITING), 2, 2, 0, on_error},
};

static enum err on_msg(void *arg, struct msg *m)
{
	struct tpm *t = arg;

	if (m->id != t->id)
		return ERR_DENIED;
	return msg_dispatch(rules, 2, t->timer ? WAITING : IDLE, t, m);
}

/* The device process died, or was not to be trusted any more. */
static void on_gone(void *arg, enum err why)
{
	struct tpm *t = arg;

	log_warning("the device process is gone (%s)", err_name(why));
	stop_device(t);
	if (t->timer)
		answer(t, ERR_TIMEOUT, NULL, 0);
}

/* In the child: nothing of the proxy's but the channel, and death with its parent. */
static _Noreturn void run_device(pid_t parent, int fd, const struct tcti *tcti)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	if (fd != DEVICE_FD && dup2(fd, DEVICE_FD) < 0)
		_exit(EXIT_FAILURE);
	if (close_range(DEVICE_FD + 1, ~0u, 0) != 0)
		_exit(EXIT_FAILURE);
	_exit(device_main(DEVICE_FD, tcti));
}

static enum err fork_device(struct tpm *t, int fd)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return err_from_errno(errno);
	if (pid == 0)
		run_device(parent, fd, t->tcti);
	t->pidfd = pidfd_open(pid, 0);
	return t->pidfd < 0 ? err_from_errno(errno) : ERR_OK;
}

static enum err start_device(struct tpm *t)
{
	int fds[2];
	enum err e = channel_pair(fds);

	if (e != ERR_OK)
		return e;
	e = fork_device(t, fds[1]);
	close(fds[1]);
	if (e != ERR_OK) {
		close(fds[0]);
		return e;
	}
	e = channel_new(fds[0], PTPM_BUFFER_MAX, &t->device);
	if (e == ERR_OK)
		e = channel_attach(t->device, t->loop, on_msg, on_gone, t);
	if (e != ERR_OK)
		stop_device(t);
	return e;
}

enum err tpm_send(struct tpm *t, const uint8_t *command, size_t len)
{
	struct msg m = {.type = PTPM_COMMAND, .id = ++t->id, .body = command, .len = len};
	enum err e = ERR_OK;

	if (t->timer)
		return ERR_INTERNAL;
	if (!t->device)
		e = start_device(t);
	if (e == ERR_OK)
		e = loop_after(t->loop, t->timeout_ms, on_timeout, t, &t->timer);
	if (e != ERR_OK)
		return e;
	e = channel_send(t->device, &m);
	if (e != ERR_OK) {
		loop_cancel(t->timer);
		t->timer = NULL;
		stop_device(t);
	}
	return e;
}

enum err tpm_new(struct loop *l, const struct tcti *tcti, unsigned timeout_ms, tpm_answer_fn fn,
		 void *arg, struct tpm **out)
{
	struct tpm *t = calloc(1, sizeof(*t));

	if (!t)
		return ERR_NO_MEMORY;
	*t = (struct tpm){
	    .loop = l, .tcti = tcti, .timeout_ms = timeout_ms, .fn = fn, .arg = arg, .pidfd = -1};
	*out = t;
	return ERR_OK;
}

void tpm_free(struct tpm *t)
{
	if (!t)
		return;
	stop_device(t);
	loop_cancel(t->timer);
	free(t);
}
