/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto_super: supervisor <-> each of its children (descriptor 3 of every
 * child). It makes every channel pair and hands out the ends; when one side
 * of a pair dies, the other gets a new end by SUPER_PEER.
 *
 *  type           from -> to                body
 *  SUPER_CONFIG   supervisor -> keys        struct super_config
 *  SUPER_PEER +fd supervisor -> all         struct super_peer: the new channel
 *  SUPER_EXITED   supervisor -> keys,broker struct super_exited
 *  SUPER_STOP     supervisor -> all         empty: end cleanly
 *  SUPER_SPAWN    keys -> supervisor        struct super_spawn: start this vTPM's worker
 *  SUPER_PIN      keys -> supervisor        34-byte Name of the pTPM key to pin: init is over, and
 *                                           the next key keeper cannot provision any more
 *  SUPER_KILL     keys,broker -> supervisor 16-byte uuid: end this worker now
 *  SUPER_READY    keys, broker -> supervisor empty: initialised
 *  SUPER_ISOLATION vtpmmgr-vchan admin -> supervisor, supervisor -> broker
 *                                           lib/isolation.h: what keeps domains apart
 *
 * Only the key keeper may ask for a worker, because it alone knows from the
 * anchored root whose the vTPM is, and whose guest's. A child's arguments are
 * those of lib/child.h.
 */
#ifndef LIB_PROTO_SUPER_H
#define LIB_PROTO_SUPER_H

#include "lib/err.h"
#include "lib/msg.h"
#include "lib/proto_root.h"

enum super_msg {
	SUPER_CONFIG = 0x0101,
	SUPER_PEER = 0x0102,
	SUPER_EXITED = 0x0103,
	SUPER_STOP = 0x0104,
	SUPER_SPAWN = 0x0105,
	SUPER_PIN = 0x0106,
	SUPER_KILL = 0x0107,
	SUPER_READY = 0x0108,
	SUPER_ISOLATION = 0x0109,
};

/* Fixed descriptors of the children. */
enum super_fd {
	FD_SUPER = 3,
	/* worker */
	FD_WORKER_KEYS = 4,
	FD_WORKER_BROKER = 5,
	FD_WORKER_DATA = 6, /* listening: guest data */
	FD_WORKER_CTRL = 7, /* listening: guest control */
	/* key keeper */
	FD_KEYS_BROKER = 4,
	FD_KEYS_PTPM = 5,
	/* vtpmmgr-vchan ptpm: the other end of it */
	FD_VCHAN_PTPM = 3,
	/* broker; its channel to the key keeper comes by SUPER_PEER */
	FD_BROKER_ADMIN = 5, /* listening */
	FD_BROKER_STORE = 6,
	FD_BROKER_POLICY = 7, /* the initial policy file, read-only */
};

enum super_role { ROLE_KEYS = 1, ROLE_BROKER = 2, ROLE_WORKER = 3, ROLE_PTPM = 4 };

/* Where the pinned Name comes from: the image, or the first TPM that was seen. */
enum super_pin { PIN_NONE = 0, PIN_GIVEN = 1, PIN_FIRST_USE = 2 };

struct super_config {
	struct digest measurement;  /* over every program and the initial policy */
	uint8_t pcr;                /* the PCR that takes it */
	uint8_t pinned;             /* enum super_pin */
	uint8_t pin[TPM_NAME_SIZE]; /* Name of the pTPM's salt key, unless PIN_NONE */
	bool provisioning;          /* the pTPM channel allows provisioning commands */
};

struct super_peer {
	uint8_t role;            /* enum super_role: who is at the other end */
	uint8_t uuid[UUID_SIZE]; /* of a worker, else zero */
	struct guest guest;      /* of a worker, else zero */
};

struct super_spawn {
	uint8_t uuid[UUID_SIZE];
	struct guest guest;                 /* who may use it */
	char stakeholder[NAME_MAX_LEN + 1]; /* whose it is: a stub domain's label follows from it */
};

enum super_how { EXITED_CODE = 1, EXITED_SIGNAL = 2, EXITED_NOT_STARTED = 3 };

struct super_exited {
	uint8_t role;
	uint8_t uuid[UUID_SIZE];
	uint8_t how;  /* enum super_how */
	uint8_t code; /* exit code, signal number, or enum err */
};

enum err super_config_encode(const struct super_config *m, uint8_t *out, size_t cap,
			     size_t *len) MUST_USE;
enum err super_config_decode(const uint8_t *in, size_t len, struct super_config *out) MUST_USE;
enum err super_peer_encode(const struct super_peer *m, uint8_t *out, size_t cap,
			   size_t *len) MUST_USE;
enum err super_peer_decode(const uint8_t *in, size_t len, struct super_peer *out) MUST_USE;
enum err super_spawn_encode(const struct super_spawn *m, uint8_t *out, size_t cap,
			    size_t *len) MUST_USE;
enum err super_spawn_decode(const uint8_t *in, size_t len, struct super_spawn *out) MUST_USE;
enum err super_exited_encode(const struct super_exited *m, uint8_t *out, size_t cap,
			     size_t *len) MUST_USE;
enum err super_exited_decode(const uint8_t *in, size_t len, struct super_exited *out) MUST_USE;

#endif
