/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request: one request of an admin client, from its decision to its answer and
 * its audit record. It outlives its client: what was begun is finished, and
 * recorded.
 */
#ifndef VTPMMGR_REQUEST_H
#define VTPMMGR_REQUEST_H

#include "lib/loop.h"
#include "lib/msg.h"
#include "policy/policy.h"
#include "vtpmmgr/broker/broker.h"

#include <sys/queue.h>

/* What must be there before a request can be looked at. */
enum request_needs {
	NEEDS_NOTHING,
	NEEDS_KEEPER, /* a key keeper, whatever it thinks of the store */
	NEEDS_KNOWN,  /* the registry, as it was last anchored */
	NEEDS_OPEN    /* a key keeper that has the store open */
};

struct request;

struct request_rule {
	uint16_t type;
	const char *name; /* in the audit trail */
	size_t min_len;
	size_t max_len;
	enum request_needs needs;
	bool changes; /* where it succeeds, something is no more as it was */
	void (*fn)(struct request *q);
};

/* What has been begun for a request, and is waited for. */
enum request_wait {
	WAIT_NONE,
	WAIT_RUNNING,   /* the vTPM uuid: to serve */
	WAIT_STOPPED,   /* the vTPM uuid: to have ended */
	WAIT_SUSPENDED, /* the vTPM uuid: to be suspended, or not */
	WAIT_OPENING    /* the store: to be open, or refused */
};

struct client;

struct request {
	LIST_ENTRY(request) link;
	struct broker *b;
	struct client *client; /* NULL: it has gone away */
	const struct request_rule *rule;
	uint32_t id;
	struct policy_principal who;
	char subject[NAME_MAX_LEN + 1]; /* "": no stakeholder */
	bool begun;                     /* it was decided on: from here on it ends with a record */
	bool deferred;                  /* until rule->needs is met */
	bool kicked;                    /* to be looked at again in this round */
	struct loop_timer *timer;       /* the end of that patience */
	enum request_wait wait;
	uint8_t uuid[UUID_SIZE]; /* of the vTPM it waits for */
	/* For answer and audit. */
	char stakeholder[NAME_MAX_LEN + 1];
	char object[NAME_MAX_LEN + 1];
	struct policy_verdict verdict; /* the one that counted */
	void *data;                    /* a handler's own, freed with the request */
	size_t len;
	uint8_t body[];
};

/* Frees one that nothing was done about, and nobody waits for any more. */
void request_drop(struct request *q);

/* Answers, records and frees. text NULL: what err_text() says. */
void request_finish(struct request *q, enum err e, const char *text, const uint8_t *body,
		    size_t len);
void request_done(struct request *q);
void request_fail(struct request *q, enum err e, const char *text);
/* Answers with what b->out holds. */
void request_reply(struct request *q, size_t len);
/* With v as the answer's body. */
void request_show(struct request *q, const struct vtpm *v);
/* The same, with how its wear budget stands. NULL: not known. */
void request_show_wear(struct request *q, const struct vtpm *v, const struct keys_wear *wear);

/* The policy's word on an action on the platform itself; the verdict is kept. */
bool request_may(struct request *q, enum policy_action action);
/* The same, of a vTPM. */
bool request_may_vtpm(struct request *q, enum policy_action action, const struct vtpm *v);
/* Any other question: subject and who are filled in. */
bool request_decide(struct request *q, struct policy_request *pq);
/* Refuses by the kept verdict: the rule is told to who may read the policy. */
void request_deny(struct request *q);

/* Whether the client may know that v exists. Leaves the kept verdict alone. */
bool request_sees(const struct request *q, const struct vtpm *v);

/*
 * The vTPM that a client means: uuid, stakeholder/name, or a name, its own
 * stakeholder's first. NULL: the request has been answered, in the same way
 * whether there is none or it is not the client's to see.
 */
struct vtpm *request_find(struct request *q, const char *name);

/* Remembers whom this is about, for the audit trail. */
void request_about(struct request *q, const char *stakeholder, const char *object);

#endif
