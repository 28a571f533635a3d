/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * registry: the vTPMs of the anchored root, with their records, and where in
 * the store they lie. Names belong to a stakeholder: two stakeholders may use
 * the same one and never learn of it.
 */
#ifndef VTPMMGR_REGISTRY_H
#define VTPMMGR_REGISTRY_H

#include "lib/loop.h"
#include "lib/proto_root.h"
#include "vtpmmgr/backoff.h"
#include "vtpmmgr/broker/lifecycle.h"

struct broker;
struct worker;

struct vtpm {
	struct leaf leaf;
	struct record record; /* all zero unless record_ok */
	bool record_ok;       /* the record in the store is the one that the leaf names */
	uint8_t *record_bytes;
	size_t record_len;
	bool anchored; /* false: being created; nobody is told of it */
	bool kept;     /* while a new root is taken over */
	/* life.c */
	struct broker *broker; /* while a timer runs */
	enum life life;
	bool discard; /* the next start is from the permanent state, if it is suspended */
	enum err last_err;
	uint32_t restarts;
	struct freshness asked; /* by the policy, when it was last started */
	struct backoff backoff;
	struct loop_timer *timer;
	struct worker *worker; /* NULL: none is connected */
};

struct registry {
	struct vtpm *vtpms[LEAVES_MAX];
	size_t n;
};

struct vtpm *registry_find(const struct registry *r, const uint8_t uuid[UUID_SIZE]);
struct vtpm *registry_find_name(const struct registry *r, const char *stakeholder,
				const char *name);

/* Whether a vTPM may be called so: letters, digits, '.', '_', '-'; not a uuid. */
bool registry_name_ok(const char *name);

/* Enters a new one that is not anchored yet. ERR_FULL over LEAVES_MAX. */
enum err registry_add(struct registry *r, const struct leaf *leaf, struct vtpm **out) MUST_USE;
/* Takes it out and frees it, its timer as well. */
void registry_remove(struct registry *r, struct vtpm *v);
void registry_clear(struct registry *r);

/*
 * Takes record_len bytes as v's record if they are what v's leaf names;
 * otherwise v has none (record_ok is false), and cannot be started.
 */
void registry_set_record(struct vtpm *v, const uint8_t *bytes, size_t len);

/* Where the record comes from that a leaf names: its bytes and length, or an error. */
typedef enum err (*registry_record_fn)(void *arg, const struct leaf *leaf, const uint8_t **bytes);

/*
 * Takes over a new root: what it has is anchored, with the records that it names,
 * in its order; what it has no more is gone. Creations under way stay.
 */
enum err registry_apply(struct registry *r, const struct root *root, registry_record_fn record,
			void *arg) MUST_USE;

/* The first gap in a store of size bytes for leaf's quota and slots. ERR_FULL if there is none. */
enum err registry_allocate(const struct registry *r, uint64_t size, struct leaf *leaf) MUST_USE;
/* Whether len bytes at region touch the leaf's own. */
bool registry_overlap(const struct leaf *l, uint64_t region, uint64_t len);
/* Whether both have the same region. */
bool registry_same_place(const struct leaf *a, const struct leaf *b);
/* Whether every region lies in a store of size bytes; root_decode() saw that they lie apart. */
bool registry_root_fits(const struct root *root, uint64_t size);
/* Bytes that no region takes. */
uint64_t registry_free(const struct registry *r, uint64_t size);

/* How many vTPMs a stakeholder has, and the sum of their quotas. */
void registry_owned(const struct registry *r, const char *stakeholder, unsigned *count,
		    uint64_t *bytes);
/* The stakeholders other than this one with a vTPM that is up, each once; views. */
size_t registry_running(const struct registry *r, const char *stakeholder,
			const char *out[LEAVES_MAX]);

#endif
