/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * suspended: the plaintext of a suspended vTPM's blob (doc/STATE-FORMAT):
 * u32 length of the permanent state || permanent state || volatile state.
 */
#ifndef STUBDOM_SUSPENDED_H
#define STUBDOM_SUSPENDED_H

#include "lib/crypt.h"
#include "stubdom/tpm.h"

/* Bytes that both take together. */
size_t suspended_len(const struct tpm_states *s);

/* ERR_TOO_BIG over cap. */
enum err suspended_encode(const struct tpm_states *s, uint8_t *out, size_t cap,
			  size_t *len) MUST_USE;

/* Neither is empty. Views into in. */
enum err suspended_decode(const uint8_t *in, size_t len, struct tpm_states *out) MUST_USE;

/* What the anchored leaf says of the volatile state. */
enum err suspended_digest(const struct tpm_states *s, struct digest *out) MUST_USE;

#endif
