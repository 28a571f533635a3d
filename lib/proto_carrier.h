/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_carrier: what two carriers (lib/carrier.h) say to each other on the
 * ring between them, beside the messages that they carry.
 *
 *  type            from -> to          body
 *  CARRIER_OPEN    opener -> follower  u32 n: what follows on this ring is conversation n, which
 *                                      is higher than any before it
 *  CARRIER_OPENED  follower -> opener  u32 n: from here on, what comes is of conversation n
 *  CARRIER_CLOSED  both                struct carrier_closed: this side's end of it is gone
 *
 * Types 0x0700 to 0x07ff are the carriers' own: no conversation may use them.
 */
#ifndef LIB_PROTO_CARRIER_H
#define LIB_PROTO_CARRIER_H

#include "lib/err.h"
#include "lib/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum carrier_msg {
	CARRIER_OPEN = 0x0701,
	CARRIER_OPENED = 0x0702,
	CARRIER_CLOSED = 0x0703,
};

/* Whether a message of this type is the carriers' own. */
static inline bool carrier_type(uint16_t type)
{
	return type >> 8 == CARRIER_OPEN >> 8;
}

struct carrier_closed {
	uint32_t n;   /* the conversation; from 1 */
	uint8_t how;  /* enum super_how (lib/proto_super.h) of the process behind that end, or 0 */
	uint8_t code; /* with it; 0 where how is 0 */
};

/* The body of CARRIER_OPEN and of CARRIER_OPENED. */
enum err carrier_number_encode(uint32_t n, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err carrier_number_decode(const uint8_t *in, size_t len, uint32_t *out) MUST_USE;
enum err carrier_closed_encode(const struct carrier_closed *m, uint8_t *out, size_t cap,
			       size_t *len) MUST_USE;
enum err carrier_closed_decode(const uint8_t *in, size_t len, struct carrier_closed *out) MUST_USE;

#endif
