/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_driver PROGRAM PTPM-DIR: the real vtpmmgr-keys against a real pTPM, with
 * a supervisor, a broker and workers that may lie. The store is two arrays in
 * memory, so that yesterday's is at hand. Each check prints one line.
 */
#include "lib/approval.h"
#include "lib/channel.h"
#include "lib/ossl.h"
#include "lib/proto_blob.h"
#include "lib/proto_keys.h"
#include "lib/proto_state.h"
#include "lib/proto_super.h"
#include "lib/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 20000

struct slot {
	size_t len;
	uint8_t bytes[STORE_ROOT_SIZE];
};

/* What a broker has on its disk. */
struct store {
	struct slot header[2];
	struct slot root[2];
	struct slot record;
	unsigned next_header;
};

/* How the broker answers KEYS_COMMIT. */
enum mood { HONEST, FAILING };

struct driver {
	const char *program;
	const char *ptpm_dir;
	EVP_PKEY *authority;
	struct crypt_point authority_point;
	struct store store;
	pid_t pid;
	struct channel *super;
	struct channel *broker;
	struct channel *worker;
	int super_fd, broker_fd, worker_fd;
	bool pinned;
	uint8_t pin[TPM_NAME_SIZE];
	uint32_t next_id;
	enum mood mood;
	unsigned commits, anchored;
	uint16_t last_commit_blobs;
	unsigned checks, failed;
};

static uint8_t buffer[MSG_BODY_MAX];

static void check(struct driver *d, bool ok, const char *what)
{
	d->checks++;
	if (!ok)
		d->failed++;
	printf("%s: %s\n", ok ? "ok" : "FAIL", what);
}

__attribute__((noreturn)) static void die(const char *what, enum err e)
{
	printf("FAIL: %s: %s\n", what, err_text(e));
	exit(1);
}

static void must(enum err e, const char *what)
{
	if (e)
		die(what, e);
}

/* ---- the platform authority ----------------------------------------------------------------- */

static void get_coordinate(EVP_PKEY *key, const char *name, uint8_t out[32])
{
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1 || BN_bn2binpad(n, out, 32) != 32)
		die("authority key", ERR_CRYPTO);
	BN_free(n);
}

static void make_authority(struct driver *d)
{
	d->authority = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (!d->authority)
		die("authority key", ERR_CRYPTO);
	get_coordinate(d->authority, OSSL_PKEY_PARAM_EC_PUB_X, d->authority_point.x);
	get_coordinate(d->authority, OSSL_PKEY_PARAM_EC_PUB_Y, d->authority_point.y);
}

static void sign(struct driver *d, const struct digest *digest, struct crypt_signature *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(d->authority, NULL);
	uint8_t der[128];
	const uint8_t *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_sign(ctx, der, &len, digest->b, DIGEST_SIZE) != 1)
		die("signing", ERR_CRYPTO);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), out->r, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out->s, 32) != 32)
		die("signature", ERR_CRYPTO);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
}

/* ---- messages ------------------------------------------------------------------------------- */

static bool receive(struct channel *c, int fd, struct msg *m, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	enum err e = channel_recv(c, m);

	while (e == ERR_AGAIN && poll(&p, 1, wait_ms) == 1)
		e = channel_recv(c, m);
	return e == ERR_OK;
}

static void send_to(struct channel *c, uint16_t type, uint32_t id, size_t len)
{
	const struct msg m = {.type = type, .id = id, .body = buffer, .len = len};

	must(channel_send(c, &m), "send");
}

static void send_fd(struct channel *c, const struct super_peer *who, int fd)
{
	struct msg m = {.type = SUPER_PEER, .body = buffer, .nfds = 1};

	m.fds[0] = fd;
	must(super_peer_encode(who, buffer, sizeof(buffer), &m.len), "peer");
	must(channel_send(c, &m), "send");
}

static void put_slot(struct slot *s, const uint8_t *bytes, size_t len)
{
	s->len = len;
	memcpy(s->bytes, bytes, len);
}

static void durable(struct driver *d, uint64_t attempt, enum err e)
{
	const struct keys_result r = {.attempt = attempt, .err = (uint16_t)e};
	size_t len;

	must(keys_result_encode(&r, buffer, sizeof(buffer), &len), "durable");
	send_to(d->broker, KEYS_DURABLE, 0, len);
}

static void on_commit(struct driver *d, const struct msg *m)
{
	static struct keys_commit c;

	must(keys_commit_decode(m->body, m->len, &c), "KEYS_COMMIT decodes");
	d->commits++;
	d->last_commit_blobs = c.nblobs;
	if (d->mood == FAILING) {
		durable(d, c.attempt, ERR_IO);
		return;
	}
	put_slot(&d->store.root[c.root_slot], c.root, c.root_len);
	if (c.nrecords > 0)
		put_slot(&d->store.record, c.records[0].bytes, c.records[0].len);
	durable(d, c.attempt, ERR_OK);
}

static void on_header(struct driver *d, const struct msg *m)
{
	struct keys_header h;

	must(keys_header_decode(m->body, m->len, &h), "KEYS_HEADER decodes");
	put_slot(&d->store.header[d->store.next_header], h.bytes, h.len);
	d->store.next_header ^= 1;
	durable(d, h.attempt, ERR_OK);
}

static void on_anchored(struct driver *d, const struct msg *m)
{
	struct keys_result r;

	must(keys_result_decode(m->body, m->len, &r), "KEYS_ANCHORED decodes");
	if (r.err == ERR_OK)
		d->anchored++;
}

/* Serves the key keeper until a message of this type and id has come; false: nothing came. */
static bool serve_until(struct driver *d, uint16_t type, uint32_t id, struct msg *m, int wait_ms)
{
	while (receive(d->broker, d->broker_fd, m, wait_ms)) {
		if (m->type == type && m->id == id)
			return true;
		if (m->type == KEYS_COMMIT)
			on_commit(d, m);
		else if (m->type == KEYS_HEADER)
			on_header(d, m);
		else if (m->type == KEYS_ANCHORED)
			on_anchored(d, m);
	}
	return false;
}

/* Sends what was encoded into buffer; the error of the KEYS_DONE that answers. */
static enum err request(struct driver *d, uint16_t type, size_t len)
{
	uint32_t id = ++d->next_id;
	struct keys_done done;
	struct msg m;

	send_to(d->broker, type, id, len);
	if (!serve_until(d, KEYS_DONE, id, &m, WAIT_MS))
		return ERR_TIMEOUT;
	must(keys_done_decode(m.body, m.len, &done), "KEYS_DONE decodes");
	if (done.err)
		printf("   (%s: %s)\n", err_name(err_from_wire(done.err)), done.detail);
	return err_from_wire(done.err);
}

static struct keys_status status(struct driver *d)
{
	struct keys_status s;
	struct msg m;

	send_to(d->broker, KEYS_STATUS, ++d->next_id, 0);
	if (!serve_until(d, KEYS_STATUS_IS, d->next_id, &m, WAIT_MS))
		die("status", ERR_TIMEOUT);
	must(keys_status_decode(m.body, m.len, &s), "status decodes");
	return s;
}

/* ---- the key keeper's process --------------------------------------------------------------- */

static void spawn_keeper(struct driver *d, int super, int broker, int ptpm)
{
	static char name[] = "vtpmmgr-keys", id[] = "65001", level[] = "2", run[] = "/run";
	char *const argv[] = {name, id, id, level, run, NULL};
	const struct spawn_fd fds[] = {
	    {super,  FD_SUPER      },
            {broker, FD_KEYS_BROKER},
            {ptpm,   FD_KEYS_PTPM  }
        };
	int program = open(d->program, O_RDONLY | O_CLOEXEC), pidfd;

	if (program < 0)
		die(d->program, ERR_NOT_FOUND);
	must(spawn(program, argv, fds, 3, SPAWN_PID_NAMESPACE, &d->pid, &pidfd), "spawn");
	close(pidfd);
	close(program);
}

static void send_config(struct driver *d, bool provisioning)
{
	struct super_config c = {.pcr = 15, .pinned = d->pinned, .provisioning = provisioning};
	size_t len;

	memset(c.measurement.b, 0x55, DIGEST_SIZE);
	memcpy(c.pin, d->pin, TPM_NAME_SIZE);
	must(super_config_encode(&c, buffer, sizeof(buffer), &len), "config");
	send_to(d->super, SUPER_CONFIG, 0, len);
}

static void start_keeper(struct driver *d, const char *role)
{
	char path[256];
	int super[2], broker[2], ptpm;
	struct msg m;

	snprintf(path, sizeof(path), "%s/%s", d->ptpm_dir, role);
	must(channel_connect(path, &ptpm), path);
	must(channel_pair(super), "pair");
	must(channel_pair(broker), "pair");
	spawn_keeper(d, super[1], broker[1], ptpm);
	close(super[1]);
	close(broker[1]);
	close(ptpm);
	d->super_fd = super[0];
	d->broker_fd = broker[0];
	must(channel_new(super[0], 4096, &d->super), "channel");
	must(channel_new(broker[0], MSG_BODY_MAX, &d->broker), "channel");
	send_config(d, strcmp(role, "provision") == 0);
	if (!receive(d->super, d->super_fd, &m, WAIT_MS) || m.type != SUPER_READY)
		die("the key keeper does not get ready", ERR_TIMEOUT);
}

/* It is process 1 of its namespace: a signal that it does not handle is SIGKILL or nothing. */
static void stop_keeper(struct driver *d, int signo)
{
	if (signo == SIGTERM)
		send_to(d->super, SUPER_STOP, 0, 0);
	else
		kill(d->pid, signo);
	waitpid(d->pid, NULL, 0);
	channel_close(d->super);
	channel_close(d->broker);
	channel_close(d->worker);
	d->super = d->broker = d->worker = NULL;
}

/* ---- what the broker asks ------------------------------------------------------------------- */

static struct approval approve_now(struct driver *d, uint32_t mask, enum hierarchy h)
{
	struct approval a = {.pcrs = mask, .version = 1};
	struct crypt_part parts[24];
	struct keys_pcrs pcrs;
	struct digest ahash;
	size_t n = 0;
	struct msg m;

	buffer[0] = 0;
	buffer[1] = (uint8_t)(mask >> 16);
	buffer[2] = (uint8_t)(mask >> 8);
	buffer[3] = (uint8_t)mask;
	send_to(d->broker, KEYS_PCRS, ++d->next_id, 4);
	if (!serve_until(d, KEYS_PCR_VALUES, d->next_id, &m, WAIT_MS))
		die("PCRs", ERR_TIMEOUT);
	must(keys_pcrs_decode(m.body, m.len, &pcrs), "PCRs decode");
	for (unsigned i = 0; i < 24; i++)
		if (mask & 1u << i)
			parts[n++] = (struct crypt_part){pcrs.values[i].b, DIGEST_SIZE};
	must(crypt_sha256(parts, n, &a.pcr_digest), "digest");
	must(approval_digest(&a, h, &ahash), "ahash");
	sign(d, &ahash, &a.sig);
	return a;
}

static enum err init(struct driver *d, const struct approval *a)
{
	struct keys_init q = {.authority = d->authority_point, .approval = *a, .policy_len = 3};
	size_t len;

	must(keys_init_encode(&q, buffer, sizeof(buffer), &len), "init");
	return request(d, KEYS_INIT, len);
}

static enum err open_store(struct driver *d, const struct store *s)
{
	struct keys_open q;
	struct keys_opened a;
	struct msg m;
	size_t len;

	for (int i = 0; i < 2; i++) {
		q.header[i] = s->header[i].bytes;
		q.header_len[i] = (uint32_t)s->header[i].len;
		q.root[i] = s->root[i].bytes;
		q.root_len[i] = (uint32_t)s->root[i].len;
	}
	must(keys_open_encode(&q, buffer, sizeof(buffer), &len), "open");
	send_to(d->broker, KEYS_OPEN, ++d->next_id, len);
	if (!serve_until(d, KEYS_OPENED, d->next_id, &m, WAIT_MS))
		return ERR_TIMEOUT;
	must(keys_opened_decode(m.body, m.len, &a), "opened");
	if (a.err)
		printf("   (%s)\n", a.detail);
	return err_from_wire(a.err);
}

static const uint8_t uuid[UUID_SIZE] = {1, 2, 3, 4};

static enum err create(struct driver *d)
{
	struct record r = {.name = "v", .stakeholder = "s", .vtpm_class = VTPM_DISCRETIONARY};
	struct keys_create q = {
	    .region = STORE_REGIONS_AT,
	    .quota = QUOTA_MIN,
	    .guest = {.kind = GUEST_UNIX, .id = {0, 0, 0x4e, 0x21}}
        };
	static uint8_t bytes[RECORD_SLOT_SIZE];
	size_t len;

	memcpy(r.uuid, uuid, UUID_SIZE);
	must(record_encode(&r, bytes, sizeof(bytes), &len), "record");
	q.record = bytes;
	q.record_len = (uint32_t)len;
	must(keys_create_encode(&q, buffer, sizeof(buffer), &len), "create");
	return request(d, KEYS_CREATE, len);
}

static uint32_t ask_start(struct driver *d, const struct slot *record)
{
	struct keys_start q = {.record = record->bytes, .record_len = (uint32_t)record->len};
	size_t len;

	memcpy(q.uuid, uuid, UUID_SIZE);
	must(keys_start_encode(&q, buffer, sizeof(buffer), &len), "start");
	send_to(d->broker, KEYS_START, ++d->next_id, len);
	return d->next_id;
}

static enum err wait_done(struct driver *d, uint32_t id)
{
	struct keys_done done;
	struct msg m;

	if (!serve_until(d, KEYS_DONE, id, &m, WAIT_MS))
		return ERR_TIMEOUT;
	must(keys_done_decode(m.body, m.len, &done), "done");
	return err_from_wire(done.err);
}

/* A worker of ours: its channel goes to the key keeper as the supervisor would hand it over. */
static void give_worker(struct driver *d)
{
	struct super_peer who = {.role = ROLE_WORKER};
	int fds[2];

	memcpy(who.uuid, uuid, UUID_SIZE);
	must(channel_pair(fds), "pair");
	send_fd(d->super, &who, fds[0]);
	close(fds[0]);
	channel_close(d->worker);
	d->worker_fd = fds[1];
	must(channel_new(fds[1], 1024, &d->worker), "worker channel");
}

static enum err start_vtpm(struct driver *d, struct state_key *key)
{
	uint32_t id = ask_start(d, &d->store.record);
	struct super_peer who;
	struct msg m;
	enum err e;

	if (!receive(d->super, d->super_fd, &m, WAIT_MS))
		return wait_done(d, id);
	must(m.type == SUPER_SPAWN ? super_peer_decode(m.body, m.len, &who) : ERR_FORMAT, "spawn");
	check(d, who.guest.kind == GUEST_UNIX && who.guest.id[2] == 0x4e,
	      "the worker is asked for with the guest that the anchored leaf names");
	give_worker(d);
	e = wait_done(d, id);
	if (e)
		return e;
	if (!receive(d->worker, d->worker_fd, &m, WAIT_MS) || m.type != STATE_KEY)
		return ERR_TIMEOUT;
	return state_key_decode(m.body, m.len, key);
}

static void send_dirty(struct driver *d, uint64_t version)
{
	struct state_mark mark = {.version = version, .len = 100};
	size_t len;

	memset(mark.digest.b, (int)version, DIGEST_SIZE);
	must(state_mark_encode(&mark, buffer, sizeof(buffer), &len), "mark");
	send_to(d->worker, STATE_DIRTY, 0, len);
}

/* The version that the worker is told is anchored; 0: it is told nothing. */
static uint64_t told_anchored(struct driver *d, int wait_ms)
{
	uint64_t version = 0;
	struct msg m;

	while (receive(d->worker, d->worker_fd, &m, wait_ms))
		if (m.type == STATE_ANCHORED &&
		    state_anchored_decode(m.body, m.len, &version) == ERR_OK)
			return version;
	return 0;
}

static void serve_for(struct driver *d, int ms)
{
	struct msg m;

	serve_until(d, 0, UINT32_MAX, &m, ms);
}

/* ---- the story ------------------------------------------------------------------------------ */

static void provision(struct driver *d)
{
	struct approval a, forged;
	struct msg m;

	start_keeper(d, "provision");
	check(d, open_store(d, &d->store) == ERR_UNPROVISIONED, "an empty store is unprovisioned");
	a = approve_now(d, 0x80ff, HIERARCHY_PLATFORM);
	forged = a;
	forged.sig.r[5] ^= 1;
	check(d, init(d, &forged) == ERR_SIGNATURE, "a forged approval provisions nothing");
	forged = approve_now(d, 0x80ff, HIERARCHY_OWNER);
	check(d, init(d, &forged) == ERR_DENIED, "the owner hierarchy has to be asked for");
	check(d, init(d, &a) == ERR_OK, "platform init");
	check(d, init(d, &a) == ERR_EXISTS, "a second init is refused");
	if (!receive(d->super, d->super_fd, &m, WAIT_MS) || m.type != SUPER_PIN)
		die("the pTPM's key is pinned", ERR_TIMEOUT);
	memcpy(d->pin, m.body, TPM_NAME_SIZE);
	d->pinned = true;
	check(d, create(d) == ERR_OK, "create");
	check(d, create(d) == ERR_EXISTS, "a uuid exists once");
	stop_keeper(d, SIGTERM);
}

static void commit(struct driver *d, struct state_key *key)
{
	struct keys_status before, after;

	start_keeper(d, "keys");
	check(d, open_store(d, &d->store) == ERR_OK, "the store opens again");
	before = status(d);
	check(d, before.open && before.measured && before.pinned, "status: open, measured, pinned");
	check(d, start_vtpm(d, key) == ERR_OK, "start");
	after = status(d);
	printf("   start: %llu pTPM commands, the first one with a fresh ticket\n",
	       (unsigned long long)(after.ptpm_commands - before.ptpm_commands));
	check(d, key->current.version == 0 && key->quota == QUOTA_MIN, "a new vTPM has no state");
	before = after;
	send_dirty(d, 1);
	serve_for(d, 300);
	check(d, told_anchored(d, 1000) == 1, "version 1 is anchored");
	after = status(d);
	check(d, after.ptpm_commands - before.ptpm_commands == 1, "a commit is one pTPM command");
	check(d, after.states == 1 && after.extends == 1, "and is counted");
}

static void stall(struct driver *d)
{
	d->mood = FAILING;
	send_dirty(d, 2);
	serve_for(d, 300);
	check(d, told_anchored(d, 100) == 0, "nothing is acknowledged that is not durable");
	check(d, status(d).stalled, "the store is known to fail");
	d->mood = HONEST;
	serve_for(d, 1200);
	check(d, told_anchored(d, 1000) == 2, "and is acknowledged when it is");
	check(d, !status(d).stalled, "the store works again");
}

static void restart(struct driver *d, const struct state_key *key)
{
	struct state_resume resume = {
	    .anchored = {.version = 2, .len = 100}
        };
	struct state_key again;
	struct super_exited gone = {.role = ROLE_WORKER, .how = EXITED_SIGNAL, .code = 9};
	struct keys_status before;
	size_t len;

	stop_keeper(d, SIGKILL);
	start_keeper(d, "keys");
	give_worker(d);
	must(state_resume_encode(&resume, buffer, sizeof(buffer), &len), "resume");
	send_to(d->worker, STATE_RESUME, 0, len);
	check(d, open_store(d, &d->store) == ERR_OK, "kill -9: the store opens again");
	check(d, told_anchored(d, 1000) == 2, "a running worker is told what is anchored");
	send_dirty(d, 3);
	serve_for(d, 300);
	check(d, told_anchored(d, 1000) == 3, "and goes on");
	memcpy(gone.uuid, uuid, UUID_SIZE);
	must(super_exited_encode(&gone, buffer, sizeof(buffer), &len), "exited");
	send_to(d->super, SUPER_EXITED, 0, len);
	usleep(50000);
	before = status(d);
	check(d, start_vtpm(d, &again) == ERR_OK, "a dead worker's vTPM starts again");
	len = status(d).ptpm_commands - before.ptpm_commands;
	printf("   start: %zu pTPM commands\n", len);
	check(d, len <= 7, "a start is at most 8 pTPM commands, its first commit included");
	check(d, memcmp(again.key, key->key, sizeof(key->key)) == 0, "with the same state key");
	check(d, again.current.version == 3, "and its last state");
}

/* Everything below is refused by what is anchored, whatever the disk and the broker say. */
static void lie(struct driver *d)
{
	static struct store yesterday, bent;
	struct msg m;

	yesterday = d->store;
	send_dirty(d, 5);
	serve_for(d, 100);
	check(d, !receive(d->worker, d->worker_fd, &m, 500),
	      "a worker that skips a version loses its channel");
	stop_keeper(d, SIGKILL);
	start_keeper(d, "keys");
	check(d, open_store(d, &d->store) == ERR_OK, "the others go on");
	check(d, create(d) == ERR_EXISTS, "a refused change is not an error of the store");
	bent = d->store;
	bent.record.bytes[40] ^= 1;
	check(d, wait_done(d, ask_start(d, &bent.record)) == ERR_TAMPERED, "a bent record");
	check(d, start_vtpm(d, &(struct state_key){0}) == ERR_OK, "the true record");
	send_dirty(d, 4);
	serve_for(d, 300);
	check(d, told_anchored(d, 1000) == 4, "version 4 is anchored");
	send_dirty(d, 5);
	serve_for(d, 300);
	check(d, told_anchored(d, 1000) == 5, "version 5 is anchored");
	stop_keeper(d, SIGKILL);
	start_keeper(d, "keys");
	check(d, open_store(d, &yesterday) == ERR_ROLLBACK, "yesterday's store is a rollback");
	bent = d->store;
	for (int i = 0; i < 2; i++)
		bent.root[i].bytes[100] ^= 1;
	check(d, open_store(d, &bent) == ERR_ROLLBACK, "a bent root is not the anchored one");
	bent = d->store;
	bent.header[0].bytes[100] ^= 1;
	check(d, open_store(d, &bent) == ERR_TAMPERED, "a bent boot header");
	check(d, open_store(d, &d->store) == ERR_OK, "today's store opens");
	stop_keeper(d, SIGTERM);
}

int main(int argc, char *argv[])
{
	static struct driver d;
	struct state_key key;

	if (argc != 3) {
		fprintf(stderr, "usage: keeper_driver PROGRAM PTPM-DIR\n");
		return 2;
	}
	d.program = argv[1];
	d.ptpm_dir = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_authority(&d);
	provision(&d);
	commit(&d, &key);
	stall(&d);
	restart(&d, &key);
	lie(&d);
	EVP_PKEY_free(d.authority);
	printf("%u checks, %u failed\n", d.checks, d.failed);
	return d.failed > 0;
}
