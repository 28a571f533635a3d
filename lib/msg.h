/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg: the header that every message on every channel has, and the table
 * that says which message is allowed now.
 *
 *	offset 0  u16 protocol version (MSG_VERSION)
 *	       2  u16 type (lib/proto_*.h)
 *	       4  u32 length of the body
 *	       8  u32 request id, echoed in the reply; 0 where there is none
 *	      12  u32 zero
 */
#ifndef LIB_MSG_H
#define LIB_MSG_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define MSG_VERSION     1
#define MSG_HEADER_SIZE 16
#define MSG_BODY_MAX    (192 * 1024)
#define MSG_FDS_MAX     2

struct msg {
	uint16_t type;
	uint32_t id;
	const uint8_t *body;
	size_t len;
	int fds[MSG_FDS_MAX]; /* received ones belong to the receiver */
	size_t nfds;
};

/* Writes the 16 header bytes for m. */
enum err msg_encode_header(const struct msg *m, uint8_t out[MSG_HEADER_SIZE]) MUST_USE;

/* Reads a header; *len gets the length that the body must have, at most MSG_BODY_MAX. */
enum err msg_decode_header(const uint8_t in[MSG_HEADER_SIZE], struct msg *m, size_t *len) MUST_USE;

/* Closes every descriptor that m still carries, and forgets them. */
void msg_close_fds(struct msg *m);

/* Takes descriptor i out of m; the caller owns it. */
int msg_take_fd(struct msg *m, size_t i);

/*
 * One row of a dispatch table: which message, in which states of the
 * connection (a bit mask of the caller's own enum), how long its body may be,
 * how many descriptors it must carry, and who handles it. What is in no row
 * is refused: an empty table refuses everything.
 */
typedef enum err (*msg_fn)(void *ctx, struct msg *m);

struct msg_rule {
	uint16_t type;
	const char *name;
	uint32_t states;
	size_t min_len;
	size_t max_len;
	size_t nfds;
	msg_fn fn;
};

#define MSG_IN(state) (1u << (state))
#define MSG_ANY_STATE UINT32_MAX

/*
 * Finds m's row and calls its handler. ERR_DENIED where no row allows it,
 * ERR_FORMAT where length or descriptors are off. Descriptors that the handler
 * did not take are closed in every case. Whatever is returned, the peer is at
 * fault: the caller closes that peer and goes on.
 */
enum err msg_dispatch(const struct msg_rule *rules, size_t nrules, unsigned state, void *ctx,
		      struct msg *m) MUST_USE;

#endif
