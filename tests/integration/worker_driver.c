/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker_driver PROGRAM DIR UID FIFO: runs the real vtpm-stubdom with its fixed
 * descriptors, plays its supervisor, key keeper and broker in memory, and does
 * what the lines on standard input say; events are printed one a line. A newline
 * into FIFO for each line: it is done, and what it sends is sent.
 *
 *	start [QUOTA]   stop   super-stop   kill   quit
 *	suspend
 *	discard         at the next start
 *	misname         the leaf names another volatile state than is in the blob
 *	slots 2|3       of the next start, which has no state then
 *	fresh 0|1       enum freshness_class, from now on
 *	hold            from now on anchor and store nothing
 *	release         anchor or store what waits, and what comes
 *	anchor          anchor what waits, but tell nobody
 *	stall 0|1|2     enum state_stall
 *	store-stall 0|1
 *	keys-die  keys-new  broker-die  broker-new
 *	spoil           flip a bit of the stored blob
 *	spoil-session N of the session state in the slot of odd (1) or even (0) versions
 *	epoch           the session states are of another epoch than the anchored one's
 *	lose            the broker cannot read the blob, once
 *	garbage keys|broker|super
 *	status          "status anchored V len N commits N pid P stored N"
 */
#include "lib/log.h"
#include "lib/proto_super.h"
#include "lib/secret.h"
#include "lib/spawn.h"
#include "tests/integration/worker_play.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_QUOTA (64 * 1024)

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
	struct state_key k = {.uuid = "0123456789abcde",
			      .generation = 1,
			      .quota = quota,
			      .epoch = d->epoch,
			      .slots = d->slots,
			      .fresh = (uint8_t)d->fresh,
			      .volatile_state = d->volatile_state,
			      .discard = d->discard};
	uint8_t body[512];
	size_t len;

	d->discard = false;
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
	open_end(d, keys, play_keys, &d->keys);
	open_end(d, broker, play_broker, &d->broker);
	d->dirty = false;
	d->put.epoch = 0;
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
	play_settle(d);
}
static void do_anchor(struct driver *d, const char *a)
{
	(void)a;
	say(play_anchor(d) ? "silently %llu" : "nothing %llu",
	    (unsigned long long)d->anchored.version);
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
	replace(d, ROLE_KEYS, play_keys, &d->keys);
}
static void do_broker_die(struct driver *d, const char *a)
{
	(void)a;
	d->put.version = d->put.epoch = 0;
	drop(&d->broker);
}
static void do_broker_new(struct driver *d, const char *a)
{
	(void)a;
	replace(d, ROLE_BROKER, play_broker, &d->broker);
}
static void do_spoil(struct driver *d, const char *a)
{
	(void)a;
	d->blob.bytes[d->blob.len / 2] ^= 1;
}
static void do_spoil_session(struct driver *d, const char *a)
{
	struct blob *b = &d->session[*a - '0'];

	b->bytes[b->len / 2] ^= 1;
}
static void do_epoch(struct driver *d, const char *a)
{
	(void)a;
	d->epoch = ++d->seq;
}
static void do_suspend(struct driver *d, const char *a)
{
	(void)a;
	send_to(d->broker, BLOB_SUSPEND, NULL, 0);
}
static void do_discard(struct driver *d, const char *a)
{
	(void)a;
	d->discard = true;
}
static void do_misname(struct driver *d, const char *a)
{
	(void)a;
	d->volatile_state.b[0] ^= 1;
}
static void do_slots(struct driver *d, const char *a)
{
	d->slots = (uint8_t)(*a - '0');
	d->anchored = (struct state_mark){0};
	d->volatile_state = (struct digest){0};
	d->epoch = 0;
}
static void do_fresh(struct driver *d, const char *a)
{
	uint8_t body[1];
	size_t len;

	d->fresh = (enum freshness_class)(*a - '0');
	must(state_freshness_encode(d->fresh, body, sizeof(body), &len), "encode");
	if (d->keys)
		send_to(d->keys, STATE_FRESHNESS, body, len);
}
static void do_store_stall(struct driver *d, const char *a)
{
	uint8_t body[1];
	size_t len;

	must(blob_stall_encode(*a == '1', body, sizeof(body), &len), "encode");
	send_to(d->broker, BLOB_STALL, body, len);
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
	say("status anchored %llu len %u commits %u pid %d stored %u",
	    (unsigned long long)d->anchored.version, d->anchored.len, d->commits, d->pid,
	    d->stored);
}

static const struct {
	const char *word;
	void (*fn)(struct driver *d, const char *argument);
} words[] = {
    {"start", do_start},
    {"stop", do_stop},
    {"super-stop", do_super_stop},
    {"suspend", do_suspend},
    {"discard", do_discard},
    {"misname", do_misname},
    {"kill", do_kill},
    {"quit", do_quit},
    {"hold", do_hold},
    {"release", do_release},
    {"anchor", do_anchor},
    {"stall", do_stall},
    {"store-stall", do_store_stall},
    {"slots", do_slots},
    {"fresh", do_fresh},
    {"keys-die", do_keys_die},
    {"keys-new", do_keys_new},
    {"broker-die", do_broker_die},
    {"broker-new", do_broker_new},
    {"spoil", do_spoil},
    {"spoil-session", do_spoil_session},
    {"epoch", do_epoch},
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
		must(write(d->obeyed, "\n", 1) == 1 ? ERR_OK : ERR_IO, "FIFO");
		have -= (size_t)(end + 1 - pending);
		memmove(pending, end + 1, have + 1);
	}
}

int main(int argc, char *argv[])
{
	static struct driver d = {.slots = SLOTS_STRICT};
	struct loop_source *input;

	if (argc != 5)
		return 2;
	log_init("worker_driver", LOG_LEVEL_INFO);
	must(secret_init(4096), "secret heap");
	must(crypt_random(d.key, sizeof(d.key)), "random");
	d.program = open(argv[1], O_RDONLY | O_CLOEXEC);
	d.dir = argv[2];
	d.uid = (uid_t)atoi(argv[3]);
	d.obeyed = open(argv[4], O_WRONLY | O_CLOEXEC);
	if (d.program < 0 || d.obeyed < 0)
		must(ERR_NOT_FOUND, argv[1]);
	must(loop_new(&d.loop), "loop");
	must(loop_add(d.loop, STDIN_FILENO, EPOLLIN, on_stdin, &d, &input), "stdin");
	must(loop_run(d.loop), "loop");
	return 0;
}
