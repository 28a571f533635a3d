/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stub_driver PROGRAM UID: a stub domain's init without Xen, and all that is
 * around it, in one process and on one loop: the manager's ends of the three
 * rings (pairs of sockets here), a key keeper and a broker played in memory, the
 * guest's page; and the real vtpm-stubdom as the child. One line a check.
 */
#include "lib/log.h"
#include "lib/proto_super.h"
#include "lib/secret.h"
#include "stubdom/init/stub.h"
#include "tests/integration/worker_play.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUOTA       (64 * 1024)
#define TIMEOUT_MS  60000
#define RC_FAILURE  0x101
#define NV_INDEX_AT 34 /* its last byte, in nv_define */

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};
/* NV_DefineSpace, with the owner's empty password: it is stored. */
static const uint8_t nv_define[] = {
    0x80, 0x02, 0,    0,    0,    0x2d, 0,    0, 0x01, 0x2a, 0x40, 0, 0, 0x01, 0,
    0,    0,    0x09, 0x40, 0,    0,    0x09, 0, 0,    0,    0,    0, 0, 0,    0,
    0x0e, 0x01, 0x80, 0,    0x01, 0,    0x0b, 0, 0x02, 0,    0x02, 0, 0, 0,    0x08};

static struct {
	struct driver d; /* the manager's: see tests/integration/worker_play.h */
	struct carrier *carriers[NRINGS];
	bool closed[NRINGS];
	uint8_t how, code; /* of RING_SUPER */
	struct stub stub;
	bool gone;
	uint8_t page[TPMIF_PAGE_SIZE];
	bool notified;
	bool late;
} t;

static int failures;

static void check(const char *name, bool ok)
{
	say("%s %s", ok ? "ok     " : "FAILED ", name);
	failures += !ok;
}

static void on_late(void *arg)
{
	(void)arg;
	t.late = true;
}

static void on_turn(void *arg)
{
	(void)arg;
	loop_stop(t.d.loop);
}

/* Runs the loop until *flag, which is then taken back; false if that takes too long. */
static bool until(bool *flag)
{
	struct loop_timer *late, *turn;

	t.late = false;
	must(loop_after(t.d.loop, TIMEOUT_MS, on_late, NULL, &late), "timer");
	while (!*flag && !t.late) {
		must(loop_after(t.d.loop, 10, on_turn, NULL, &turn), "timer");
		must(loop_run(t.d.loop), "loop");
	}
	if (!t.late)
		loop_cancel(late);
	*flag = false;
	return !t.late;
}

/* ---- the manager ---------------------------------------------------------------------------- */

static void on_closed(void *arg, uint8_t how, uint8_t code)
{
	intptr_t ring = (intptr_t)arg;

	t.closed[ring] = true;
	if (ring == RING_SUPER) {
		t.how = how;
		t.code = code;
	}
}

static void on_gone(void *arg, enum err why)
{
	(void)arg, (void)why; /* as a stub does with all three when one is */
}

static const struct carrier_ops opener = {.closed = on_closed, .gone = on_gone};

static enum err on_super(void *arg, struct msg *m)
{
	(void)arg, (void)m;
	return ERR_DENIED;
}

static void on_end_gone(void *arg, enum err why)
{
	(void)arg, (void)why; /* the carrier says so */
}

static struct channel **end_of(enum stub_ring ring)
{
	struct channel **ends[NRINGS] = {&t.d.super, &t.d.keys, &t.d.broker};

	return ends[ring];
}

static void open_conversation(enum stub_ring ring)
{
	static const channel_msg_fn fns[NRINGS] = {on_super, play_keys, play_broker};
	struct channel **end = end_of(ring);
	int fds[2];

	channel_close(*end);
	must(channel_pair(fds), "pair");
	must(carrier_open(t.carriers[ring], fds[1]), "open");
	must(channel_new(fds[0], MSG_BODY_MAX, end), "channel");
	must(channel_attach(*end, t.d.loop, fns[ring], on_end_gone, &t.d), "channel");
	t.closed[ring] = false;
}

static void give_key(void)
{
	struct state_key k = {.uuid = "0123456789abcde",
			      .generation = 1,
			      .quota = QUOTA,
			      .epoch = t.d.epoch,
			      .slots = SLOTS_STRICT,
			      .current = t.d.anchored};
	uint8_t body[512];
	size_t len;

	memcpy(k.key, t.d.key, sizeof(k.key));
	must(state_key_encode(&k, body, sizeof(body), &len), "encode");
	send_to(t.d.keys, STATE_KEY, body, len);
}

static void open_all(void)
{
	for (int i = 0; i < NRINGS; i++)
		open_conversation((enum stub_ring)i);
	t.d.dirty = false;
	t.d.put.version = t.d.put.epoch = 0;
	give_key();
}

/* The manager's ends of new rings; the others go to the stub. */
static void attach(void)
{
	struct channel *theirs[NRINGS];

	for (intptr_t i = 0; i < NRINGS; i++) {
		struct channel *own;
		int fds[2];

		must(channel_pair(fds), "pair");
		must(channel_new(fds[0], MSG_BODY_MAX, &own), "channel");
		must(channel_new(fds[1], stub_body_max((enum stub_ring)i), &theirs[i]), "channel");
		must(carrier_new(t.d.loop, own, MSG_BODY_MAX, &opener, (void *)i, &t.carriers[i]),
		     "carrier");
	}
	must(stub_attach(&t.stub, theirs), "stub");
}

/* ---- the guest ------------------------------------------------------------------------------ */

static void on_notify(void *arg)
{
	(void)arg;
	t.notified = true;
}

static void submit(const uint8_t *command, size_t len)
{
	memcpy(t.page + TPMIF_PACKET_AT, command, len);
	t.page[0] = (uint8_t)len;
	t.page[1] = 0;
	t.page[4] = TPMIF_SUBMIT;
	t.notified = false;
	bus_event(&t.stub.bus);
}

static bool answered(uint32_t rc)
{
	const uint8_t *r = t.page + TPMIF_PACKET_AT;

	return until(&t.notified) && t.page[4] == TPMIF_FINISH &&
	       ((uint32_t)r[6] << 24 | (uint32_t)r[7] << 16 | (uint32_t)r[8] << 8 | r[9]) == rc;
}

/* Stores an NV index; each one once. */
static void define(uint8_t index)
{
	uint8_t command[sizeof(nv_define)];

	memcpy(command, nv_define, sizeof(command));
	command[NV_INDEX_AT] = index;
	submit(command, sizeof(command));
}

static bool serves(void)
{
	submit(get_random, sizeof(get_random));
	return answered(0);
}

/* ---- the checks ----------------------------------------------------------------------------- */

static void starts(void)
{
	attach();
	emulator_reset(t.stub.bus.tpm);
	bus_attach(&t.stub.bus, t.page, on_notify, NULL);
	submit(get_random, sizeof(get_random));
	open_all();
	check("a worker starts when all three are open, and serves what waits", answered(0));
}

static void next_broker(void)
{
	channel_close(t.d.broker);
	t.d.broker = NULL;
	t.d.put.version = t.d.put.epoch = 0;
	open_conversation(RING_BROKER);
	define(1);
	check("it gets its next broker, and commits to it", answered(0));
	channel_close(t.d.keys);
	t.d.keys = NULL;
	open_conversation(RING_KEYS);
	check("and its next key keeper", serves());
}

static void killed(void)
{
	t.d.hold = true;
	define(2);
	kill(t.stub.process.pid, SIGKILL);
	check("a worker that is killed fails what it had", answered(RC_FAILURE));
	check("the manager hears of it", until(&t.closed[RING_SUPER]));
	check("and how", t.how == EXITED_SIGNAL && t.code == SIGKILL);
	t.d.hold = false;
	open_all();
	check("the next one serves the same page", serves());
}

static void ends(void)
{
	send_to(t.d.broker, BLOB_STOP, NULL, 0);
	check("a worker is stopped", until(&t.closed[RING_SUPER]));
	check("and ends with 0", t.how == EXITED_CODE && t.code == 0);
	open_all();
	check("the next one serves", serves());
	channel_close(t.d.super);
	t.d.super = NULL;
	submit(get_random, sizeof(get_random));
	check("without a supervisor it ends", until(&t.closed[RING_KEYS]));
	open_all();
	check("and the next one serves again", until(&t.notified) && serves());
}

/* The worker is killed by now, and no more than that: its end has not been seen yet. */
static void on_stub_gone(void *arg)
{
	(void)arg;
	t.gone = true;
	submit(get_random, sizeof(get_random));
}

static void rings_go(void)
{
	carrier_free(t.carriers[RING_KEYS]);
	check("one ring gone is all three gone", until(&t.gone));
	for (int i = 0; i < NRINGS; i++) {
		if (i != RING_KEYS)
			carrier_free(t.carriers[i]);
		channel_close(*end_of((enum stub_ring)i));
		*end_of((enum stub_ring)i) = NULL;
	}
	attach();
	open_all();
	check("the next worker, on new ones, serves what came meanwhile", answered(0));
}

static void quit(void)
{
	for (int i = 0; i < NRINGS; i++) {
		carrier_free(t.carriers[i]);
		channel_close(*end_of((enum stub_ring)i));
	}
	check("rings go", until(&t.gone));
}

int main(int argc, char *argv[])
{
	int program;

	if (argc != 3)
		return 2;
	log_init("stub_driver", LOG_LEVEL_WARNING);
	must(secret_init(4096), "secret heap");
	must(crypt_random(t.d.key, sizeof(t.d.key)), "random");
	t.d.slots = SLOTS_STRICT;
	program = open(argv[1], O_RDONLY | O_CLOEXEC);
	must(program < 0 ? ERR_NOT_FOUND : ERR_OK, argv[1]);
	must(loop_new(&t.d.loop), "loop");
	t.stub.gone = on_stub_gone;
	must(stub_open(&t.stub, t.d.loop, program, (uid_t)atoi(argv[2]), LOG_LEVEL_WARNING),
	     "stub");
	starts();
	next_broker();
	killed();
	ends();
	rings_go();
	quit();
	say("%d failed", failures);
	return failures > 0;
}
