/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys: the key keeper. It holds RK, builds every root record from what the
 * workers tell it on their own channels, anchors it in the pTPM, and gives each
 * worker its key. It parses nothing that a guest or an admin client sent.
 *
 *  keys_main      start, sandbox, the supervisor's messages
 *  keys_broker    the broker's messages: dispatch and answers
 *  keys_open      recovery: from a store's header and roots to the current root
 *  keys_pick      which copy is the current one
 *  keys_finding   what it means where there is none
 *  keys_platform  provisioning, approvals, PCRs, status
 *  keys_recover   putting back an older root, by the authority's signature
 *  keys_revoke    the minimum manager version
 *  keys_vtpm      create, start, destroy, records, policy: one change of the root each
 *  keys_commit    the group commit
 *  keys_worker    the workers' channels
 *  keys_budget    how a worker is to commit: its vTPM's terms, and the wear budget
 *  keys_wear      what each vTPM has used of that
 *  keys_tpm, keys_seal, keys_anchor, keys_tcti, keys_derive: the pTPM and the keys
 */
#ifndef VTPMMGR_KEYS_H
#define VTPMMGR_KEYS_H

#include "lib/channel.h"
#include "lib/loop.h"
#include "lib/proto_keys.h"
#include "lib/proto_super.h"
#include "lib/secret.h"
#include "vtpmmgr/keys/keys_finding.h"
#include "vtpmmgr/keys/keys_gather.h"
#include "vtpmmgr/keys/keys_tpm.h"
#include "vtpmmgr/keys/keys_wear.h"

/* The states of tests/model: what a commit has reached. */
enum keys_phase {
	PHASE_CLOSED,    /* no current root: RK is sealed, or the store is refused */
	PHASE_IDLE,      /* the current root is anchored, nothing is under way */
	PHASE_WRITING,   /* the broker makes the attempt durable */
	PHASE_UNCERTAIN, /* extended, but unknown whether it took effect: A must be read */
};

/* The security version of this manager: what approvals are signed for (PolicyNV: V <= version). */
#ifndef MANAGER_VERSION /* a test builds a newer one */
#define MANAGER_VERSION 1u
#endif

struct keys;

/*
 * One change of the root that the broker asked for. At most one goes into a
 * commit, beside any number of new states.
 */
struct change {
	struct change *next;
	uint32_t request; /* id to answer with KEYS_DONE; 0: nobody waits any more */
	enum err (*apply)(struct change *c, struct root *r);        /* to the next root */
	void (*done)(struct keys *k, struct change *c, enum err e); /* anchored, or never will be */
	struct leaf leaf; /* create, record: the new leaf; destroy: its uuid */
	uint8_t policy_slot;
	bool policy_signed;
	uint32_t policy_len;
	struct digest policy;
	size_t record_len; /* bytes to write into leaf's record slot; 0: none */
	uint8_t record[RECORD_SLOT_SIZE];
};

/* The root that is being made durable and anchored. */
struct attempt {
	uint64_t id;
	uint8_t slot;
	struct root *root;
	uint8_t *bytes; /* STORE_ROOT_SIZE */
	size_t len;
	struct secret *m;      /* what anchoring it extends */
	struct digest a_after; /* A once it is anchored */
	struct change *change; /* in it, or NULL */
	uint16_t nblobs;
	struct keys_commit_blob blobs[COMMIT_BLOBS];
};

/* A boot header on its way to the store. */
struct header_write {
	uint64_t attempt; /* 0: none */
	uint32_t request; /* 0: nobody waits for it any more */
	struct boot_header header;
};

struct keys_worker;

struct keys {
	struct loop *loop;
	struct channel *super;
	struct channel *broker;
	bool broker_open; /* this broker knows the current root: it can be asked to write */
	struct channel *ptpm;
	struct super_config config;
	bool configured;
	bool measured;       /* the measurement PCR holds what was measured */
	bool clear_disabled; /* as found when the store was opened */
	struct tpm tpm;

	bool header_known;
	struct boot_header header;
	struct header_write header_write;
	struct secret *rk;
	struct secret *root_mac;

	enum keys_phase phase;
	bool recovering; /* root is to be put back, and what follows from it is not anchored yet */
	struct digest a; /* A's value: prev of the next root */
	struct root *root; /* the current one */
	uint8_t root_slot;
	struct attempt attempt;
	uint64_t last_attempt;
	struct postponed *postponed; /* oldest first */
	struct change *changes;      /* waiting, oldest first */
	struct loop_timer *kick;     /* a commit begins at the end of this turn */
	bool waits;                  /* the kick is later than that: for more states */
	struct gather gather;
	struct loop_timer *retry;
	bool stalled;
	enum err last_err;
	enum finding found; /* why the store is closed */
	uint32_t differing; /* of the PCRs, where it was those */
	uint64_t audit_seq;
	struct digest audit_head;

	struct keys_worker *workers;
	struct wear *wear;
	struct loop_timer *tick; /* while a vTPM is out of budget */
	uint64_t extends;
	uint64_t states;
	uint8_t *out; /* MSG_BODY_MAX bytes to encode messages in */
};

/* ---- keys_main ---- */
/*
 * Ends the key keeper a little later where that may help (the pTPM is away):
 * the supervisor starts it again, and recovery begins anew.
 */
void keys_try_again(struct keys *k, enum err why);

/* ---- keys_broker ---- */
enum err keys_on_broker(void *keys, struct msg *m);
/* Answers a request (0: there is none to answer); detail may be NULL. */
void keys_done(struct keys *k, uint32_t request, enum err e, const char *detail);
/* Sends len bytes that were encoded into k->out. An error: they will never arrive. */
enum err keys_to_broker(struct keys *k, uint16_t type, uint32_t id, size_t len);

/* Takes up what was postponed while an extend was prepared; or forgets it, with the broker. */
void keys_go_on(struct keys *k);
void keys_forget_postponed(struct keys *k);

/* ---- keys_open ---- */
/* Whether root is the current one: something may be started from it, and be changed in it. */
bool keys_is_open(const struct keys *k);
enum err keys_open(void *keys, struct msg *m);
/* These steps, both included. An error is explained in *found, which is untouched otherwise. */
enum err keys_walk(struct keys *k, const struct keys_open *q, enum keys_step from,
		   enum keys_step to, struct keys_found *found) MUST_USE;
/* Takes RK and what follows from it into use, and finds A. */
enum err keys_adopt_root_key(struct keys *k, struct secret *rk) MUST_USE;
/* RK is forgotten, and what was found with it. */
void keys_drop_root_key(struct keys *k);
/* Unseals RK with the header's approvals and checks the payload's Names. V is known. */
enum err keys_unseal_root_key(struct keys *k, const struct boot_header *h,
			      struct secret **rk) MUST_USE;
/* RK || Name(A) || Name(V) || u16 format version. */
enum err keys_root_payload(const struct secret *rk, enum hierarchy h, struct secret **out) MUST_USE;

/* ---- keys_platform ---- */
/* Extends the measurement PCR, unless it has been since the platform booted. */
enum err keys_measure(struct keys *k) MUST_USE;
enum err keys_pcrs_request(void *keys, struct msg *m);
/* ERR_UNAPPROVED: a is for other PCRs than the present ones. */
enum err keys_pcrs_fit(struct keys *k, const struct approval *a) MUST_USE;
enum err keys_init_request(void *keys, struct msg *m);
enum err keys_update_request(void *keys, struct msg *m);
enum err keys_status_request(void *keys, struct msg *m);
void keys_header_durable(struct keys *k, enum err e);
/* The broker that was writing it is gone. */
void keys_header_lost(struct keys *k);
/* The first header was lost so, and this is what the next broker reads: is it there? */
void keys_header_settle(struct keys *k, const struct keys_open *q);

/* ---- keys_recover ---- */
enum err keys_inspect_request(void *keys, struct msg *m);
enum err keys_recover_request(void *keys, struct msg *m);

/* ---- keys_revoke ---- */
enum err keys_revoke_request(void *keys, struct msg *m);

/* ---- keys_vtpm ---- */
enum err keys_create_request(void *keys, struct msg *m);
enum err keys_destroy_request(void *keys, struct msg *m);
enum err keys_start_request(void *keys, struct msg *m);
enum err keys_start_discard_request(void *keys, struct msg *m);
enum err keys_policy_request(void *keys, struct msg *m);
enum err keys_terms_request(void *keys, struct msg *m);
/* A stakeholder's own approval, into that vTPM's record. */
void keys_update_record(struct keys *k, uint32_t request, const struct keys_update *u);

/* ---- keys_commit ---- */
/* Queues a change (owned by the commit from now on) and starts a commit soon. */
void keys_commit_change(struct keys *k, struct change *c);
/* Something is dirty: commit at the end of this turn of the loop. */
void keys_commit_soon(struct keys *k);
void keys_commit_durable(struct keys *k, uint64_t attempt, enum err e);
/* The broker died or was replaced: what it had not made durable is void, and so are its requests.
 */
void keys_commit_reset(struct keys *k);
/* No change that waits will happen. */
void keys_commit_void(struct keys *k, enum err why);
/* Whether an attempt that is under way holds a new state of this vTPM. */
bool keys_commit_holds(const struct keys *k, const uint8_t uuid[UUID_SIZE]);
/* Whether a change of this vTPM waits, or is under way. */
bool keys_commit_changes(const struct keys *k, const uint8_t uuid[UUID_SIZE]);

/* ---- keys_worker ---- */
struct keys_worker {
	struct keys_worker *next;
	struct keys *keys;
	uint8_t uuid[UUID_SIZE];
	struct channel *channel;  /* NULL: asked for, not there yet */
	struct secret *state_key; /* until it has been sent */
	uint32_t request;         /* KEYS_START to answer; 0: none */
	bool discard;             /* what it has of a volatile state */
	bool resuming;    /* it was there before us and has not been told what is anchored */
	bool resume_said; /* it has asked, but the root was not known yet */
	bool dirty;       /* what new_state describes waits to be anchored */
	struct state_dirty new_state;
	uint64_t attempt;           /* that anchored its last state */
	enum freshness_class fresh; /* as it was told, unless told_nothing */
	enum state_stall stall;
	bool told_nothing; /* it was there before us: what it was told last is not known */
};

struct keys_worker *keys_worker_find(struct keys *k, const uint8_t uuid[UUID_SIZE]);
/*
 * Asks the supervisor for a worker of this stakeholder's vTPM, that will get state_key (taken
 * over). discard: it is not to be resumed if it is suspended.
 */
enum err keys_worker_spawn(struct keys *k, const struct leaf *leaf, const char *stakeholder,
			   uint32_t request, struct secret *state_key, bool discard) MUST_USE;
/* SUPER_PEER of a worker: the one we asked for, or one that was there before us. */
void keys_worker_arrived(struct keys *k, const uint8_t uuid[UUID_SIZE], int fd);
void keys_worker_exited(struct keys *k, const struct super_exited *x);
/* The leaf's state is anchored: tell the worker, if it is there. */
void keys_worker_anchored(struct keys *k, const struct keys_commit_blob *b);
/* What is anchored is known: answer the workers that were there before us. */
void keys_worker_resume_all(struct keys *k);
/* Tells the worker how to commit, and whether to stall, where that is not what it was told last. */
void keys_worker_inform(struct keys_worker *w);
/* Nobody waits for the answer to a KEYS_START any more. */
void keys_worker_forget_requests(struct keys *k);

/* ---- keys_budget ---- */
/* How this vTPM's states are to be committed now. */
enum freshness_class keys_budget_class(const struct keys *k, const struct leaf *leaf);
/* Whether its worker is to stall, and why. */
enum state_stall keys_budget_stall(const struct keys *k, const uint8_t uuid[UUID_SIZE]);
/* These terms hold from now on. */
enum err keys_budget_terms(struct keys *k, const uint8_t uuid[UUID_SIZE],
			   const struct freshness *terms) MUST_USE;
/* A state of it has been anchored. */
void keys_budget_count(struct keys *k, const uint8_t uuid[UUID_SIZE]);
/* Adds how many vTPMs are out of budget. */
void keys_budget_status(const struct keys *k, struct keys_status *out);
enum err keys_wear_request(void *keys, struct msg *m);

#endif
