/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_keys: broker <-> key keeper. The broker asks; the key keeper decides
 * what is written where, and the broker moves the bytes.
 *
 *  broker -> keys            body                    reply
 *  KEYS_PCRS                 u32 pcr mask            KEYS_PCR_VALUES
 *  KEYS_INIT                 struct keys_init        KEYS_DONE (after KEYS_HEADER, KEYS_COMMIT)
 *  KEYS_OPEN                 struct keys_open        KEYS_OPENED
 *  KEYS_UPDATE               struct keys_update      KEYS_DONE (after KEYS_HEADER or KEYS_COMMIT)
 *  KEYS_CREATE               struct keys_create      KEYS_DONE (after KEYS_COMMIT)
 *  KEYS_DESTROY              16-byte uuid            KEYS_DONE (after KEYS_COMMIT)
 *  KEYS_START                struct keys_start       KEYS_DONE once the worker has its key
 *  KEYS_START_DISCARD        the same                the same; if it is suspended, its volatile
 *                                                    state is discarded
 *  KEYS_POLICY               struct keys_policy      KEYS_DONE (after KEYS_COMMIT)
 *  KEYS_AUDIT                struct keys_audit       none: the head to put into the next root
 *  KEYS_STATUS               empty                   KEYS_STATUS_IS
 *  KEYS_INSPECT              struct keys_open        KEYS_INSPECTED, or KEYS_DONE: no way to
 * recover KEYS_RECOVER              struct keys_recover     KEYS_DONE (after KEYS_COMMIT)
 *  KEYS_REVOKE               empty                   KEYS_DONE once V is this manager's version
 *  KEYS_TERMS                struct keys_start       none: what is asked now of one that runs
 *  KEYS_WEAR                 16-byte uuid            KEYS_WEAR_IS
 *  KEYS_DURABLE              u64 attempt, u16 err    none: answers KEYS_COMMIT and KEYS_HEADER
 *
 *  keys -> broker
 *  KEYS_HEADER               struct keys_header: write over the older copy, fdatasync, KEYS_DURABLE
 *  KEYS_COMMIT               struct keys_commit: write all, one fdatasync, KEYS_DURABLE
 *  KEYS_ANCHORED             u64 attempt, u16 err: that root is the current one now (ERR_OK), or
 *                            will never be (anything else)
 *  KEYS_DONE                 u16 err, string detail: the id is the request's
 */
#ifndef LIB_PROTO_KEYS_H
#define LIB_PROTO_KEYS_H

#include "lib/err.h"
#include "lib/finding.h"
#include "lib/msg.h"
#include "lib/proto_root.h"
#include "lib/proto_state.h"
#include "lib/recovery.h"

#define DETAIL_MAX     255
#define COMMIT_BLOBS   64 /* state blobs in one group commit */
#define COMMIT_RECORDS 4  /* records in one group commit */

enum keys_msg {
	KEYS_PCRS = 0x0201,
	KEYS_PCR_VALUES,
	KEYS_INIT,
	KEYS_OPEN,
	KEYS_OPENED,
	KEYS_UPDATE,
	KEYS_CREATE,
	KEYS_DESTROY,
	KEYS_START,
	KEYS_POLICY,
	KEYS_AUDIT,
	KEYS_STATUS,
	KEYS_STATUS_IS,
	KEYS_DURABLE,
	KEYS_HEADER,
	KEYS_COMMIT,
	KEYS_ANCHORED,
	KEYS_DONE,
	KEYS_REVOKE,
	KEYS_TERMS,
	KEYS_WEAR,
	KEYS_WEAR_IS,
	KEYS_INSPECT,
	KEYS_INSPECTED,
	KEYS_RECOVER,
	KEYS_START_DISCARD,
};

struct keys_pcrs {
	uint32_t mask;
	struct digest values[24]; /* those selected; the others zero */
};

struct keys_init {
	struct crypt_point authority;
	struct approval approval;   /* the first one: must fit the PCRs as they are */
	bool allow_owner_hierarchy; /* where the platform hierarchy cannot be used any more */
	uint8_t policy_slot;
	bool policy_signed; /* as in the root */
	uint32_t policy_len;
	struct digest policy;
};

/* Views into the message. A length of 0: that copy or slot holds no such record. */
struct keys_open {
	uint32_t header_len[2];
	const uint8_t *header[2];
	uint32_t root_len[2];
	const uint8_t *root[2];
};

/* err ERR_OK: root is the anchored one. Otherwise finding, and detail in words, say what was found.
 */
struct keys_opened {
	uint16_t err;
	uint8_t finding; /* enum finding */
	char detail[DETAIL_MAX + 1];
	uint8_t root_slot;
	uint32_t root_len;
	const uint8_t *root;
};

/* A store that does not open, and could be put back. */
struct keys_candidate {
	bool there;       /* a root of this store, not authenticated by anything */
	bool was_current; /* the other slot's root proves that it was anchored once */
	struct digest digest;
};

struct keys_inspected {
	uint8_t finding; /* enum finding */
	uint8_t store[UUID_SIZE];
	struct digest anchor; /* A's value */
	struct keys_candidate roots[2];
};

/* Signed by the platform authority. */
struct keys_recover {
	struct keys_open open;
	struct recovery recovery;
	struct crypt_signature sig;
};

/* uuid zero: the platform's approval. Otherwise that vTPM's own authority's, with its record. */
struct keys_update {
	uint8_t uuid[UUID_SIZE];
	struct approval approval;
	uint32_t record_len;
	const uint8_t *record;
};

/* record as encoded, its secret empty; the key keeper seals S_i and returns it in the commit. */
struct keys_create {
	uint64_t region;
	uint32_t quota;
	struct guest guest;
	uint32_t record_len;
	const uint8_t *record;
};

struct keys_start {
	uint8_t uuid[UUID_SIZE];
	struct freshness asked; /* by the policy in force */
	uint32_t record_len;
	const uint8_t *record;
};

/* Signed over the digest, by the platform authority; all zero where none is asked for. */
struct keys_policy {
	uint8_t slot;
	bool next_signed; /* as policy_signed in the root that this makes */
	uint32_t len;
	struct digest digest;
	struct crypt_signature sig;
};

struct keys_audit {
	uint64_t seq;
	struct digest head;
};

/* How the pTPM and the anchor stand; the words are vtpmctl's. */
struct keys_status {
	bool provisioned;    /* a boot header was opened, or initialised */
	bool open;           /* RK is unsealed and the root is current */
	uint8_t hierarchy;   /* enum hierarchy, 0 if not provisioned */
	bool clear_disabled; /* TPM2_Clear by lockout auth is disabled (TPMA_PERMANENT.disableClear)
			      */
	bool measured;      /* the measurement PCR was extended at platform boot, by us or before */
	bool pinned;        /* the salt key's Name was pinned before init ran */
	bool stalled;       /* commits fail at present */
	uint16_t last_err;  /* of the last failed open or commit */
	uint8_t found;      /* enum finding: why the store is closed */
	uint32_t differing; /* of FOUND_PCRS: which, as far as an approval tells */
	bool recovered;     /* `vtpmctl recover` has put an older root back, ever */
	uint64_t seq;       /* of the current root */
	uint64_t version;   /* of this manager, and the minimum that V holds */
	uint64_t min_version;
	uint64_t ptpm_commands; /* since start */
	uint64_t extends;       /* TPM2_NV_Extend of A, since start */
	uint64_t states;        /* state blobs anchored, since start */
	uint16_t degraded;      /* vTPMs that are of class session until their day is over */
	uint16_t exhausted;     /* vTPMs that are told to retry until theirs is */
};

/* How a vTPM's wear budget stands. */
struct keys_wear {
	uint32_t used;   /* states anchored since the day began */
	uint32_t budget; /* 0: none */
	uint32_t left;   /* seconds until the day is over; 0: none has begun */
	uint8_t fresh;   /* enum freshness_class, as its states are committed now */
	bool stalled;    /* its guest is told to retry until the day is over */
};

struct keys_commit_blob {
	uint8_t uuid[UUID_SIZE];
	uint8_t slot;
	struct state_mark mark;
};

struct keys_commit_record {
	uint8_t uuid[UUID_SIZE];
	uint8_t slot;
	uint32_t len;
	const uint8_t *bytes;
};

struct keys_commit {
	uint64_t attempt; /* never used twice by one key keeper */
	uint8_t root_slot;
	uint32_t root_len;
	const uint8_t *root;
	uint16_t nblobs;
	struct keys_commit_blob blobs[COMMIT_BLOBS];
	uint16_t nrecords;
	struct keys_commit_record records[COMMIT_RECORDS];
};

struct keys_result { /* KEYS_DURABLE, KEYS_ANCHORED */
	uint64_t attempt;
	uint16_t err;
};

struct keys_done {
	uint16_t err;
	char detail[DETAIL_MAX + 1];
};

struct keys_header {
	uint64_t attempt;
	uint32_t len;
	const uint8_t *bytes;
};

struct rbuf;
struct wbuf;

/* The status inside another message. */
void keys_status_put(struct wbuf *w, const struct keys_status *m);
void keys_status_get(struct rbuf *r, struct keys_status *out);
/* How a budget stands, likewise. */
void keys_wear_put(struct wbuf *w, const struct keys_wear *m);
void keys_wear_get(struct rbuf *r, struct keys_wear *out);

/* One pair per struct: encode into cap bytes; decode exactly len bytes (views stay in `in`). */
#define KEYS_CODEC(name)                                                                    \
	enum err name##_encode(const struct name *m, uint8_t *out, size_t cap, size_t *len) \
	    MUST_USE;                                                                       \
	enum err name##_decode(const uint8_t *in, size_t len, struct name *out) MUST_USE
KEYS_CODEC(keys_pcrs);
KEYS_CODEC(keys_init);
KEYS_CODEC(keys_open);
KEYS_CODEC(keys_opened);
KEYS_CODEC(keys_inspected);
KEYS_CODEC(keys_recover);
KEYS_CODEC(keys_update);
KEYS_CODEC(keys_create);
KEYS_CODEC(keys_start);
KEYS_CODEC(keys_policy);
KEYS_CODEC(keys_audit);
KEYS_CODEC(keys_status);
KEYS_CODEC(keys_wear);
KEYS_CODEC(keys_commit);
KEYS_CODEC(keys_result);
KEYS_CODEC(keys_done);
KEYS_CODEC(keys_header);
#undef KEYS_CODEC

#endif
