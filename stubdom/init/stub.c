/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/stub.h"

#include "lib/log.h"
#include "lib/proto_blob.h"
#include "lib/proto_super.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define GRACE_MS 2000 /* a worker that ends orderly closes its sockets shortly before */

static const struct {
	enum super_role role; /* of who is at the manager's end, for SUPER_PEER */
	size_t body_max;
} rings[NRINGS] = {
    [RING_SUPER] = {0, STUB_BODY_SMALL},
    [RING_KEYS] = {ROLE_KEYS, STUB_BODY_SMALL},
    [RING_BROKER] = {ROLE_BROKER, STUB_BODY_BLOB},
};

size_t stub_body_max(enum stub_ring ring)
{
	return rings[ring].body_max;
}

static void drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void drop_super(struct stub *s)
{
	channel_close(s->super);
	s->super = NULL;
}

/* What the guest sends from now on waits for the next one. */
static void end_worker(struct stub *s)
{
	if (s->process.pid == 0)
		return;
	s->ending = true;
	process_kill(&s->process);
	emulator_disconnect(s->bus.tpm);
}

/* ---- the worker ----------------------------------------------------------------------------- */

static enum err start_worker(struct stub *s)
{
	const struct process_fds fds = {s->links[RING_SUPER].end, s->links[RING_KEYS].end,
					s->links[RING_BROKER].end};
	int data, ctrl;
	enum err e = process_start(&s->process, &fds, &data, &ctrl);

	for (int i = 0; i < NRINGS; i++)
		drop_fd(&s->links[i].end);
	s->ending = false;
	return e ? e : emulator_connect(s->bus.tpm, data, ctrl);
}

static bool complete(const struct stub *s)
{
	for (int i = 0; i < NRINGS; i++)
		if (s->links[i].end < 0)
			return false;
	return true;
}

static void on_starter(void *arg)
{
	struct stub *s = arg;
	enum err e;

	s->starter = NULL;
	if (s->process.pid > 0 || !complete(s))
		return;
	e = start_worker(s);
	if (!e)
		return;
	log_error("the worker cannot be started: %s", err_text(e));
	if (s->process.pid > 0)
		end_worker(s);
	else
		carrier_close_end(s->links[RING_SUPER].carrier, EXITED_NOT_STARTED, (uint8_t)e);
}

/* From the loop, when no carrier is in the middle of opening something. */
static void start_soon(struct stub *s)
{
	if (!s->starter && loop_after(s->loop, 0, on_starter, s, &s->starter) != ERR_OK)
		log_error("no memory to start the worker");
}

static void on_ended(void *arg, uint8_t how, uint8_t code)
{
	struct stub *s = arg;
	bool replaced = s->links[RING_SUPER].end >= 0;

	log_info("the worker has ended: %s %u", how == EXITED_CODE ? "code" : "signal", code);
	s->ending = false;
	loop_cancel(s->grace);
	s->grace = NULL;
	emulator_disconnect(s->bus.tpm);
	if (!replaced) {
		drop_super(s);
		if (s->links[RING_SUPER].carrier)
			carrier_close_end(s->links[RING_SUPER].carrier, how, code);
	}
	start_soon(s);
}

static void on_grace(void *arg)
{
	struct stub *s = arg;

	s->grace = NULL;
	end_worker(s);
}

/* It is about to end, or has not kept to its protocol with the guest's side. */
static void on_lost(void *arg)
{
	struct stub *s = arg;

	if (s->process.pid > 0 && !s->grace &&
	    loop_after(s->loop, GRACE_MS, on_grace, s, &s->grace) != ERR_OK)
		end_worker(s);
}

static void on_answer(void *arg, const uint8_t *response, size_t len)
{
	struct stub *s = arg;

	bus_answer(&s->bus, response, len);
}

static const struct emulator_ops emulator_ops = {on_answer, on_lost};

/* ---- the three conversations ---------------------------------------------------------------- */

/* The carrier gets this side's end; this is a duplicate, to speak on as well. */
static enum err keep_super(struct stub *s, int end)
{
	int own = fcntl(end, F_DUPFD_CLOEXEC, 0);

	drop_super(s);
	return own < 0 ? ERR_IO : channel_new(own, STUB_BODY_SMALL, &s->super);
}

/* A worker that runs gets its new key keeper or broker as it does from a supervisor. */
static enum err give_peer(struct stub *s, struct stub_link *link)
{
	const struct super_peer peer = {.role = rings[link->ring].role};
	struct msg m = {.type = SUPER_PEER, .nfds = 1, .fds = {link->end}};
	uint8_t body[STUB_BODY_SMALL];
	enum err e;

	e = super_peer_encode(&peer, body, sizeof(body), &m.len);
	m.body = body;
	if (!e)
		e = channel_send(s->super, &m);
	drop_fd(&link->end);
	return e;
}

static enum err on_open(void *arg, uint32_t n, int *fd)
{
	struct stub_link *link = arg;
	struct stub *s = link->stub;
	enum err e;
	int fds[2];

	(void)n;
	e = channel_pair(fds);
	if (e)
		return e;
	drop_fd(&link->end);
	link->end = fds[1];
	if (link->ring == RING_SUPER) {
		end_worker(s);
		e = keep_super(s, fds[0]);
	} else if (s->process.pid > 0 && !s->ending) {
		e = give_peer(s, link);
	}
	if (e) {
		drop_fd(&link->end);
		close(fds[0]);
		return e;
	}
	*fd = fds[0];
	start_soon(s);
	return ERR_OK;
}

/* The manager hears how the worker has ended once that is known. */
static bool on_end_lost(void *arg)
{
	const struct stub_link *link = arg;

	return link->ring == RING_SUPER && link->stub->process.pid > 0;
}

static void on_closed(void *arg, uint8_t how, uint8_t code)
{
	struct stub_link *link = arg;

	(void)how, (void)code;
	drop_fd(&link->end);
	if (link->ring != RING_SUPER)
		return;
	drop_super(link->stub);
	end_worker(link->stub);
}

static void detach(struct stub *s)
{
	for (int i = 0; i < NRINGS; i++) {
		carrier_free(s->links[i].carrier);
		s->links[i].carrier = NULL;
		drop_fd(&s->links[i].end);
	}
	drop_super(s);
	end_worker(s);
}

static void on_gone(void *arg, enum err why)
{
	struct stub_link *link = arg;
	struct stub *s = link->stub;

	log_info("ring %d to the manager: %s", link->ring, err_text(why));
	detach(s);
	s->gone(s->arg);
}

static const struct carrier_ops carrier_ops = {
    .open = on_open, .lost = on_end_lost, .closed = on_closed, .gone = on_gone};

enum err stub_attach(struct stub *s, struct channel *const channels[NRINGS])
{
	enum err e = ERR_OK;

	for (int i = 0; i < NRINGS; i++) {
		struct stub_link *link = &s->links[i];

		if (e)
			channel_close(channels[i]);
		else
			e = carrier_new(s->loop, channels[i], rings[i].body_max, &carrier_ops, link,
					&link->carrier);
	}
	if (e)
		detach(s);
	return e;
}

enum err stub_open(struct stub *s, struct loop *l, int program, uid_t uid, enum log_level level)
{
	s->loop = l;
	s->process = (struct process){
	    .loop = l, .program = program, .uid = uid, .level = level, .ended = on_ended, .arg = s};
	for (int i = 0; i < NRINGS; i++)
		s->links[i] = (struct stub_link){.stub = s, .ring = (enum stub_ring)i, .end = -1};
	return emulator_new(l, &emulator_ops, s, &s->bus.tpm);
}
