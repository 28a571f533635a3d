/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_agent: manager domain <-> the agent in dom0 (tools/agent), over a ring
 * of their own for each vTPM and one for vtpmctl's connections.
 *
 *  type               from -> to        body
 *  AGENT_SPAWN        manager -> agent  struct agent_spawn: create this vTPM's stub domain, or
 *                                       name the one that is still there
 *  AGENT_SPAWNED      agent -> manager  u32 domid of the stub domain
 *  AGENT_FAILED       agent -> manager  struct agent_failed: it cannot be created, or has ended
 *  AGENT_DESTROY      manager -> agent  empty: it is not needed any more
 *
 *  AGENT_CLIENT       agent -> manager  struct agent_client: a connection
 *  AGENT_REQUEST      agent -> manager  struct agent_message: from that client
 *  AGENT_REPLY        manager -> agent  struct agent_message: to that client
 *  AGENT_CLIENT_GONE  both              u32 client
 *  AGENT_ISOLATION    agent -> manager  lib/isolation.h: what keeps domains apart here
 *
 * Who a client is says dom0's kernel to the agent. The agent's word is believed
 * as dom0's is.
 */
#ifndef LIB_PROTO_AGENT_H
#define LIB_PROTO_AGENT_H

#include "lib/err.h"
#include "lib/msg.h"
#include "lib/proto_keys.h"
#include "lib/proto_root.h"

#define AGENT_CLIENTS_MAX 64                  /* at a time */
#define AGENT_BODY_MAX    (MSG_BODY_MAX - 14) /* of a client's message */
#define AGENT_DOMID_MAX   0x7fef              /* above it are Xen's own (public/xen.h) */

enum agent_msg {
	AGENT_SPAWN = 0x0801,
	AGENT_SPAWNED = 0x0802,
	AGENT_FAILED = 0x0803,
	AGENT_DESTROY = 0x0804,
	AGENT_CLIENT = 0x0810,
	AGENT_REQUEST = 0x0811,
	AGENT_REPLY = 0x0812,
	AGENT_CLIENT_GONE = 0x0813,
	AGENT_ISOLATION = 0x0814,
};

struct agent_spawn {
	uint8_t uuid[UUID_SIZE];            /* of the vTPM */
	struct guest guest;                 /* GUEST_XEN, or GUEST_NONE: nobody may use it */
	char stakeholder[NAME_MAX_LEN + 1]; /* whose it is: the security label follows from it */
	struct digest image;                /* SHA-256(SHA-256(kernel) || SHA-256(initramfs)), or
					     * zero: any */
};

struct agent_failed {
	enum err err; /* not ERR_OK */
	char detail[DETAIL_MAX + 1];
};

struct agent_client {
	uint32_t client; /* from 1, and never one that was used before */
	uint32_t uid;    /* dom0's; never all ones */
	uint32_t gid;
};

/* One message of the admin protocol (lib/proto_admin.h), its header's type and id beside it. */
struct agent_message {
	uint32_t client;
	uint16_t type;
	uint32_t id;
	uint32_t len;
	const uint8_t *body; /* a view */
};

enum err agent_spawn_encode(const struct agent_spawn *m, uint8_t *out, size_t cap,
			    size_t *len) MUST_USE;
enum err agent_spawn_decode(const uint8_t *in, size_t len, struct agent_spawn *out) MUST_USE;
enum err agent_spawned_encode(uint32_t domid, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err agent_spawned_decode(const uint8_t *in, size_t len, uint32_t *domid) MUST_USE;
enum err agent_failed_encode(const struct agent_failed *m, uint8_t *out, size_t cap,
			     size_t *len) MUST_USE;
enum err agent_failed_decode(const uint8_t *in, size_t len, struct agent_failed *out) MUST_USE;
enum err agent_client_encode(const struct agent_client *m, uint8_t *out, size_t cap,
			     size_t *len) MUST_USE;
enum err agent_client_decode(const uint8_t *in, size_t len, struct agent_client *out) MUST_USE;
/* AGENT_REQUEST and AGENT_REPLY. */
enum err agent_message_encode(const struct agent_message *m, uint8_t *out, size_t cap,
			      size_t *len) MUST_USE;
enum err agent_message_decode(const uint8_t *in, size_t len, struct agent_message *out) MUST_USE;
enum err agent_client_gone_encode(uint32_t client, uint8_t *out, size_t cap, size_t *len) MUST_USE;
enum err agent_client_gone_decode(const uint8_t *in, size_t len, uint32_t *client) MUST_USE;

#endif
