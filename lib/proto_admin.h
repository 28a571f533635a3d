/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_admin: vtpmctl <-> broker, on RUNDIR/admin. One request, one reply; the
 * client is who the kernel says (SO_PEERCRED), and the policy decides.
 *
 *  request              body                      reply body (after struct admin_reply, err 0)
 *  ADMIN_STATUS         empty                     struct admin_status
 *  ADMIN_PCRS           u32 pcr mask              struct keys_pcrs (proto_keys.h)
 *  ADMIN_INIT           struct admin_init         empty
 *  ADMIN_UPDATE         struct admin_update       empty
 *  ADMIN_CREATE         struct admin_create       struct admin_vtpm
 *  ADMIN_LIST           empty                     u16 count, struct admin_vtpm ...
 *  ADMIN_SHOW           name                      struct admin_vtpm
 *  ADMIN_START          name                      struct admin_vtpm (once it serves)
 *  ADMIN_START_DISCARD  name                      the same; the volatile state of a suspended
 *                                                 one is discarded
 *  ADMIN_STOP           name                      struct admin_vtpm (once it has stopped)
 *  ADMIN_SUSPEND        name                      struct admin_vtpm (once it is suspended)
 *  ADMIN_RESUME         name                      struct admin_vtpm (once it serves)
 *  ADMIN_DESTROY        name                      empty
 *  ADMIN_POLICY_GET     empty                     the policy text
 *  ADMIN_POLICY_LOAD    struct admin_policy_load  empty
 *  ADMIN_AUDIT          u64 from seq              u16 count, struct admin_audit ... (at most 256)
 *  ADMIN_REVOKE         empty                     empty
 *  ADMIN_INSPECT        empty                     struct admin_inspected: what could be put back
 *  ADMIN_RECOVER        struct admin_recover      empty, once the store is open
 *  ADMIN_DOMAIN_START   struct admin_domain       struct admin_vtpm (once it serves, or at once)
 *  ADMIN_DOMAIN_STOP    struct admin_domain       struct admin_vtpm (once it has stopped)
 *
 * "name" is a string: a vTPM's name, stakeholder/name, or uuid. What a client
 * may not see answers byte for byte as what does not exist.
 */
#ifndef LIB_PROTO_ADMIN_H
#define LIB_PROTO_ADMIN_H

#include "lib/err.h"
#include "lib/isolation.h"
#include "lib/msg.h"
#include "lib/proto_keys.h"
#include "lib/proto_root.h"

#define ADMIN_NAME_MAX  127 /* "stakeholder/name", or a uuid in text */
#define ADMIN_RULE_MAX  63
#define ADMIN_AUDIT_MAX 256

enum admin_msg {
	ADMIN_STATUS = 0x0501,
	ADMIN_PCRS,
	ADMIN_INIT,
	ADMIN_UPDATE,
	ADMIN_CREATE,
	ADMIN_LIST,
	ADMIN_SHOW,
	ADMIN_START,
	ADMIN_STOP,
	ADMIN_DESTROY,
	ADMIN_POLICY_GET,
	ADMIN_POLICY_LOAD,
	ADMIN_AUDIT,
	ADMIN_REVOKE,
	ADMIN_INSPECT,
	ADMIN_RECOVER,
	ADMIN_SUSPEND,
	ADMIN_RESUME,
	ADMIN_START_DISCARD,
	ADMIN_DOMAIN_START,
	ADMIN_DOMAIN_STOP,
	ADMIN_REPLY = 0x0580,
};

struct admin_reply {
	uint16_t err;
	char rule[ADMIN_RULE_MAX + 1]; /* that denied, if the client may read the policy; else "" */
	char text[DETAIL_MAX + 1];     /* what happened and what to do, "" on success */
	uint32_t body_len;
	const uint8_t *body; /* a view into the message */
};

struct admin_init {
	struct crypt_point authority;
	struct approval approval;
	bool allow_owner_hierarchy;
};

struct admin_update {
	char name[ADMIN_NAME_MAX + 1]; /* "" for the platform, else whose own authority approves */
	struct approval approval;
};

struct admin_create {
	char name[NAME_MAX_LEN + 1];
	char stakeholder[NAME_MAX_LEN + 1];
	uint8_t vtpm_class; /* enum vtpm_class */
	uint32_t quota;     /* bytes; 0: the policy's default */
	struct guest guest;
	uint8_t domain[UUID_SIZE]; /* as in the record */
};

/* A domain's word on what is its own: refused unless the vTPM's record says the same. */
struct admin_domain {
	char name[ADMIN_NAME_MAX + 1]; /* of the vTPM, as everywhere */
	char stakeholder[NAME_MAX_LEN + 1];
	uint8_t domain[UUID_SIZE];
};

enum vtpm_state {
	VTPM_STOPPED = 1,
	VTPM_STARTING,
	VTPM_RUNNING,
	VTPM_STOPPING,
	VTPM_FAILED, /* its worker died; it is started again with back-off */
	VTPM_SUSPENDING,
	VTPM_SUSPENDED /* does not run; what it had in RAM is anchored with its state */
};

struct admin_vtpm {
	uint8_t uuid[UUID_SIZE];
	char name[NAME_MAX_LEN + 1];
	char stakeholder[NAME_MAX_LEN + 1];
	uint8_t vtpm_class;
	uint8_t state; /* enum vtpm_state */
	uint16_t last_err;
	uint32_t generation;
	uint64_t version; /* of the anchored state */
	uint32_t quota;
	uint32_t used; /* bytes of the anchored blob */
	uint32_t restarts;
	uint64_t created;
	bool own_authority;
	bool recovered; /* an older state of it was put back by `vtpmctl recover`, ever */
	struct freshness promised; /* when it was created, and for as long as it exists */
	struct freshness in_force; /* in its present run, else in the next one */
	struct freshness asked;    /* by the policy in force; weaker than promised is not granted */
	bool wear_known;           /* in the answer to ADMIN_SHOW, where it has a budget */
	struct keys_wear wear;
	struct guest guest;
	uint8_t domain[UUID_SIZE]; /* as in the record */
	char path[108];            /* of the guest data socket, which is there while it runs */
};

/* Host-wide figures only for who may administer the platform; otherwise zero. */
struct admin_status {
	struct keys_status keys;
	bool keys_up;
	bool store_failing;
	bool full; /* the caller sees everything below */
	uint64_t store_size;
	uint64_t store_free;
	uint64_t fsyncs;
	uint16_t vtpms;
	uint16_t running;
	uint16_t suspended;
	char policy_name[NAME_MAX_LEN + 1];
	struct digest policy;
	uint8_t isolation; /* enum isolation */
};

struct admin_policy_load {
	bool is_signed;
	struct crypt_signature sig;
	uint32_t len;
	const uint8_t *text;
};

/* What a root that could be put back says of a vTPM, in the order of its leaves. */
struct admin_root_vtpm {
	char name[NAME_MAX_LEN + 1]; /* "" unless record_ok */
	char stakeholder[NAME_MAX_LEN + 1];
	bool record_ok; /* its record and its state in the store are those that the root names */
	bool state_ok;
};

struct admin_root {
	uint32_t len; /* 0: there is none */
	const uint8_t *bytes;
	bool was_current; /* as in keys_candidate */
	bool policy_ok;   /* the policy in the store is the one that it names */
	uint16_t nvtpms;
	struct admin_root_vtpm vtpms[LEAVES_MAX];
};

struct admin_inspected {
	uint8_t finding; /* enum finding, not 0 */
	uint8_t store[UUID_SIZE];
	struct digest anchor;
	struct admin_root roots[2];
};

struct admin_recover {
	struct recovery recovery;
	struct crypt_signature sig;
};

struct admin_audit {
	uint64_t seq;
	uint64_t time; /* seconds since 1970-01-01 UTC */
	uint32_t uid;  /* who asked; UINT32_MAX: the manager itself */
	uint16_t err;  /* outcome */
	char action[32];
	char stakeholder[NAME_MAX_LEN + 1];
	char object[NAME_MAX_LEN + 1];
	char rule[ADMIN_RULE_MAX + 1];
	struct digest hash; /* SHA-256(previous hash || this record without it) */
};

struct rbuf;
struct wbuf;

/* Pieces that repeat inside a reply. */
void admin_vtpm_put(struct wbuf *w, const struct admin_vtpm *m);
void admin_vtpm_get(struct rbuf *r, struct admin_vtpm *out);
void admin_audit_put(struct wbuf *w, const struct admin_audit *m);
void admin_audit_get(struct rbuf *r, struct admin_audit *out);

#define ADMIN_CODEC(name)                                                                   \
	enum err name##_encode(const struct name *m, uint8_t *out, size_t cap, size_t *len) \
	    MUST_USE;                                                                       \
	enum err name##_decode(const uint8_t *in, size_t len, struct name *out) MUST_USE
ADMIN_CODEC(admin_reply);
ADMIN_CODEC(admin_init);
ADMIN_CODEC(admin_update);
ADMIN_CODEC(admin_create);
ADMIN_CODEC(admin_status);
ADMIN_CODEC(admin_policy_load);
ADMIN_CODEC(admin_inspected);
ADMIN_CODEC(admin_recover);
ADMIN_CODEC(admin_domain);
#undef ADMIN_CODEC

/* A name or a mask or a sequence number alone. */
enum err admin_name_encode(const char *name, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err admin_name_decode(const uint8_t *in, size_t len, char name[ADMIN_NAME_MAX + 1]) MUST_USE;
enum err admin_mask_encode(uint32_t mask, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err admin_mask_decode(const uint8_t *in, size_t len, uint32_t *mask) MUST_USE;
enum err admin_seq_encode(uint64_t seq, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err admin_seq_decode(const uint8_t *in, size_t len, uint64_t *seq) MUST_USE;

#endif
