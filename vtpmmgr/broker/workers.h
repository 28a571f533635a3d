/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * workers: the channels to the workers, and the ciphertext that comes over them.
 * A worker is the channel it speaks on: it can say nothing about another's vTPM.
 */
#ifndef VTPMMGR_WORKERS_H
#define VTPMMGR_WORKERS_H

#include "lib/channel.h"
#include "lib/proto_blob.h"
#include "lib/proto_state.h"

#include <stdbool.h>
#include <sys/queue.h>

struct broker;
struct vtpm;

struct worker {
	LIST_ENTRY(worker) link;
	struct broker *b;
	uint8_t uuid[UUID_SIZE];
	struct channel *channel; /* NULL: closed; its process may still be there */
	bool exited;             /* its process is not; what it sent last is still read */
	bool wants_blob;         /* asked before it could be answered */
	enum blob_which wants;
	uint64_t version; /* of pending */
	size_t len;
	uint8_t *pending; /* a state that is not anchored yet; NULL: none */
	bool digest_known;
	struct digest digest; /* of pending */
};

struct workers {
	LIST_HEAD(, worker) list;
};

/* SUPER_PEER: fd (taken over) leads to the worker of this vTPM from now on. */
enum err workers_connect(struct broker *b, const uint8_t uuid[UUID_SIZE], int fd) MUST_USE;
/*
 * SUPER_EXITED: its process has ended; why is ERR_OK if it ended cleanly, or what kept it from
 * being started.
 */
void workers_exited(struct broker *b, const uint8_t uuid[UUID_SIZE], enum err why);
/* The registry is known: vTPMs whose worker runs already are running, others' workers end. */
void workers_adopt(struct broker *b);
/* BLOB_STOP, BLOB_SUSPEND. ERR_EOF: there is no worker to tell. */
enum err workers_ask_stop(struct worker *w) MUST_USE;
enum err workers_ask_suspend(struct worker *w) MUST_USE;
/* v's worker has ended, cleanly (ERR_OK) or not; what is anchored says whether it is suspended. */
void workers_ended(struct broker *b, struct vtpm *v, enum err why);

/*
 * The pending state with this mark. ERR_AGAIN: it may still come;
 * ERR_UNAVAILABLE: it will not, the worker has ended without sending it.
 */
enum err workers_blob(struct broker *b, const uint8_t uuid[UUID_SIZE],
		      const struct state_mark *mark, const uint8_t **bytes) MUST_USE;
/* Up to this version the state is anchored: what is pending of it can go. */
void workers_anchored(struct broker *b, const uint8_t uuid[UUID_SIZE], uint64_t version);

/* Session states: this version is durable; they cannot be stored at present, or can again. */
void workers_stored(struct broker *b, const uint8_t uuid[UUID_SIZE], uint64_t version);
void workers_stall(struct broker *b, bool stalled);

void workers_close_all(struct broker *b);

#endif
