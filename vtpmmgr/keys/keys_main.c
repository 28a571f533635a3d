/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpmmgr-keys: start, sandbox, and the supervisor's messages. Nothing is read
 * from outside before the sandbox is closed; nothing is unsealed before the
 * measurement is in its PCR.
 */
#include "lib/child.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "vtpmmgr/keys/keys.h"
#include "vtpmmgr/keys/keys_anchor.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SECURE_HEAP  (128u * 1024)
#define MEMORY_MAX   (256u * 1024 * 1024)
#define FILES_MAX    600                 /* a channel for each of LEAVES_MAX workers, twice over */
#define LOG_MAX      (64u * 1024 * 1024) /* standard error may be a file */
#define TRY_AGAIN_MS 2000

/* Timers, the log, messages, memory (mprotect is malloc's): it opens nothing, and starts nobody. */
static const int syscalls[] = {
    SCMP_SYS(read),        SCMP_SYS(write),      SCMP_SYS(writev),       SCMP_SYS(clock_gettime),
    SCMP_SYS(recvmsg),     SCMP_SYS(sendmsg),    SCMP_SYS(shutdown),     SCMP_SYS(poll),
    SCMP_SYS(ppoll),       SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),  SCMP_SYS(epoll_ctl),
    SCMP_SYS(close),       SCMP_SYS(fcntl),      SCMP_SYS(getsockopt),   SCMP_SYS(setsockopt),
    SCMP_SYS(sched_yield), SCMP_SYS(brk),        SCMP_SYS(mmap),         SCMP_SYS(munmap),
    SCMP_SYS(mremap),      SCMP_SYS(madvise),    SCMP_SYS(mprotect),     SCMP_SYS(getrandom),
    SCMP_SYS(getpid),      SCMP_SYS(futex),      SCMP_SYS(rt_sigreturn), SCMP_SYS(exit),
    SCMP_SYS(exit_group),  SCMP_SYS(sysinfo), /* qsort(3) of over 128 leaves */
};

/* ---- ending --------------------------------------------------------------------------------- */

static void on_try_again(void *arg)
{
	struct keys *k = arg;

	loop_stop(k->loop);
}

void keys_try_again(struct keys *k, enum err why)
{
	struct loop_timer *t;

	if (why != ERR_UNAVAILABLE && why != ERR_TIMEOUT && why != ERR_EOF)
		return;
	if (loop_after(k->loop, TRY_AGAIN_MS, on_try_again, k, &t) != ERR_OK)
		loop_stop(k->loop);
}

/* A new connection needs a new key keeper: sessions and tickets were the old one's. */
static void on_ptpm_gone(void *arg, uint32_t events)
{
	struct keys *k = arg;

	if (!(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return;
	log_warning("ptpm-proxy has gone away");
	loop_stop(k->loop);
}

/* ---- the supervisor ------------------------------------------------------------------------- */

static void on_broker_gone(void *arg, enum err why)
{
	struct keys *k = arg;

	log_info("the broker's channel has ended: %s", err_text(why));
	channel_close(k->broker);
	k->broker = NULL;
	keys_commit_reset(k);
}

static enum err take_broker(struct keys *k, int fd)
{
	struct channel *c;
	enum err e;

	e = channel_new(fd, MSG_BODY_MAX, &c);
	if (e)
		return e;
	channel_close(k->broker);
	k->broker = c;
	keys_commit_reset(k);
	return channel_attach(c, k->loop, keys_on_broker, on_broker_gone, k);
}

static enum err on_config(void *ctx, struct msg *m)
{
	const struct msg ready = {.type = SUPER_READY};
	struct keys *k = ctx;
	enum err e;

	if (k->configured)
		return ERR_DENIED;
	e = super_config_decode(m->body, m->len, &k->config);
	if (e)
		return e;
	if (k->config.pcr > 23)
		return ERR_FORMAT;
	k->configured = true;
	e = keys_measure(k);
	if (e) {
		log_error("the pTPM cannot be used: %s", err_text(e));
		k->last_err = e;
		keys_try_again(k, e);
	}
	e = take_broker(k, FD_KEYS_BROKER);
	return e ? e : channel_send(k->super, &ready);
}

static enum err on_peer(void *ctx, struct msg *m)
{
	struct keys *k = ctx;
	struct super_peer p;
	enum err e;

	e = super_peer_decode(m->body, m->len, &p);
	if (e)
		return e;
	if (p.role == ROLE_BROKER)
		return take_broker(k, msg_take_fd(m, 0));
	if (p.role == ROLE_WORKER)
		keys_worker_arrived(k, p.uuid, msg_take_fd(m, 0));
	else
		on_ptpm_gone(k, EPOLLHUP); /* there is a new connection: the old one is gone */
	return ERR_OK;
}

static enum err on_exited(void *ctx, struct msg *m)
{
	struct super_exited x;
	enum err e;

	e = super_exited_decode(m->body, m->len, &x);
	if (!e && x.role == ROLE_WORKER)
		keys_worker_exited(ctx, &x);
	return e;
}

static enum err on_stop(void *ctx, struct msg *m)
{
	struct keys *k = ctx;

	(void)m;
	loop_stop(k->loop);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {SUPER_CONFIG, "config", MSG_ANY_STATE, 1, 256, 0, on_config},
    {SUPER_PEER, "peer", MSG_ANY_STATE, 1, 128, 1, on_peer},
    {SUPER_EXITED, "exited", MSG_ANY_STATE, 1, 64, 0, on_exited},
    {SUPER_STOP, "stop", MSG_ANY_STATE, 0, 0, 0, on_stop},
};

static enum err on_super(void *arg, struct msg *m)
{
	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), 0, arg, m);
}

/* Without the one who started us nobody answers for what we hold. */
static void on_super_gone(void *arg, enum err why)
{
	struct keys *k = arg;

	log_error("the supervisor's channel has ended: %s", err_text(why));
	loop_stop(k->loop);
}

/* ---- start ---------------------------------------------------------------------------------- */

static enum err make_memory(struct keys *k)
{
	k->root = calloc(1, sizeof(*k->root));
	k->attempt.root = calloc(1, sizeof(*k->attempt.root));
	k->attempt.bytes = malloc(STORE_ROOT_SIZE);
	k->out = malloc(MSG_BODY_MAX);
	if (!k->root || !k->attempt.root || !k->attempt.bytes || !k->out)
		return ERR_NO_MEMORY;
	return loop_new(&k->loop);
}

/* Recovery by a new key keeper finds out what the TSS cannot say any more. */
static void on_tpm_broken(void *arg)
{
	struct keys *k = arg;

	log_error("an answer that is none of a TPM: starting again");
	loop_stop(k->loop);
}

static enum err make_channels(struct keys *k)
{
	const struct tpm_user user = {.on_broken = on_tpm_broken, .arg = k};
	struct loop_source *watch;
	enum err e;

	e = channel_new(FD_SUPER, 1024, &k->super);
	if (!e)
		e = channel_attach(k->super, k->loop, on_super, on_super_gone, k);
	if (!e)
		e = channel_new(FD_KEYS_PTPM, 8 * 1024, &k->ptpm);
	if (!e)
		e = loop_add(k->loop, FD_KEYS_PTPM, EPOLLRDHUP, on_ptpm_gone, k, &watch);
	return e ? e : tpm_open(&k->tpm, k->ptpm, &user);
}

static enum err start(struct keys *k, const struct child_args *args)
{
	const struct sandbox box = {.uid = args->uid,
				    .gid = args->gid,
				    .syscalls = syscalls,
				    .nsyscalls = sizeof(syscalls) / sizeof(syscalls[0]),
				    .max_memory = MEMORY_MAX,
				    .max_file = LOG_MAX,
				    .max_files = FILES_MAX};
	enum err e;

	e = crypt_init();
	if (!e)
		e = secret_init(SECURE_HEAP);
	if (!e)
		e = make_memory(k);
	if (!e)
		e = sandbox_enter(&box);
	return e ? e : make_channels(k);
}

static void end(struct keys *k)
{
	secret_free(k->rk);
	secret_free(k->root_mac);
	secret_free(k->attempt.m);
	anchor_abandon(&k->tpm);
	tpm_close(&k->tpm);
}

int main(int argc, char *argv[])
{
	struct keys k = {.phase = PHASE_CLOSED};
	struct child_args args;
	enum err e;

	if (child_args_parse(argc, argv, &args) != ERR_OK) {
		log_init("vtpmmgr-keys", LOG_LEVEL_ERROR);
		log_error("started by vtpmmgr, never by hand");
		return EXIT_FAILURE;
	}
	log_init("vtpmmgr-keys", args.level);
	e = start(&k, &args);
	if (!e)
		e = loop_run(k.loop);
	else
		log_error("cannot start: %s", err_text(e));
	if (!e)
		end(&k);
	return e ? EXIT_FAILURE : EXIT_SUCCESS;
}
