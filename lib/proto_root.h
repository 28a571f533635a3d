/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_root: the three records that the store holds beside the blobs, and the
 * store's fixed layout. Written by the key keeper's word, moved by the broker.
 * doc/STATE-FORMAT describes them byte by byte; they do not change.
 *
 *  boot header   the only one read unauthenticated; its fields go to the pTPM
 *  root          who exists, and the hash of every current state; anchored
 *  record        one vTPM's registry entry and its sealed secret S_i
 */
#ifndef LIB_PROTO_ROOT_H
#define LIB_PROTO_ROOT_H

#include "lib/crypt.h"
#include "lib/err.h"
#include "lib/freshness.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_VERSION 1

#define UUID_SIZE     16
#define NAME_MAX_LEN  63  /* of a vTPM or a stakeholder, without the NUL */
#define LEAVES_MAX    256 /* vTPMs in one store */
#define APPROVALS_MAX 8
#define PCRS_MAX      24  /* PCRs of a bank that there is a name for: 0..23 */
#define SEALED_MAX    512 /* bytes of a marshalled TPM2B_PUBLIC or TPM2B_PRIVATE */
#define TPM_NAME_SIZE 34  /* u16 algorithm and a SHA-256 digest */

/* Store layout: byte offsets and sizes, all multiples of STORE_BLOCK. */
#define STORE_BLOCK        4096u
#define STORE_HEADER_SIZE  (4 * STORE_BLOCK)
#define STORE_HEADER_AT(i) ((uint64_t)(i)*STORE_HEADER_SIZE) /* i = 0, 1 */
#define STORE_ROOT_SIZE    (16 * STORE_BLOCK)
#define STORE_ROOT_AT(i)   (64u * 1024 + (uint64_t)(i)*STORE_ROOT_SIZE)
#define STORE_POLICY_SIZE  (32 * STORE_BLOCK)
#define STORE_POLICY_AT(i) (192u * 1024 + (uint64_t)(i)*STORE_POLICY_SIZE)
#define STORE_AUDIT_AT     (448u * 1024)
#define STORE_AUDIT_SIZE   (1024u * 1024)
#define STORE_REGIONS_AT   (2u * 1024 * 1024)
#define RECORD_SLOT_SIZE   (2 * STORE_BLOCK)
#define QUOTA_MIN          (16u * 1024) /* bytes of one state slot: the vTPM's NV quota */
#define QUOTA_MAX          (128u * 1024)
/*
 * A vTPM's region: two record slots, then its state slots of its quota each: three
 * where states may be written that are not anchored (lib/freshness.h), else two.
 */
#define SLOTS_STRICT                   2
#define SLOTS_SESSION                  3
#define REGION_SIZE(quota, slots)      (2u * RECORD_SLOT_SIZE + (uint64_t)(slots) * (quota))
#define REGION_RECORD_AT(region, slot) ((region) + (uint64_t)(slot)*RECORD_SLOT_SIZE)
#define REGION_STATE_AT(region, quota, slot) \
	((region) + 2u * RECORD_SLOT_SIZE + (uint64_t)(slot) * (quota))

/* What the platform authority, or a stakeholder, signs: see lib/approval.h. */
struct approval {
	uint32_t pcrs;            /* bit n: PCR n of the SHA-256 bank, 0..23 */
	struct digest pcr_digest; /* SHA-256 over the selected PCRs' values, ascending */
	uint64_t version;         /* the PolicyNV operand: V <= version */
	struct crypt_signature sig;
	/*
	 * The first 4 bytes of every selected PCR's value, for words about what differs: nobody
	 * signs them, and nothing is decided by them.
	 */
	bool marked;
	uint32_t marks[PCRS_MAX];
};

/* An authority's public key and the approvals of it that are on this device, newest last. */
struct authority {
	struct crypt_point key;
	uint8_t napprovals;
	struct approval approvals[APPROVALS_MAX];
};

/* A sealed object of the pTPM: marshalled TPM2B_PUBLIC and TPM2B_PRIVATE. */
struct sealed {
	uint16_t public_len;
	uint8_t public_area[SEALED_MAX];
	uint16_t private_len;
	uint8_t private_area[SEALED_MAX];
};

enum hierarchy { HIERARCHY_PLATFORM = 1, HIERARCHY_OWNER = 2 };

struct boot_header {
	uint64_t seq; /* the copy with the higher one is current */
	uint8_t store[UUID_SIZE];
	uint8_t hierarchy; /* enum hierarchy */
	struct sealed root_key;
	struct authority platform;
};

/* Who may use a vTPM: the kernel's or the hypervisor's identity of the guest. */
enum guest_kind {
	GUEST_NONE = 0,
	GUEST_UNIX = 1, /* u32 uid, u32 gid, then zeroes: owner of the guest sockets */
	GUEST_XEN = 2   /* domain UUID */
};
struct guest {
	uint8_t kind;
	uint8_t id[16];
};

enum leaf_state { LEAF_LIVE = 1 };
enum vtpm_class { VTPM_DISCRETIONARY = 1, VTPM_MANDATORY = 2 };

struct leaf {
	uint8_t uuid[UUID_SIZE];
	uint8_t state;      /* enum leaf_state */
	uint8_t slots;      /* of the region: SLOTS_STRICT or SLOTS_SESSION */
	uint8_t state_slot; /* the one that holds blob */
	bool recovered;     /* was in a root that `vtpmctl recover` has put back */
	uint8_t record_slot;
	uint32_t generation; /* from 1; a new one per creation or migration */
	uint64_t version;    /* of the state blob; 0: none written yet */
	uint64_t epoch;  /* of session states: seq of the root that anchored blob; 0: none count */
	uint64_t region; /* byte offset in the store */
	uint32_t quota;  /* bytes of one state slot */
	uint32_t blob_len;
	struct digest blob; /* SHA-256 of the state blob as stored */
	uint32_t record_len;
	struct digest record;
	struct digest volatile_state; /* of a suspended vTPM; else zero */
	struct digest rim;            /* stakeholder's reference measurements; zero */
	struct guest guest;
};

struct root {
	uint64_t seq;
	uint8_t store[UUID_SIZE];
	struct digest prev; /* A before this root was anchored */
	uint64_t audit_seq;
	struct digest audit_head;
	uint8_t policy_slot;
	bool policy_signed; /* the next policy needs the platform authority's signature */
	bool recovered;     /* `vtpmctl recover` has put back an older root: for ever after */
	uint32_t policy_len;
	struct digest policy;
	struct digest ledger; /* of migrations; zero */
	uint16_t nleaves;
	struct leaf leaves[LEAVES_MAX];
};

struct record {
	uint8_t uuid[UUID_SIZE];
	char name[NAME_MAX_LEN + 1];
	char stakeholder[NAME_MAX_LEN + 1];
	uint8_t vtpm_class;         /* enum vtpm_class */
	uint64_t created;           /* seconds since 1970-01-01 UTC */
	struct freshness freshness; /* as promised at the creation */
	struct sealed secret;       /* S_i; empty until the key keeper has sealed it */
	bool own_authority;         /* S_i is under the stakeholder's key, not the platform's */
	struct authority authority; /* all zero unless own_authority */
	uint8_t domain[UUID_SIZE];  /* the only one that may use it; zero: it is bound to none */
};

struct rbuf;
struct wbuf;

void approval_put(struct wbuf *w, const struct approval *a);
void approval_get(struct rbuf *r, struct approval *out);
void guest_put(struct wbuf *w, const struct guest *g);
void guest_get(struct rbuf *r, struct guest *out);
/* One byte: the slot, and in bit 1 whether the next policy must be signed. */
void policy_slot_put(struct wbuf *w, uint8_t slot, bool is_signed);
void policy_slot_get(struct rbuf *r, uint8_t *slot, bool *is_signed);

/* Each encodes into memory of cap bytes; *len gets the bytes used. ERR_TOO_BIG if it does not fit.
 */
enum err boot_header_encode(const struct boot_header *h, uint8_t *out, size_t cap,
			    size_t *len) MUST_USE;
enum err root_encode(const struct root *r, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err record_encode(const struct record *r, uint8_t *out, size_t cap, size_t *len) MUST_USE;

/*
 * Each decodes exactly len bytes. ERR_FORMAT: not such a record;
 * ERR_UNSUPPORTED: a newer format version. The boot header's own checksum (it
 * finds torn writes, not attackers) is verified by the first.
 */
enum err boot_header_decode(const uint8_t *in, size_t len, struct boot_header *out) MUST_USE;
enum err root_decode(const uint8_t *in, size_t len, struct root *out) MUST_USE;
enum err record_decode(const uint8_t *in, size_t len, struct record *out) MUST_USE;

/*
 * Finds the record that a whole slot starts with: every encoding begins with
 * an 8-byte magic, u16 format version, u16 zero, u32 total length.
 * ERR_FORMAT if the slot does not start with this magic or the length is over cap.
 */
enum err record_slot_len(const uint8_t *slot, size_t cap, const char magic[8],
			 size_t *len) MUST_USE;

#define BOOT_HEADER_MAGIC "VTPMBOOT"
#define ROOT_MAGIC        "VTPMROOT"
#define RECORD_MAGIC      "VTPMRECD"

/* The leaves in use only: a root with room for all of them is large. */
void root_copy(struct root *to, const struct root *from);

/* Whether the blob holds a suspended vTPM, which is to be resumed once. */
bool leaf_is_suspended(const struct leaf *l);

/* The leaf of uuid, or NULL. */
struct leaf *root_find(struct root *r, const uint8_t uuid[UUID_SIZE]);

/*
 * Where the next state goes: never where the anchored one lies. With three slots the two others
 * take turns by version, so that neither is it where the newest session state lies.
 */
uint8_t leaf_next_slot(const struct leaf *l, uint64_t version);

#endif
