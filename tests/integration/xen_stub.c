/* SPDX-License-Identifier: BSD-3-Clause */
/* The first process of a stub domain: its worker is a child here, with a pid namespace of its own.
 */
#include "lib/proto_super.h"
#include "lib/spawn.h"
#include "lib/uuid.h"
#include "tests/integration/xen_hub.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKER_UID "61200"

enum which { SUPER, KEYS, BROKER, ENDS };

static const char *const names[ENDS] = {"super", "keys", "broker"};
static const uint8_t roles[ENDS] = {0, ROLE_KEYS, ROLE_BROKER};
static const int numbers[ENDS] = {FD_SUPER, FD_WORKER_KEYS, FD_WORKER_BROKER};

struct end {
	struct stub *stub;
	enum which which;
	struct carrier *carrier;
	int worker; /* the worker's end, until it has been started */
};

struct stub {
	struct hub *hub;
	uint32_t domid;
	char dir[256];
	struct end ends[ENDS];
	int super; /* our own copy of the end that the carrier has */
	pid_t pid;
	int pidfd;
	struct loop_source *exit;
};

static int listen_at(const struct stub *s, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if ((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", s->dir, name) >=
	    sizeof(a.sun_path))
		hub_must(ERR_TOO_BIG, s->dir);
	unlink(a.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 16) != 0)
		hub_must(ERR_IO, a.sun_path);
	return fd;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void reap(struct stub *s, uint8_t *how, uint8_t *code)
{
	siginfo_t info = {0};

	waitid(P_PIDFD, (id_t)s->pidfd, &info, WEXITED);
	*how = info.si_code == CLD_EXITED ? EXITED_CODE : EXITED_SIGNAL;
	*code = (uint8_t)info.si_status;
	loop_del(s->exit);
	s->exit = NULL;
	s->pid = 0;
	close_fd(&s->pidfd);
	close_fd(&s->super);
}

static void on_exit_event(void *arg, uint32_t events)
{
	struct stub *s = arg;
	uint8_t how, code;

	(void)events;
	reap(s, &how, &code);
	printf("worker-ended %u %u %u\n", (unsigned)s->domid, how, code);
	carrier_close_end(s->ends[SUPER].carrier, how, code);
}

static void start_worker(struct stub *s)
{
	char name[] = "vtpm-stubdom", id[] = WORKER_UID, level[] = "2", dir[] = "/";
	char *argv[] = {name, id, id, level, dir, NULL};
	struct spawn_fd fds[ENDS + 2];

	for (int i = 0; i < ENDS; i++)
		fds[i] = (struct spawn_fd){s->ends[i].worker, numbers[i]};
	fds[ENDS] = (struct spawn_fd){listen_at(s, "tpm"), FD_WORKER_DATA};
	fds[ENDS + 1] = (struct spawn_fd){listen_at(s, "tpm.ctrl"), FD_WORKER_CTRL};
	hub_must(spawn(s->hub->fd, argv, fds, ENDS + 2, SPAWN_PID_NAMESPACE, &s->pid, &s->pidfd),
		 "spawn");
	hub_must(loop_add(s->hub->loop, s->pidfd, EPOLLIN, on_exit_event, s, &s->exit), "watch");
	for (int i = 0; i < ENDS; i++)
		close_fd(&s->ends[i].worker);
	close(fds[ENDS].from);
	close(fds[ENDS + 1].from);
	printf("worker %u %d\n", (unsigned)s->domid, (int)s->pid);
}

/* A worker that runs gets a new peer as its supervisor would tell it. */
static void give(struct stub *s, enum which which, int fd)
{
	const struct super_peer peer = {.role = roles[which]};
	uint8_t body[64];
	struct msg m = {.type = SUPER_PEER, .body = body, .fds = {fd}, .nfds = 1};
	struct channel *c;

	hub_must(super_peer_encode(&peer, body, sizeof(body), &m.len), "peer");
	hub_must(channel_new(dup(s->super), 512, &c), "channel");
	hub_must(channel_send(c, &m), "peer");
	channel_close(c);
}

static enum err on_open(void *arg, uint32_t n, int *fd)
{
	struct end *end = arg;
	struct stub *s = end->stub;
	int pair[2];
	enum err e = channel_pair(pair);

	if (e)
		return e;
	printf("open %u %s %u\n", (unsigned)s->domid, names[end->which], (unsigned)n);
	*fd = pair[0];
	if (s->pid > 0) {
		give(s, end->which, pair[1]);
		close(pair[1]);
		return ERR_OK;
	}
	end->worker = pair[1];
	if (end->which == SUPER)
		s->super = fcntl(pair[0], F_DUPFD_CLOEXEC, 0);
	if (s->ends[SUPER].worker >= 0 && s->ends[KEYS].worker >= 0 && s->ends[BROKER].worker >= 0)
		start_worker(s);
	return ERR_OK;
}

/* How the worker has ended is known when it has been reaped. */
static bool on_lost(void *arg)
{
	struct end *end = arg;

	return end->which == SUPER;
}

static void end_worker(struct stub *s)
{
	uint8_t how, code;

	if (s->pid > 0) {
		pidfd_send_signal(s->pidfd, SIGKILL, NULL, 0);
		reap(s, &how, &code);
	}
	for (int i = 0; i < ENDS; i++)
		close_fd(&s->ends[i].worker);
	close_fd(&s->super);
}

/* The manager has gone away, or a new one for this vTPM is coming: the worker goes, the domain
 * stays. */
static void on_gone(void *arg, enum err why)
{
	struct end *end = arg;

	(void)why;
	carrier_free(end->carrier);
	end->carrier = NULL;
	end_worker(end->stub);
}

static const struct carrier_ops ops = {.open = on_open, .lost = on_lost, .gone = on_gone};

struct stub *stub_new(struct hub *h, const uint8_t uuid[UUID_SIZE], uint32_t domid)
{
	struct stub *s = calloc(1, sizeof(*s));

	if (!s)
		hub_die(ERR_NO_MEMORY, "stub");
	*s = (struct stub){.hub = h, .domid = domid, .pidfd = -1, .super = -1};
	for (int i = 0; i < ENDS; i++)
		s->ends[i] = (struct end){s, (enum which)i, NULL, -1};
	snprintf(s->dir, sizeof(s->dir), "%s/%s", h->dir, uuid_format(uuid).s);
	mkdir(s->dir, 0755);
	return s;
}

void stub_ring(struct stub *s, const char *name, struct channel *ring)
{
	for (int i = 0; i < ENDS; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		if (s->ends[i].carrier) {
			carrier_free(s->ends[i].carrier);
			end_worker(s);
		}
		hub_must(carrier_new(s->hub->loop, ring, MSG_BODY_MAX, &ops, &s->ends[i],
				     &s->ends[i].carrier),
			 "carrier");
		return;
	}
	hub_must(ERR_ARG, name);
}

void stub_destroy(struct stub *s)
{
	for (int i = 0; i < ENDS; i++)
		carrier_free(s->ends[i].carrier);
	end_worker(s);
	rmdir(s->dir);
	free(s);
}
