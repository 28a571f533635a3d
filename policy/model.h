/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * model: what a policy file means, once read. Selectors are resolved while
 * reading: a set of stakeholders is a bit mask (bit i: stakeholders[i]), so
 * that a decision is a few tests of bits.
 */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "policy/policy.h"

#define MODEL_PRINCIPALS    256
#define MODEL_CONFLICT_SETS 32
#define MODEL_PEERS         16
#define MODEL_NAMED         LEAVES_MAX

enum role {
	ROLE_DEVICE_MANUFACTURER,
	ROLE_DEVICE_OWNER,
	ROLE_OPERATOR,
	ROLE_ENTERPRISE,
	ROLE_SERVICE_PROVIDER,
	ROLE_USER,
	ROLE_COUNT
};

/* What an action is about. */
enum action_object {
	ON_VTPM = 1 << 0,     /* a stakeholder's vTPM */
	ON_PLATFORM = 1 << 1, /* the platform itself */
};

struct quota {
	uint32_t vtpms;
	uint64_t nv_bytes; /* of all its vTPMs together */
};

struct stakeholder {
	char id[POLICY_ID_MAX + 1];
	enum role role;
	struct quota quota;         /* its own, or else the file's */
	struct freshness freshness; /* likewise */
	bool own_authority;         /* its secrets are sealed under this key */
	struct crypt_point authority;
};

enum principal_kind { PRINCIPAL_UID, PRINCIPAL_GID, PRINCIPAL_KINDS };

struct principal {
	enum principal_kind kind;
	uint32_t id;
	unsigned stakeholder;
};

/* A class of other platforms, for migration: those under this platform authority. */
struct peer {
	char id[POLICY_ID_MAX + 1];
	struct crypt_point authority;
};

/* A vTPM of which the file says something by its name; it need not exist. */
struct named {
	unsigned stakeholder;
	char name[NAME_MAX_LEN + 1];
	struct freshness freshness;
};

struct rule {
	char id[POLICY_ID_MAX + 1];
	bool allow;
	uint64_t subjects;
	uint32_t actions; /* bit: enum policy_action */
	uint64_t objects;
	bool self;                  /* also: the object is the subject */
	bool platform;              /* also: the object is the platform */
	enum vtpm_class vtpm_class; /* 0: both */
	uint32_t peers;             /* bit i: peers[i]; of a migration */
	bool any_peer;
};

struct conflict_set {
	char id[POLICY_ID_MAX + 1];
	uint64_t members;
};

struct policy {
	char name[POLICY_ID_MAX + 1];
	bool signature;
	uint64_t serial;
	struct quota quota;         /* of stakeholders without one of their own */
	struct freshness freshness; /* likewise */
	unsigned nstakeholders;
	struct stakeholder stakeholders[POLICY_STAKEHOLDERS];
	unsigned nprincipals;
	struct principal principals[MODEL_PRINCIPALS];
	unsigned nnamed;
	struct named named[MODEL_NAMED];
	unsigned npeers;
	struct peer peers[MODEL_PEERS];
	unsigned nrules;
	struct rule rules[POLICY_RULES]; /* sorted by id */
	unsigned nconflict_sets;
	struct conflict_set conflict_sets[MODEL_CONFLICT_SETS]; /* sorted by id */
};

#define MODEL_NONE UINT32_MAX

/* Index of a stakeholder, or MODEL_NONE; NULL is none. */
unsigned model_stakeholder(const struct policy *p, const char *id);
unsigned model_peer(const struct policy *p, const char *id);

/* "device-manufacturer" ...; MODEL_NONE if there is no such role. */
const char *model_role_name(enum role role);
unsigned model_role(const char *name);

/* enum action_object bits. */
unsigned model_action_objects(enum policy_action a);

/* The actions that carry a vTPM from one platform to another. */
#define MODEL_MIGRATIONS (1u << ACTION_MIGRATE_OUT | 1u << ACTION_MIGRATE_IN)

/* What no local stakeholder may do to a mandatory vTPM: each would take it from the platform. */
#define MODEL_MANDATORY_DENIED \
	(1u << ACTION_STOP | 1u << ACTION_DESTROY | 1u << ACTION_OWN | 1u << ACTION_MIGRATE_OUT)

/* Ids that verdicts of the program's own carry; no rule or conflict set may take them. */
#define MODEL_ID_DEFAULT   "default"
#define MODEL_ID_MANDATORY "mandatory"
#define MODEL_ID_QUOTA     "quota"

#endif
