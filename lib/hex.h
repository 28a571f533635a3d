/* SPDX-License-Identifier: BSD-3-Clause */
/* hex: bytes as text, two digits each. */
#ifndef LIB_HEX_H
#define LIB_HEX_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

/* Lower case, and a NUL: out has 2 * len + 1 characters. */
void hex_encode(const uint8_t *bytes, size_t len, char *out);

/* ERR_FORMAT unless text is 2 * len digits, of either case, and nothing else. */
enum err hex_decode(const char *text, uint8_t *out, size_t len) MUST_USE;

#endif
