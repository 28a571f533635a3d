/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper_play: everybody whom the key keeper talks to, played by one test
 * process: supervisor, broker, workers and platform authority. The store is a few
 * arrays in memory, so that yesterday's is at hand. Each check prints one line;
 * what makes the rest pointless ends the test.
 */
#ifndef TESTS_KEEPER_PLAY_H
#define TESTS_KEEPER_PLAY_H

#include "lib/channel.h"
#include "lib/ossl.h"
#include "lib/proto_keys.h"
#include "lib/proto_state.h"
#include "lib/proto_super.h"
#include "tests/integration/keeper_relay.h"

#include <stdbool.h>

#define WAIT_MS 60000
#define VTPMS   70 /* more than one commit takes */

/* ---- the players (keeper_play.c) ------------------------------------------------------------ */

struct slot {
	size_t len;
	uint8_t bytes[STORE_ROOT_SIZE];
};

struct record_slot {
	size_t len;
	uint8_t bytes[RECORD_SLOT_SIZE];
};

/* What a broker has on its disk. */
struct store {
	struct slot header[2];
	struct slot root[2];
	struct record_slot records[VTPMS];
	unsigned next_header;
};

/* How the broker answers KEYS_COMMIT and KEYS_HEADER. LYING: "durable", with nothing written. */
enum mood { HONEST, FAILING, SILENT, LYING };

struct player {
	struct channel *channel;
	int fd;
};

struct commit_seen {
	unsigned relayed; /* commands the relay had seen by then */
	uint64_t attempt;
	uint16_t blobs;
	struct digest prev;
};

struct driver {
	const char *program;
	const char *ptpm_dir;
	EVP_PKEY *authority;
	struct crypt_point authority_point;
	enum hierarchy hierarchy;
	struct store store;
	struct relay *relay;
	pid_t pid;
	struct player super, broker, workers[VTPMS];
	bool pinned;
	uint8_t pin[TPM_NAME_SIZE];
	uint32_t next_id;
	struct freshness promised, asked; /* of the vTPMs that are created, and started */
	enum mood commit_mood, header_mood;
	struct commit_seen commits[512];
	unsigned ncommits;
	unsigned anchored, refused; /* KEYS_ANCHORED with ERR_OK, with an error */
	unsigned strays;            /* KEYS_DONE that nobody had asked for */
	unsigned checks, failed;
};

/* Scratch for one message at a time. */
extern uint8_t play_buffer[MSG_BODY_MAX];

void check(struct driver *d, bool ok, const char *what);
void must(enum err e, const char *what);
__attribute__((noreturn)) void die(const char *what, enum err e);

/* Parses the command line; makes the authority and the relay. */
void play_begin(struct driver *d, int argc, char *argv[]);
/* The exit code. */
int play_end(struct driver *d);

/* Starts PROGRAM with its pTPM behind the relay; role: the proxy's socket, "keys" or "provision".
 */
void keeper_start(struct driver *d, const char *role);
/* SIGTERM: SUPER_STOP. It is process 1 of its namespace: other signals are SIGKILL or nothing. */
void keeper_stop(struct driver *d, int signo);
/* Serves until it ends by itself; false if it does not. */
bool keeper_ends(struct driver *d);

bool play_receive(struct player *p, struct msg *m, int wait_ms);
/* Sends len bytes of play_buffer. */
void play_send(struct player *p, uint16_t type, uint32_t id, size_t len);
void play_close(struct player *p);

/* A worker of ours: its channel goes to the key keeper as the supervisor would hand it over. */
void worker_give(struct driver *d, unsigned i);
void worker_exited(struct driver *d, unsigned i);
void worker_dirty(struct driver *d, unsigned i, uint64_t version);
/* The same, as the last state of its run. */
void worker_ends(struct driver *d, unsigned i, uint64_t version);
void worker_resume(struct driver *d, unsigned i, uint64_t version);
/* The version that it is told is anchored, serving the broker meanwhile; 0: it is told nothing. */
uint64_t worker_told(struct driver *d, unsigned i, int wait_ms);
/* The same, with its epoch. */
struct state_anchored worker_anchored(struct driver *d, unsigned i, int wait_ms);
/* The next STATE_STALL that it is told; -1: none comes. */
int worker_stalled(struct driver *d, unsigned i, int wait_ms);
/* The next STATE_FRESHNESS; -1: none comes. */
int worker_freshness(struct driver *d, unsigned i, int wait_ms);
const uint8_t *worker_uuid(unsigned i);

/* A new broker: the old one's channel ends if closed first, else is replaced. */
void broker_replace(struct driver *d, bool close_first);

/* ---- the owner's own commands (keeper_raw.c) ------------------------------------------------ */

/* Sends a whole TPM command past the key keeper; its response code. */
uint32_t raw_transmit(struct driver *d, const uint8_t *command, size_t len);
/* Two handles (index 0: only the first), an empty password for the first, and parameters. */
uint32_t raw_run(struct driver *d, uint32_t cc, uint32_t auth, uint32_t index,
		 const struct wbuf *parameters);
uint32_t raw_undefine(struct driver *d, uint32_t owner, uint32_t index);

/* ---- the authority (keeper_authority.c) ----------------------------------------------------- */

void authority_make(struct driver *d);
void authority_sign(const struct driver *d, const struct digest *digest,
		    struct crypt_signature *out);
/* An approval of the PCRs as they are now. */
struct approval authority_approve(struct driver *d, uint32_t mask, enum hierarchy h);

/* ---- the broker (keeper_broker.c) ----------------------------------------------------------- */

/* Serves the key keeper until a message of this type and id has come; false: nothing came. */
bool broker_serve(struct driver *d, uint16_t type, uint32_t id, struct msg *m, int wait_ms);
/* Serves until nothing has come for so long. */
void broker_serve_for(struct driver *d, int ms);
/* Serves until the relay holds a command, or its answer; that never happens: the test ends. */
void broker_until_held(struct driver *d);
/* Serves until it has been asked for more than n commits, its mood whatever it is. */
void broker_until_commit(struct driver *d, unsigned n);
/* Sends what was encoded into play_buffer; the error of the KEYS_DONE that answers. */
enum err broker_request(struct driver *d, uint16_t type, size_t len);
enum err broker_wait_done(struct driver *d, uint32_t id, int wait_ms);
/* Serves until the supervisor is asked for a worker; or the error of the KEYS_DONE of this id. */
enum err broker_until_spawn(struct driver *d, uint32_t id, struct super_spawn *who);

enum err broker_init(struct driver *d, const struct approval *a, bool allow_owner);
enum err broker_open(struct driver *d, const struct store *s);
enum err broker_create(struct driver *d, unsigned i);
/* In a region of that number, for that guest. */
enum err broker_create_for(struct driver *d, unsigned i, unsigned region, const struct guest *g);
enum err broker_update(struct driver *d, const uint8_t uuid[UUID_SIZE], const struct approval *a,
		       const struct record_slot *record);
/* These only ask; the id is to be waited for. */
uint32_t broker_ask_destroy(struct driver *d, unsigned i);
uint32_t broker_ask_start(struct driver *d, unsigned i, const struct record_slot *record);
/* Start, with the supervisor and the worker played honestly. */
enum err broker_start(struct driver *d, unsigned i, struct state_key *key);
struct keys_status broker_status(struct driver *d);
struct keys_wear broker_wear(struct driver *d, unsigned i);
/* KEYS_TERMS: what d->asked says. */
void broker_terms(struct driver *d, unsigned i);
/* Everything up to one vTPM, number 0, that has never been started; the key keeper is stopped. */
void broker_provision(struct driver *d);

#endif
