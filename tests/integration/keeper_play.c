/* SPDX-License-Identifier: BSD-3-Clause */
/* The supervisor and the workers, and the key keeper's process. */
#include "tests/integration/keeper_play.h"

#include "lib/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

uint8_t play_buffer[MSG_BODY_MAX];

void check(struct driver *d, bool ok, const char *what)
{
	d->checks++;
	if (!ok)
		d->failed++;
	printf("%s: %s\n", ok ? "ok" : "FAIL", what);
}

void die(const char *what, enum err e)
{
	printf("FAIL: %s: %s\n", what, err_text(e));
	exit(1);
}

void must(enum err e, const char *what)
{
	if (e)
		die(what, e);
}

void play_begin(struct driver *d, int argc, char *argv[])
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s VTPMMGR-KEYS PTPM-DIR\n", argv[0]);
		exit(2);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	d->program = argv[1];
	d->ptpm_dir = argv[2];
	d->hierarchy = HIERARCHY_PLATFORM;
	d->relay = relay_new();
	if (!d->relay)
		die("relay", ERR_NO_MEMORY);
	authority_make(d);
}

int play_end(struct driver *d)
{
	EVP_PKEY_free(d->authority);
	printf("%u checks, %u failed\n", d->checks, d->failed);
	return d->failed > 0;
}

/* ---- messages ------------------------------------------------------------------------------- */

bool play_receive(struct player *p, struct msg *m, int wait_ms)
{
	struct pollfd ready = {.fd = p->fd, .events = POLLIN};
	enum err e = channel_recv(p->channel, m);

	while (e == ERR_AGAIN && poll(&ready, 1, wait_ms) == 1)
		e = channel_recv(p->channel, m);
	return e == ERR_OK;
}

/* To a key keeper that has just been killed nothing can be sent, and nothing needs to be. */
void play_send(struct player *p, uint16_t type, uint32_t id, size_t len)
{
	const struct msg m = {.type = type, .id = id, .body = play_buffer, .len = len};
	enum err e = channel_send(p->channel, &m);

	if (e != ERR_EOF)
		must(e, "send");
}

static void play_connect(struct player *p, int fd, size_t body_max)
{
	play_close(p);
	p->fd = fd;
	must(channel_new(fd, body_max, &p->channel), "channel");
}

void play_close(struct player *p)
{
	channel_close(p->channel);
	p->channel = NULL;
}

/* The key keeper gets one end of a new pair. */
static void give(struct driver *d, const struct super_peer *who, struct player *p, size_t body_max)
{
	struct msg m = {.type = SUPER_PEER, .body = play_buffer, .nfds = 1};
	int fds[2];

	must(channel_pair(fds), "pair");
	m.fds[0] = fds[0];
	must(super_peer_encode(who, play_buffer, sizeof(play_buffer), &m.len), "peer");
	must(channel_send(d->super.channel, &m), "send");
	close(fds[0]);
	play_connect(p, fds[1], body_max);
}

void broker_replace(struct driver *d, bool close_first)
{
	const struct super_peer who = {.role = ROLE_BROKER};

	if (close_first) {
		play_close(&d->broker);
		usleep(20000);
	}
	give(d, &who, &d->broker, MSG_BODY_MAX);
}

/* ---- the key keeper's process --------------------------------------------------------------- */

static void spawn_keeper(struct driver *d, int super, int broker, int ptpm)
{
	static char name[] = "vtpmmgr-keys", id[] = "65001", level[] = "2", run[] = "/run";
	char *const argv[] = {name, id, id, level, run, NULL};
	const struct spawn_fd fds[] = {
	    {super, FD_SUPER}, {broker, FD_KEYS_BROKER}, {ptpm, FD_KEYS_PTPM}};
	int program = open(d->program, O_RDONLY | O_CLOEXEC), pidfd;

	if (program < 0)
		die(d->program, ERR_NOT_FOUND);
	must(spawn(program, argv, fds, 3, SPAWN_PID_NAMESPACE, &d->pid, &pidfd), "spawn");
	close(pidfd);
	close(program);
	close(super);
	close(broker);
	close(ptpm);
}

static void send_config(struct driver *d, bool provisioning)
{
	struct super_config c = {.pcr = 15, .pinned = d->pinned, .provisioning = provisioning};
	size_t len;

	memset(c.measurement.b, 0x55, DIGEST_SIZE);
	memcpy(c.pin, d->pin, TPM_NAME_SIZE);
	must(super_config_encode(&c, play_buffer, sizeof(play_buffer), &len), "config");
	play_send(&d->super, SUPER_CONFIG, 0, len);
}

static int connect_ptpm(const struct driver *d, const char *role)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", d->ptpm_dir, role);
	must(channel_connect(path, &fd), path);
	return fd;
}

void keeper_start(struct driver *d, const char *role)
{
	int super[2], broker[2], ptpm[2];
	struct msg m;

	must(channel_pair(super), "pair");
	must(channel_pair(broker), "pair");
	must(channel_pair(ptpm), "pair");
	spawn_keeper(d, super[1], broker[1], ptpm[1]);
	relay_start(d->relay, ptpm[0], connect_ptpm(d, role));
	play_connect(&d->super, super[0], 4096);
	play_connect(&d->broker, broker[0], MSG_BODY_MAX);
	send_config(d, strcmp(role, "provision") == 0);
	if (!play_receive(&d->super, &m, WAIT_MS) || m.type != SUPER_READY)
		die("the key keeper does not get ready", ERR_TIMEOUT);
}

static void forget_keeper(struct driver *d)
{
	waitpid(d->pid, NULL, 0);
	relay_wait(d->relay);
	play_close(&d->super);
	play_close(&d->broker);
	for (unsigned i = 0; i < VTPMS; i++)
		play_close(&d->workers[i]);
}

void keeper_stop(struct driver *d, int signo)
{
	if (signo == SIGTERM)
		play_send(&d->super, SUPER_STOP, 0, 0);
	else
		kill(d->pid, signo);
	forget_keeper(d);
}

bool keeper_ends(struct driver *d)
{
	siginfo_t info = {0};

	for (int ms = 0; info.si_pid == 0 && ms < WAIT_MS; ms += 10) {
		if (waitid(P_PID, (id_t)d->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
			break;
		broker_serve_for(d, 5);
		usleep(5000);
	}
	if (info.si_pid == 0)
		return false;
	forget_keeper(d);
	return true;
}

/* ---- workers -------------------------------------------------------------------------------- */

const uint8_t *worker_uuid(unsigned i)
{
	static uint8_t uuid[UUID_SIZE] = {1, 2, 3, 4};

	uuid[UUID_SIZE - 1] = (uint8_t)i;
	return uuid;
}

void worker_give(struct driver *d, unsigned i)
{
	struct super_peer who = {.role = ROLE_WORKER};

	memcpy(who.uuid, worker_uuid(i), UUID_SIZE);
	give(d, &who, &d->workers[i], 1024);
}

static void send_exited(struct driver *d, const uint8_t uuid[UUID_SIZE])
{
	struct super_exited gone = {.role = ROLE_WORKER, .how = EXITED_SIGNAL, .code = 9};
	size_t len;

	memcpy(gone.uuid, uuid, UUID_SIZE);
	must(super_exited_encode(&gone, play_buffer, sizeof(play_buffer), &len), "exited");
	play_send(&d->super, SUPER_EXITED, 0, len);
}

/* Everything that it was told before has been heard: one channel keeps the order. */
static void super_settled(struct driver *d)
{
	static const struct super_peer nobody = {.role = ROLE_WORKER, .uuid = {0xff}};
	struct player p = {.fd = -1};
	struct msg m;

	give(d, &nobody, &p, 1024);
	send_exited(d, nobody.uuid);
	if (play_receive(&p, &m, WAIT_MS))
		die("a worker that nobody knows is told nothing", ERR_STATE);
	play_close(&p);
}

void worker_exited(struct driver *d, unsigned i)
{
	play_close(&d->workers[i]);
	send_exited(d, worker_uuid(i));
	super_settled(d);
}

static struct state_mark mark(uint64_t version)
{
	struct state_mark m = {.version = version, .len = version ? 100 : 0};

	memset(m.digest.b, (int)version, DIGEST_SIZE);
	return m;
}

static void send_dirty(struct driver *d, unsigned i, uint64_t version, enum state_kind kind)
{
	const struct state_dirty m = {.mark = mark(version), .kind = kind};
	size_t len;

	must(state_dirty_encode(&m, play_buffer, sizeof(play_buffer), &len), "mark");
	play_send(&d->workers[i], STATE_DIRTY, 0, len);
}

void worker_dirty(struct driver *d, unsigned i, uint64_t version)
{
	send_dirty(d, i, version, STATE_RUNS);
}

void worker_ends(struct driver *d, unsigned i, uint64_t version)
{
	send_dirty(d, i, version, STATE_ENDS);
}

void worker_resume(struct driver *d, unsigned i, uint64_t version)
{
	const struct state_resume r = {
	    .anchored = mark(version), .waiting = true, .pending = mark(version + 1)};
	size_t len;

	must(state_resume_encode(&r, play_buffer, sizeof(play_buffer), &len), "resume");
	play_send(&d->workers[i], STATE_RESUME, 0, len);
}

/* The next message of this type to the worker, while the broker goes on. */
static bool worker_hears(struct driver *d, unsigned i, uint16_t type, struct msg *m, int wait_ms)
{
	for (int ms = 0; ms <= wait_ms; ms += 20) {
		while (play_receive(&d->workers[i], m, 0))
			if (m->type == type)
				return true;
		broker_serve_for(d, 20);
	}
	return false;
}

struct state_anchored worker_anchored(struct driver *d, unsigned i, int wait_ms)
{
	struct state_anchored a = {0};
	struct msg m;

	if (!worker_hears(d, i, STATE_ANCHORED, &m, wait_ms))
		return a;
	must(state_anchored_decode(m.body, m.len, &a), "anchored decodes");
	return a;
}

uint64_t worker_told(struct driver *d, unsigned i, int wait_ms)
{
	return worker_anchored(d, i, wait_ms).version;
}

int worker_stalled(struct driver *d, unsigned i, int wait_ms)
{
	enum state_stall stalled;
	struct msg m;

	if (!worker_hears(d, i, STATE_STALL, &m, wait_ms))
		return -1;
	must(state_stall_decode(m.body, m.len, &stalled), "stall decodes");
	return (int)stalled;
}

int worker_freshness(struct driver *d, unsigned i, int wait_ms)
{
	enum freshness_class fresh;
	struct msg m;

	if (!worker_hears(d, i, STATE_FRESHNESS, &m, wait_ms))
		return -1;
	must(state_freshness_decode(m.body, m.len, &fresh), "freshness decodes");
	return (int)fresh;
}
