/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opening: between "there is a store" and "its root is the current one". The
 * broker reads what lies there and hands it to the key keeper; what comes back as
 * anchored is loaded into registry, policy and audit trail.
 */
#ifndef VTPMMGR_OPENING_H
#define VTPMMGR_OPENING_H

#include "lib/proto_admin.h"

struct broker;

/* A key keeper is there, or circumstances have changed: ask it to open the store. */
void opening_ask(struct broker *b);
/* The key keeper is gone, or about to go: wait for the next one. */
void opening_lost(struct broker *b);

/* The bytes of header and root slots as KEYS_OPEN carries them, encoded into b->out. */
enum err opening_encode(struct broker *b, size_t *len) MUST_USE;

/* KEYS_RECOVER with them, encoded into b->out. */
enum err opening_encode_recover(struct broker *b, const struct admin_recover *r,
				size_t *len) MUST_USE;

/* What a root slot holds of a record; 0: nothing. */
uint32_t opening_read_root(const struct broker *b, unsigned i, uint8_t out[STORE_ROOT_SIZE]);

/* The policy that this root names; ERR_TAMPERED: it is not in the store. The caller frees it. */
enum err opening_read_policy(const struct broker *b, const struct root *root, char **out) MUST_USE;

/* This root is the anchored one: load all that follows from it. Fails closed. */
enum err opening_load(struct broker *b, uint8_t slot, const struct root *root) MUST_USE;

/* KEYS_HEADER: over the older of the two copies, and durable. */
enum err opening_write_header(struct broker *b, const uint8_t *bytes, size_t len) MUST_USE;

#endif
