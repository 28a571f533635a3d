/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker_driver PROGRAM DIR UID: runs the real vtpm-stubdom with its fixed
 * descriptors, plays its supervisor, key keeper and broker in memory, and does
 * what the lines on standard input say; events are printed one a line.
 *
 *	start [QUOTA]   stop   super-stop   kill   quit
 *	hold            from now on anchor nothing
 *	release         anchor what waits, and what comes
 *	anchor          anchor what waits, but tell nobody
 *	stall 0|1|2     enum state_stall
 *	keys-die  keys-new  broker-die  broker-new
 *	spoil           flip a bit of the stored blob
 *	lose            the broker cannot read the blob, once
 *	garbage keys|broker|super
 *	status          "status anchored V len N commits N pid P"
 */
#include "lib/channel.h"
#include "lib/log.h"
#include "lib/proto_blob.h"
#include "lib/proto_state.h"
#include "lib/proto_super.h"
#include "lib/secret.h"
#include "lib/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_QUOTA (64 * 1024)

struct driver {
	struct loop *loop;
	int program;
	const char *dir;
	uid_t uid;
	struct channel *super, *keys, *broker;
	struct loop_source *watch;
	int pidfd;
	pid_t pid;
	bool hold;
	bool dirty;
	bool lost;
	unsigned commits;
	uint8_t key[AEAD_KEY_SIZE];
	struct state_mark anchored, pending;
	uint64_t put_version;
	size_t put_len;
	uint8_t put[BLOB_MAX];
	uint8_t blob[BLOB_MAX];
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void must(enum err e, const char *what)
{
	if (!e)
		return;
	fprintf(stderr, "worker_driver: %s: %s\n", what, err_text(e));
	exit(2);
}

/* A worker that has just died is no error here: its exit is reported. */
static void send_to(struct channel *c, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	if (!c || channel_send(c, &m) != ERR_OK)
		say("unsent 0x%04x", type);
}

static void send_anchored(const struct driver *d)
{
	const struct state_anchored a = {.version = d->anchored.version};
	uint8_t body[16];
	size_t len;

	must(state_anchored_encode(&a, body, sizeof(body), &len), "encode");
	send_to(d->keys, STATE_ANCHORED, body, len);
}

static bool anchor(struct driver *d)
{
	const struct crypt_part part = {d->put, d->put_len};
	struct digest digest;

	if (!d->dirty || d->put_version != d->pending.version)
		return false;
	must(crypt_sha256(&part, 1, &digest), "digest");
	if (d->put_len != d->pending.len || !digest_equal(&digest, &d->pending.digest))
		must(ERR_TAMPERED, "the blob is not the one that was marked");
	memcpy(d->blob, d->put, d->put_len);
	d->anchored = d->pending;
	d->dirty = false;
	d->commits++;
	return true;
}

static void settle(struct driver *d)
{
	if (d->hold || !d->keys || !anchor(d))
		return;
	send_anchored(d);
	say("anchored %llu %u", (unsigned long long)d->anchored.version, d->anchored.len);
}

static enum err on_keys(void *arg, struct msg *m)
{
	struct driver *d = arg;
	struct state_dirty dirty;
	struct state_resume r;

	if (m->type == STATE_RESUME) {
		must(state_resume_decode(m->body, m->len, &r), "STATE_RESUME");
		say("resume %llu %s", (unsigned long long)r.anchored.version,
		    r.waiting ? "waiting" : "idle");
		d->dirty = false;
		send_anchored(d);
		return ERR_OK;
	}
	if (m->type != STATE_DIRTY || d->dirty)
		must(ERR_STATE, "the worker's word to the key keeper");
	must(state_dirty_decode(m->body, m->len, &dirty), "STATE_DIRTY");
	d->pending = dirty.mark;
	if (d->pending.version != d->anchored.version + 1)
		must(ERR_STATE, "the version of STATE_DIRTY");
	d->dirty = true;
	if (d->hold)
		say("dirty %llu", (unsigned long long)d->pending.version);
	settle(d);
	return ERR_OK;
}

static enum err on_broker(void *arg, struct msg *m)
{
	struct driver *d = arg;
	struct blob_put put;
	enum err why;

	switch (m->type) {
	case BLOB_GET:
		send_to(d->broker, BLOB_DATA, d->blob, d->lost ? 0 : d->anchored.len);
		d->lost = false;
		break;
	case BLOB_PUT:
		must(blob_put_decode(m->body, m->len, &put), "BLOB_PUT");
		memcpy(d->put, put.bytes, put.len);
		d->put_len = put.len;
		d->put_version = put.version;
		settle(d);
		break;
	case BLOB_READY:
		say("ready");
		break;
	case BLOB_FAILED:
		must(blob_failed_decode(m->body, m->len, &why), "BLOB_FAILED");
		say("failed %s", err_name(why));
		break;
	default:
		must(ERR_STATE, "the worker's word to the broker");
	}
	return ERR_OK;
}

static enum err on_super(void *arg, struct msg *m)
{
	(void)arg, (void)m;
	return ERR_DENIED; /* a worker has nothing to say to its supervisor */
}

static void on_gone(void *arg, enum err why)
{
	(void)arg, (void)why; /* the exit follows */
}

static void drop(struct channel **c)
{
	channel_close(*c);
	*c = NULL;
}

static void open_end(struct driver *d, int fd, channel_msg_fn fn, struct channel **out)
{
	must(channel_new(fd, MSG_BODY_MAX, out), "channel");
	must(channel_attach(*out, d->loop, fn, on_gone, d), "channel");
}

static int listen_at(const struct driver *d, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", d->dir, name);
	unlink(a.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 16) != 0)
		must(ERR_IO, a.sun_path);
	return fd;
}

static void on_exit_of_worker(void *arg, uint32_t events)
{
	struct driver *d = arg;
	int status;

	(void)events;
	waitpid(d->pid, &status, 0);
	loop_del(d->watch);
	close(d->pidfd);
	d->pid = 0;
	drop(&d->super);
	drop(&d->keys);
	drop(&d->broker);
	if (WIFEXITED(status))
		say("exited code %d", WEXITSTATUS(status));
	else
		say("exited signal %d", WTERMSIG(status));
}

static void give_key(struct driver *d, uint32_t quota)
{
	struct state_key k = {
	    .uuid = "0123456789abcde", .generation = 1, .quota = quota, .slots = SLOTS_STRICT};
	uint8_t body[512];
	size_t len;

	memcpy(k.key, d->key, sizeof(k.key));
	k.current = d->anchored;
	must(state_key_encode(&k, body, sizeof(body), &len), "encode");
	send_to(d->keys, STATE_KEY, body, len);
}

/* Makes what the worker gets as its descriptor `to`; our own end by *own. */
static struct spawn_fd pair_for(int to, int *own)
{
	int fds[2];

	must(channel_pair(fds), "pair");
	*own = fds[0];
	return (struct spawn_fd){fds[1], to};
}

static void start(struct driver *d, uint32_t quota)
{
	char name[] = "vtpm-stubdom", uid[16], level[] = "2", dir[] = "/nonexistent";
	char *argv[] = {name, uid, uid, level, dir, NULL};
	struct spawn_fd fds[5];
	int super, keys, broker;

	snprintf(uid, sizeof(uid), "%u", d->uid);
	fds[0] = pair_for(FD_SUPER, &super);
	fds[1] = pair_for(FD_WORKER_KEYS, &keys);
	fds[2] = pair_for(FD_WORKER_BROKER, &broker);
	fds[3] = (struct spawn_fd){listen_at(d, "tpm"), FD_WORKER_DATA};
	fds[4] = (struct spawn_fd){listen_at(d, "tpm.ctrl"), FD_WORKER_CTRL};
	must(spawn(d->program, argv, fds, 5, SPAWN_PID_NAMESPACE, &d->pid, &d->pidfd), "spawn");
	for (size_t i = 0; i < 5; i++)
		close(fds[i].from);
	must(loop_add(d->loop, d->pidfd, EPOLLIN, on_exit_of_worker, d, &d->watch), "watch");
	open_end(d, super, on_super, &d->super);
	open_end(d, keys, on_keys, &d->keys);
	open_end(d, broker, on_broker, &d->broker);
	d->dirty = false;
	give_key(d, quota);
}

static void replace(struct driver *d, uint8_t role, channel_msg_fn fn, struct channel **end)
{
	const struct super_peer peer = {.role = role};
	struct msg m = {.type = SUPER_PEER, .nfds = 1};
	uint8_t body[256];
	size_t len;
	int fds[2];

	must(super_peer_encode(&peer, body, sizeof(body), &len), "encode");
	must(channel_pair(fds), "pair");
	m.body = body;
	m.len = len;
	m.fds[0] = fds[1];
	if (channel_send(d->super, &m) != ERR_OK)
		say("unsent SUPER_PEER");
	close(fds[1]);
	open_end(d, fds[0], fn, end);
}

static void do_start(struct driver *d, const char *a)
{
	start(d, *a ? (uint32_t)atoi(a) : DEFAULT_QUOTA);
}
static void do_stop(struct driver *d, const char *a)
{
	(void)a;
	send_to(d->broker, BLOB_STOP, NULL, 0);
}
static void do_super_stop(struct driver *d, const char *a)
{
	(void)a;
	send_to(d->super, SUPER_STOP, NULL, 0);
}
static void do_kill(struct driver *d, const char *a)
{
	(void)a;
	if (d->pid > 0)
		kill(d->pid, SIGKILL);
}
static void do_quit(struct driver *d, const char *a)
{
	(void)a;
	loop_stop(d->loop);
}
static void do_hold(struct driver *d, const char *a)
{
	(void)a;
	d->hold = true;
}
static void do_release(struct driver *d, const char *a)
{
	(void)a;
	d->hold = false;
	settle(d);
}
static void do_anchor(struct driver *d, const char *a)
{
	(void)a;
	say(anchor(d) ? "silently %llu" : "nothing %llu", (unsigned long long)d->anchored.version);
}
static void do_stall(struct driver *d, const char *a)
{
	uint8_t body[1];
	size_t len;

	must(state_stall_encode((enum state_stall)(*a - '0'), body, sizeof(body), &len), "encode");
	send_to(d->keys, STATE_STALL, body, len);
}
static void do_keys_die(struct driver *d, const char *a)
{
	(void)a;
	drop(&d->keys);
}
static void do_keys_new(struct driver *d, const char *a)
{
	(void)a;
	replace(d, ROLE_KEYS, on_keys, &d->keys);
}
static void do_broker_die(struct driver *d, const char *a)
{
	(void)a;
	d->put_version = 0;
	drop(&d->broker);
}
static void do_broker_new(struct driver *d, const char *a)
{
	(void)a;
	replace(d, ROLE_BROKER, on_broker, &d->broker);
}
static void do_spoil(struct driver *d, const char *a)
{
	(void)a;
	d->blob[d->anchored.len / 2] ^= 1;
}
static void do_lose(struct driver *d, const char *a)
{
	(void)a;
	d->lost = true;
}
static void do_garbage(struct driver *d, const char *a)
{
	static const uint8_t noise[300] = {0xff, 0x01};
	struct channel *c = *a == 'k' ? d->keys : *a == 'b' ? d->broker : d->super;

	send_to(c, 0x0302, noise, sizeof(noise));
}
static void do_status(struct driver *d, const char *a)
{
	(void)a;
	say("status anchored %llu len %u commits %u pid %d",
	    (unsigned long long)d->anchored.version, d->anchored.len, d->commits, d->pid);
}

static const struct {
	const char *word;
	void (*fn)(struct driver *d, const char *argument);
} words[] = {
    {"start", do_start},
    {"stop", do_stop},
    {"super-stop", do_super_stop},
    {"kill", do_kill},
    {"quit", do_quit},
    {"hold", do_hold},
    {"release", do_release},
    {"anchor", do_anchor},
    {"stall", do_stall},
    {"keys-die", do_keys_die},
    {"keys-new", do_keys_new},
    {"broker-die", do_broker_die},
    {"broker-new", do_broker_new},
    {"spoil", do_spoil},
    {"lose", do_lose},
    {"garbage", do_garbage},
    {"status", do_status},
};

static void obey(struct driver *d, char *line)
{
	char *argument = line + strcspn(line, " ");

	if (*argument)
		*argument++ = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, line) == 0) {
			words[i].fn(d, argument);
			return;
		}
	must(ERR_ARG, line);
}

static void on_stdin(void *arg, uint32_t events)
{
	static char pending[4096];
	static size_t have;
	struct driver *d = arg;
	ssize_t n = read(STDIN_FILENO, pending + have, sizeof(pending) - have - 1);
	char *end;

	(void)events;
	if (n <= 0) {
		loop_stop(d->loop);
		return;
	}
	have += (size_t)n;
	pending[have] = '\0';
	while ((end = strchr(pending, '\n'))) {
		*end = '\0';
		obey(d, pending);
		have -= (size_t)(end + 1 - pending);
		memmove(pending, end + 1, have + 1);
	}
}

int main(int argc, char *argv[])
{
	static struct driver d;
	struct loop_source *input;

	if (argc != 4)
		return 2;
	log_init("worker_driver", LOG_LEVEL_INFO);
	must(secret_init(4096), "secret heap");
	must(crypt_random(d.key, sizeof(d.key)), "random");
	d.program = open(argv[1], O_RDONLY | O_CLOEXEC);
	d.dir = argv[2];
	d.uid = (uid_t)atoi(argv[3]);
	if (d.program < 0)
		must(ERR_NOT_FOUND, argv[1]);
	must(loop_new(&d.loop), "loop");
	must(loop_add(d.loop, STDIN_FILENO, EPOLLIN, on_stdin, &d, &input), "stdin");
	must(loop_run(d.loop), "loop");
	return 0;
}
