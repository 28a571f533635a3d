/* SPDX-License-Identifier: BSD-3-Clause */
/* data: whole TPM commands out of a byte stream. */
#ifndef STUBDOM_DATA_H
#define STUBDOM_DATA_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Whether buf starts with a whole command: its length by *len. ERR_AGAIN: more
 * bytes are needed; ERR_FORMAT: its size field is no size a command can have.
 */
enum err data_frame(const uint8_t *buf, size_t have, size_t *len) MUST_USE;

#endif
