/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_blob: worker <-> broker. Ciphertext, and "stop".
 *
 *  BLOB_GET    worker -> broker  u8 which (enum blob_which)
 *  BLOB_DATA   broker -> worker  the blob (its length as in the leaf, or in its own frame); empty:
 *                                none, or unreadable
 *  BLOB_PUT    worker -> broker  struct blob_put; kept until stored, anchored or replaced
 *  BLOB_STORED broker -> worker  u64 version: that session state is durable
 *  BLOB_STALL  broker -> worker  bool: 1: session states cannot be stored at present, answer
 *                                TPM_RC_RETRY instead of executing
 *  BLOB_READY  worker -> broker  empty: serving guests; again to a broker that replaces one
 *  BLOB_FAILED worker -> broker  u16 err: cannot serve (then it exits)
 *  BLOB_STOP   broker -> worker  empty: TPM2_Shutdown, commit, exit 0
 *  BLOB_SUSPEND broker -> worker empty: commit with the volatile state, exit 0
 *  BLOB_NOT_SUSPENDED worker -> broker u16 err: it could not, and goes on serving
 */
#ifndef LIB_PROTO_BLOB_H
#define LIB_PROTO_BLOB_H

#include "lib/err.h"
#include "lib/msg.h"
#include "lib/proto_root.h"

enum blob_msg {
	BLOB_GET = 0x0401,
	BLOB_DATA = 0x0402,
	BLOB_PUT = 0x0403,
	BLOB_READY = 0x0404,
	BLOB_FAILED = 0x0405,
	BLOB_STOP = 0x0406,
	BLOB_STORED = 0x0407,
	BLOB_SUSPEND = 0x0408,
	BLOB_STALL = 0x0409,
	BLOB_NOT_SUSPENDED = 0x040a,
};

#define BLOB_MAX QUOTA_MAX

/* Of a region's state slots. The others are those that the anchored root does not name. */
enum blob_which { BLOB_ANCHORED = 0, BLOB_OTHER = 1, BLOB_THIRD = 2 };

struct blob_put {
	uint64_t version;
	uint64_t epoch; /* a session state of this epoch: to be stored. 0: kept until KEYS_COMMIT */
	uint32_t len;
	const uint8_t *bytes; /* a view into the message */
};

enum err blob_put_encode(const struct blob_put *m, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_put_decode(const uint8_t *in, size_t len, struct blob_put *out) MUST_USE;
enum err blob_get_encode(enum blob_which which, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_get_decode(const uint8_t *in, size_t len, enum blob_which *out) MUST_USE;
enum err blob_stored_encode(uint64_t version, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_stored_decode(const uint8_t *in, size_t len, uint64_t *version) MUST_USE;
enum err blob_stall_encode(bool stall, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_stall_decode(const uint8_t *in, size_t len, bool *stall) MUST_USE;
/* Of BLOB_FAILED and BLOB_NOT_SUSPENDED. */
enum err blob_failed_encode(enum err e, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_failed_decode(const uint8_t *in, size_t len, enum err *out) MUST_USE;

#endif
