/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker_play: the key keeper and the broker of one worker, played in memory by
 * the test process. What happens is printed, one event a line.
 */
#ifndef TESTS_WORKER_PLAY_H
#define TESTS_WORKER_PLAY_H

#include "lib/channel.h"
#include "lib/proto_blob.h"
#include "lib/proto_state.h"

#include <stdbool.h>
#include <sys/types.h>

struct blob {
	size_t len;
	uint8_t bytes[BLOB_MAX];
};

struct driver {
	struct loop *loop;
	int program;
	const char *dir;
	uid_t uid;
	int obeyed; /* told of each line that is done */
	struct channel *super, *keys, *broker;
	struct loop_source *watch;
	int pidfd;
	pid_t pid;
	bool hold;  /* anchor and store nothing */
	bool dirty; /* pending waits to be anchored */
	bool lost;  /* the anchored blob cannot be read, once */
	unsigned commits;
	unsigned stored;
	uint8_t key[AEAD_KEY_SIZE];
	uint8_t slots;
	enum freshness_class fresh;
	uint64_t seq;   /* of the last root there was */
	uint64_t epoch; /* of the anchored leaf */
	struct state_mark anchored;
	struct digest volatile_state; /* of the anchored leaf */
	bool discard;                 /* at the next start */
	struct state_dirty pending;
	struct blob_put put; /* as last sent; its bytes in put_blob */
	struct blob put_blob;
	struct blob blob;       /* the anchored one */
	struct blob session[2]; /* the other slots, by the parity of the version */
};

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void must(enum err e, const char *what);

/* To a worker that has just died nothing can be sent; its exit is reported. */
void send_to(struct channel *c, uint16_t type, const uint8_t *body, size_t len);

enum err play_keys(void *driver, struct msg *m);
enum err play_broker(void *driver, struct msg *m);

/* Anchors what waits, and tells nobody. false: nothing waits. */
bool play_anchor(struct driver *d);
/* Anchors or stores what waits, unless held. */
void play_settle(struct driver *d);

#endif
