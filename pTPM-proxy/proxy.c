/* SPDX-License-Identifier: BSD-3-Clause */
/* ptpm-proxy: the one program that opens the physical TPM. */
#include "config.h"
#include "lib/channel.h"
#include "lib/folder.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "pTPM-proxy/confine.h"
#include "pTPM-proxy/options.h"
#include "pTPM-proxy/peer.h"
#include "pTPM-proxy/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const struct {
	const char *name; /* in the socket directory */
	enum allow_role role;
} sockets[] = {
    {"keys", ALLOW_KEYS},
    {"provision", ALLOW_PROVISION},
};
#define NSOCKETS (sizeof(sockets) / sizeof(sockets[0]))

struct listener {
	struct peers *peers;
	enum allow_role role;
	int fd; /* -1: none */
};

struct proxy {
	struct loop *loop;
	struct peers peers;
	struct listener listeners[NSOCKETS];
};

static void on_connection(void *arg, uint32_t events)
{
	struct listener *l = arg;
	int fd;
	enum err e = channel_accept(l->fd, &fd);

	(void)events;
	if (e == ERR_OK)
		e = peer_add(l->peers, fd, l->role);
	if (e != ERR_OK && e != ERR_AGAIN)
		log_warning("a connection was refused (%s)", err_name(e));
}

static void on_stop_signal(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

static enum err listen_on(struct proxy *p, size_t i, const char *directory)
{
	struct listener *l = &p->listeners[i];
	struct loop_source *source;
	char path[PATH_MAX];
	enum err e;

	if (snprintf(path, sizeof(path), "%s/%s", directory, sockets[i].name) >= (int)sizeof(path))
		return ERR_TOO_BIG;
	*l = (struct listener){.peers = &p->peers, .role = sockets[i].role, .fd = -1};
	e = channel_listen(path, 0600, &l->fd);
	if (e == ERR_OK)
		e = loop_add(p->loop, l->fd, EPOLLIN, on_connection, l, &source);
	if (e != ERR_OK)
		log_error("cannot listen on %s: %s", path, err_text(e));
	return e;
}

static enum err set_signals(struct loop *l)
{
	/* Nobody waits for a device process; the kernel reaps it. */
	struct sigaction reap = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	enum err e = loop_signal(l, SIGTERM, on_stop_signal, l);

	if (e == ERR_OK)
		e = loop_signal(l, SIGINT, on_stop_signal, l);
	if (e == ERR_OK && sigaction(SIGCHLD, &reap, NULL) != 0)
		e = err_from_errno(errno);
	return e;
}

static enum err prepare(struct proxy *p, const struct options *o)
{
	enum err e = loop_new(&p->loop);

	if (e == ERR_OK)
		e = set_signals(p->loop);
	if (e == ERR_OK)
		e = folder_claim(o->directory, 0700);
	for (size_t i = 0; e == ERR_OK && i < NSOCKETS; i++)
		if (sockets[i].role != ALLOW_PROVISION || o->provisioning)
			e = listen_on(p, i, o->directory);
	if (e == ERR_OK)
		e = service_new(p->loop, &o->tcti, o->timeout_ms, &p->peers.service);
	p->peers.loop = p->loop;
	p->peers.uid = o->uid;
	return e;
}

static enum err run(struct proxy *p, const struct options *o)
{
	enum err e = prepare(p, o);

	if (e != ERR_OK)
		return e;
	/* The TSS would log the bytes of commands if its environment variable told it to. */
	if (setenv("TSS2_LOG", "all+none", 1) != 0)
		return err_from_errno(errno);
	e = confine_proxy(&o->tcti);
	if (e != ERR_OK) {
		log_error("cannot confine itself: %s", err_text(e));
		return e;
	}
	log_info("serving %s in %s", o->tcti.conf, o->directory);
	return loop_run(p->loop);
}

int main(int argc, char **argv)
{
	struct proxy p = {0};
	struct options o;
	enum cmdline_next next;
	enum err e;

	next = options_parse(argc, argv, &o);
	if (next != CMDLINE_RUN)
		return (int)next;
	log_init("ptpm-proxy", o.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	e = run(&p, &o);
	if (e != ERR_OK)
		log_error("%s", err_text(e));
	peers_close(&p.peers);
	service_free(p.peers.service);
	loop_free(p.loop);
	return e == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
