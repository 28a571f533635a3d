/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/liar_worker.h"

#include "lib/rbuf.h"
#include "lib/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_MS 20
#define HELD_MS 300
#define CODE_AT 6 /* in a response: after tag and size */

/* At an address of the kernel's own choice. */
static int listening(struct sockaddr_un *at)
{
	socklen_t len = sizeof(*at);

	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)) != 0 ||
	    listen(fd, 1) != 0 || getsockname(fd, (struct sockaddr *)at, &len) != 0)
		die("a socket for guests", ERR_IO);
	return fd;
}

/* Makes what the worker gets as its descriptor `to`; our own end becomes the player's. */
static struct spawn_fd pair_for(int to, struct player *own)
{
	int fds[2];

	must(channel_pair(fds), "pair");
	own->fd = fds[0];
	must(channel_new(fds[0], MSG_BODY_MAX, &own->channel), "channel");
	return (struct spawn_fd){fds[1], to};
}

/* The key keeper's channel is handed on: what it says is between it and the worker from now on. */
static void spawn_worker(struct driver *d, unsigned i, struct liar_worker *w)
{
	static char name[] = "vtpm-stubdom", id[] = "65002", level[] = "1", run[] = "/nonexistent";
	char *const argv[] = {name, id, id, level, run, NULL};
	struct sockaddr_un ctrl;
	const struct spawn_fd fds[] = {
	    pair_for(FD_SUPER, &w->super),          {dup(d->workers[i].fd), FD_WORKER_KEYS},
	    pair_for(FD_WORKER_BROKER, &w->broker), {listening(&w->data), FD_WORKER_DATA},
	    {listening(&ctrl), FD_WORKER_CTRL},
	};

	must(spawn(w->program, argv, fds, 5, SPAWN_PID_NAMESPACE, &w->pid, &w->pidfd), "spawn");
	for (size_t n = 0; n < 5; n++)
		close(fds[n].from);
	play_close(&d->workers[i]);
}

static void say(struct liar_worker *w, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	must(channel_send(w->broker.channel, &m), "to the worker");
}

void liar_say_stored(struct liar_worker *w, uint64_t version)
{
	uint8_t body[8];
	size_t len;

	must(blob_stored_encode(version, body, sizeof(body), &len), "BLOB_STORED");
	say(w, BLOB_STORED, body, len);
}

static void on_put(struct liar_worker *w, const struct msg *m)
{
	struct blob_put put;
	struct liar_blob *b;

	must(blob_put_decode(m->body, m->len, &put), "BLOB_PUT");
	if (put.version > LIAR_BLOBS || put.len > QUOTA_MIN)
		die("BLOB_PUT", ERR_TOO_BIG);
	b = &w->puts[put.version - 1];
	b->len = put.len;
	memcpy(b->bytes, put.bytes, put.len);
	w->newest = put.version;
	if (w->nputs < put.version)
		w->nputs = (unsigned)put.version;
	if (put.epoch && !w->silent)
		liar_say_stored(w, put.version);
}

static void send_blob(struct liar_worker *w, const struct liar_blob *b)
{
	const struct msg m = {.type = BLOB_DATA, .body = b->bytes, .len = b->len};

	must(channel_send(w->broker.channel, &m), "BLOB_DATA");
}

static void on_get(struct liar_worker *w, const struct msg *m)
{
	static const struct liar_blob none;
	enum blob_which which;

	must(blob_get_decode(m->body, m->len, &which), "BLOB_GET");
	w->asked[which]++;
	send_blob(w, w->answers[which] ? w->answers[which] : &none);
}

static void on_worker(struct liar_worker *w, const struct msg *m)
{
	if (m->type == BLOB_GET)
		on_get(w, m);
	else if (m->type == BLOB_PUT)
		on_put(w, m);
	else if (m->type == BLOB_READY)
		w->ready = true;
	else if (m->type == BLOB_FAILED)
		must(blob_failed_decode(m->body, m->len, &w->failed), "BLOB_FAILED");
}

static bool ended(const struct liar_worker *w)
{
	struct pollfd exit = {.fd = w->pidfd, .events = POLLIN};

	return poll(&exit, 1, 0) == 1;
}

static void serve(struct driver *d, struct liar_worker *w)
{
	struct msg m;

	broker_serve_for(d, STEP_MS);
	while (play_receive(&w->broker, &m, 0))
		on_worker(w, &m);
}

enum err liar_start(struct driver *d, unsigned i, struct liar_worker *w,
		    const struct liar_blob *answer)
{
	uint32_t id = broker_ask_start(d, i, &d->store.records[i]);
	struct super_spawn who;
	enum err e = broker_until_spawn(d, id, &who);

	if (e)
		return e;
	w->guest = who.guest;
	worker_give(d, i);
	spawn_worker(d, i, w);
	w->ready = false;
	w->failed = ERR_OK;
	w->answers[BLOB_ANCHORED] = answer;
	memset(w->asked, 0, sizeof(w->asked));
	for (int ms = 0; !w->ready && !w->failed && ms < WAIT_MS; ms += STEP_MS)
		serve(d, w);
	return w->ready ? ERR_OK : w->failed ? w->failed : ERR_TIMEOUT;
}

bool liar_pushes(struct liar_worker *w, const struct liar_blob *blob)
{
	send_blob(w, blob);
	for (int ms = 0; !ended(w) && ms < WAIT_MS; ms += STEP_MS)
		usleep(STEP_MS * 1000);
	return ended(w);
}

/* ---- its guest ------------------------------------------------------------------------------ */

static int guest_of(const struct liar_worker *w)
{
	/* Five hexadecimal digits behind a NUL: unix(7), autobind. */
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 6;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&w->data, len) != 0)
		die("the guest connects", ERR_IO);
	return fd;
}

static int send_command(const struct liar_worker *w, const uint8_t *command, size_t len)
{
	int fd = guest_of(w);

	if (send(fd, command, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("the guest's command", ERR_IO);
	return fd;
}

static bool is_answered(int fd, uint8_t out[LIAR_RESPONSE])
{
	return recv(fd, out, LIAR_RESPONSE, MSG_DONTWAIT) > CODE_AT;
}

uint32_t liar_command(struct driver *d, struct liar_worker *w, const uint8_t *command, size_t len,
		      uint8_t out[LIAR_RESPONSE])
{
	int fd = send_command(w, command, len);
	bool answered = false;
	struct rbuf r;

	for (int ms = 0; !answered && ms < WAIT_MS; ms += STEP_MS) {
		serve(d, w);
		answered = is_answered(fd, out);
	}
	close(fd);
	if (!answered)
		die("the guest is answered", ERR_TIMEOUT);
	rbuf_init(&r, out, LIAR_RESPONSE);
	rbuf_view(&r, CODE_AT);
	return rbuf_u32(&r);
}

bool liar_unanswered(struct driver *d, struct liar_worker *w, const uint8_t *command, size_t len)
{
	uint64_t before = w->newest;
	uint8_t out[LIAR_RESPONSE];
	int fd = send_command(w, command, len);
	bool answered;

	for (int ms = 0; w->newest == before && ms < WAIT_MS; ms += STEP_MS)
		serve(d, w);
	for (int ms = 0; ms < HELD_MS; ms += STEP_MS)
		serve(d, w);
	answered = is_answered(fd, out);
	close(fd);
	return w->newest > before && !answered;
}

void liar_say_stop(struct liar_worker *w)
{
	say(w, BLOB_STOP, NULL, 0);
}

bool liar_ends(struct driver *d, struct liar_worker *w)
{
	for (int ms = 0; !ended(w) && ms < WAIT_MS; ms += STEP_MS)
		serve(d, w);
	return ended(w);
}

void liar_end(struct driver *d, unsigned i, struct liar_worker *w)
{
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	close(w->pidfd);
	play_close(&w->super);
	play_close(&w->broker);
	worker_exited(d, i);
}
