/* SPDX-License-Identifier: BSD-3-Clause */
/* uuid: a vTPM's identity as text (RFC 4122 layout, lower case). */
#ifndef LIB_UUID_H
#define LIB_UUID_H

#include "lib/err.h"
#include "lib/proto_root.h"

#include <stdbool.h>

#define UUID_TEXT_SIZE 37 /* with the NUL */

struct uuid_text {
	char s[UUID_TEXT_SIZE];
};

struct uuid_text uuid_format(const uint8_t uuid[UUID_SIZE]);

/* ERR_FORMAT unless text is a uuid and nothing else; upper case is accepted. */
enum err uuid_parse(const char *text, uint8_t out[UUID_SIZE]) MUST_USE;

/* A random one (version 4). */
enum err uuid_random(uint8_t out[UUID_SIZE]) MUST_USE;

bool uuid_equal(const uint8_t a[UUID_SIZE], const uint8_t b[UUID_SIZE]);

#endif
