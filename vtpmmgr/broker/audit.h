/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * audit: every decision and every lifecycle event, as a chain of hashes in a
 * ring of the store. The head of the chain goes into the next root record and is
 * anchored with it; records that are newer are kept if they continue the chain.
 */
#ifndef VTPMMGR_AUDIT_H
#define VTPMMGR_AUDIT_H

#include "lib/proto_admin.h"
#include "vtpmmgr/broker/store.h"

#define AUDIT_RECORD_SIZE 512
#define AUDIT_RING        (STORE_AUDIT_SIZE / AUDIT_RECORD_SIZE)
#define AUDIT_EARLY       32 /* records that are kept until the store is open */
#define AUDIT_MANAGER     UINT32_MAX

struct audit {
	struct store *store; /* NULL until the head is known */
	uint64_t seq;        /* of the last record; 0: none */
	struct digest head;
	uint8_t block[STORE_BLOCK]; /* the one that the last record lies in */
	struct admin_audit early[AUDIT_EARLY];
	size_t nearly;
	size_t dropped; /* records for which early had no room */
	int syslog;     /* a connected datagram socket, or -1 */
};

/* Connects to syslog; before the sandbox. */
void audit_init(struct audit *a);

/*
 * The store is open and this is the head that its root names. Reads on from
 * there. ERR_TAMPERED: the record that the head names is not in the ring; the
 * chain then goes on from the head all the same. After any other error it is not
 * open, and may be opened again.
 */
enum err audit_open(struct audit *a, struct store *s, uint64_t seq,
		    const struct digest *head) MUST_USE;

/* Enters one: its seq and hash are filled in here. Not on the disk before the next store_commit().
 */
enum err audit_add(struct audit *a, const struct admin_audit *r) MUST_USE;

/* One that is not to take a place in the ring. */
void audit_log_only(const struct audit *a, const struct admin_audit *r);

/* The oldest seq that the ring still has; seq + 1 if it has none. */
uint64_t audit_oldest(const struct audit *a);

/* ERR_NOT_FOUND: overwritten, or not written yet; ERR_TAMPERED: not what was entered. */
enum err audit_read(const struct audit *a, uint64_t seq, struct admin_audit *out) MUST_USE;

#endif
