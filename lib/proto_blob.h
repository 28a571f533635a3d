/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_blob: worker <-> broker. Ciphertext, and "stop".
 *
 *  BLOB_GET    worker -> broker  empty: send me my current blob
 *  BLOB_DATA   broker -> worker  the blob (length as in the leaf); body empty: none, or unreadable
 *  BLOB_PUT    worker -> broker  u64 version, u32 length, blob; kept until anchored or replaced
 *  BLOB_READY  worker -> broker  empty: serving guests; again to a broker that replaces one
 *  BLOB_FAILED worker -> broker  u16 err: cannot serve (then it exits)
 *  BLOB_STOP   broker -> worker  empty: TPM2_Shutdown, commit, exit 0
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
};

#define BLOB_MAX QUOTA_MAX

struct blob_put {
	uint64_t version;
	uint32_t len;
	const uint8_t *bytes; /* a view into the message */
};

enum err blob_put_encode(const struct blob_put *m, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_put_decode(const uint8_t *in, size_t len, struct blob_put *out) MUST_USE;
enum err blob_failed_encode(enum err e, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err blob_failed_decode(const uint8_t *in, size_t len, enum err *out) MUST_USE;

#endif
