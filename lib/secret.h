/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secret: the one type that key material lives in.
 *
 * The bytes lie in OpenSSL's secure heap: locked in memory, left out of core
 * dumps, between guard pages, wiped when freed. They are never copied to the
 * stack, an argv, an environment or a log.
 */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MAX 128 /* bytes */

struct secret;

/*
 * Sets up the secure heap; call once, first thing in main, before sandboxing.
 * bytes: its size, a power of two. ERR_NO_MEMORY if it could not be locked,
 * ERR_STATE if called before.
 */
enum err secret_init(size_t bytes) MUST_USE;

/*
 * len zero bytes, 1..SECRET_MAX. The caller frees it with secret_free().
 * ERR_STATE without secret_init().
 */
enum err secret_new(size_t len, struct secret **out) MUST_USE;

/* len bytes from OpenSSL's private random generator. */
enum err secret_random(size_t len, struct secret **out) MUST_USE;

/* Wipes and frees; NULL is fine. */
void secret_free(struct secret *s);

/* For `__attribute__((cleanup(secret_cleanup)))`. */
void secret_cleanup(struct secret **s);

uint8_t *secret_bytes(struct secret *s);
const uint8_t *secret_view(const struct secret *s);
size_t secret_len(const struct secret *s);

/* Constant time in the contents; different lengths are unequal. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Wipes memory that held something secret for a moment (a decoded message). */
void secret_wipe(void *memory, size_t len);

#endif
