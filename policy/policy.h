/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: the policy file as a model, and its decisions. Pure: the same
 * request against the same policy gives the same verdict, whatever order the
 * rules stand in. Default deny; any deny wins. doc/POLICY describes the file.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "lib/err.h"
#include "lib/freshness.h"
#include "lib/proto_root.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define POLICY_TEXT_MAX     (128u * 1024) /* bytes of the file: one policy slot of the store */
#define POLICY_STAKEHOLDERS 64
#define POLICY_RULES        256
#define POLICY_ID_MAX       63
#define POLICY_VERDICT_MAX  384

struct policy;

/* Where and why a policy file is wrong: "phone.json:12:5: unknown key \"sealling\"". */
struct policy_diag {
	unsigned line;   /* from 1 */
	unsigned column; /* from 1, in bytes */
	char text[256];  /* without file, line and column */
};

enum policy_action {
	ACTION_CREATE,
	ACTION_START,
	ACTION_STOP,
	ACTION_DESTROY,
	ACTION_OWN, /* take or give up ownership of a vTPM */
	ACTION_MIGRATE_OUT,
	ACTION_MIGRATE_IN,
	ACTION_ATTEST,
	ACTION_SEE,         /* know that the object's vTPMs exist: list, show */
	ACTION_AUDIT,       /* read the audit records about the object */
	ACTION_POLICY_READ, /* objects of these three: the platform itself */
	ACTION_POLICY_LOAD,
	ACTION_PLATFORM, /* init, update, PCRs, full status */
	ACTION_COUNT
};

/* "create" ...; NULL-safe lookups: ERR_ARG if there is no such action. */
const char *policy_action_name(enum policy_action a);
enum err policy_action_parse(const char *name, enum policy_action *out) MUST_USE;

/*
 * Parses len bytes (not NUL-terminated). ERR_FORMAT with *diag filled in for
 * any defect: unknown or duplicate key, wrong type, dangling reference, unknown
 * action, duplicate id, over a maximum. Free with policy_free().
 */
enum err policy_parse(const char *text, size_t len, struct policy **out,
		      struct policy_diag *diag) MUST_USE;
void policy_free(struct policy *p);

/* Who a local process is: kernel credentials of the peer. */
struct policy_principal {
	uid_t uid;
	gid_t gid;
};

/* The stakeholder that a principal speaks for, or NULL. A file that maps one principal twice is
 * refused. */
const char *policy_stakeholder_of(const struct policy *p, const struct policy_principal *who);

/* One question. Names are stakeholder ids of the policy. */
struct policy_request {
	const char *subject; /* who asks; NULL: a principal that is no stakeholder */
	enum policy_action action;
	const char *object;         /* whose vTPM; NULL: the platform itself */
	enum vtpm_class vtpm_class; /* of the vTPM; 0, unknown, is treated as the worse of both */
	const char *peer;           /* migrate-*: class of the other platform; NULL: unknown */
	uint32_t quota;             /* create, migrate-in: bytes asked for */
	unsigned owned_vtpms;       /* create, migrate-in: how many vTPMs the object has already */
	uint64_t owned_bytes;       /* create, migrate-in: the sum of their quotas */
	const char *const
	    *running; /* start: stakeholders other than the object with a running vTPM */
	size_t nrunning;
};

struct policy_verdict {
	bool allowed;
	char rule[POLICY_ID_MAX + 1]; /* the id of the rule or conflict set; or "default" (no rule
				       * allows it), "mandatory", "quota" */
	char why[POLICY_VERDICT_MAX]; /* a sentence with every name in it */
	char change[POLICY_VERDICT_MAX]; /* what would change it; "" where allowed */
};

/*
 * Zero-initialised verdict = denied. Mandatory vTPMs: stop, destroy, own and migrate-out are denied
 * whatever rules say. why and change name rules and other stakeholders: only for who may read the
 * policy.
 */
void policy_decide(const struct policy *p, const struct policy_request *q,
		   struct policy_verdict *out);

/*
 * Facts the broker needs. Where they take a stakeholder id: ERR_NOT_FOUND if there is none such.
 */

/* Size of a vTPM's state slot if none is asked for: an even share of the quota. */
enum err policy_default_quota(const struct policy *p, const char *id, uint32_t *bytes) MUST_USE;
/* Whether S_i goes under the stakeholder's own authority, and that key (P-256). */
enum err policy_sealing(const struct policy *p, const char *id, bool *own,
			struct crypt_point *authority) MUST_USE;
/*
 * The freshness terms of a stakeholder's vTPM of this name: those that the file
 * gives the name, else the stakeholder, else everybody; else strict. Each as a whole.
 */
enum err policy_freshness(const struct policy *p, const char *id, const char *name,
			  struct freshness *out) MUST_USE;
/* By index, for tables: what the stakeholder's vTPMs have unless named; false past the end. */
bool policy_freshness_at(const struct policy *p, size_t stakeholder, struct freshness *out);
/* Item i of those that are named; NULL past the end. *id is the stakeholder's. */
const char *policy_named_at(const struct policy *p, size_t i, const char **id,
			    struct freshness *out);
const char *policy_name(const struct policy *p);
/* Whether a new policy must be signed by the platform authority. */
bool policy_requires_signature(const struct policy *p);
/*
 * Counts the policies that an authority has signed, 0 if the file has none: one that
 * requires a signature is not replaced by one with a lower serial.
 */
uint64_t policy_serial(const struct policy *p);
/*
 * The store bytes that all quotas together reserve: the regions of every vTPM they allow, with a
 * third state slot wherever the file's terms may ask for one.
 */
uint64_t policy_reserved_bytes(const struct policy *p);
/* For a request's peer: the class of platforms under this authority; NULL if there is none. */
const char *policy_peer_of(const struct policy *p, const struct crypt_point *authority);
/* In file order, for tables; NULL past the end. role is "device-owner" ... */
const char *policy_stakeholder_at(const struct policy *p, size_t i, const char **role);

#endif
