/* SPDX-License-Identifier: BSD-3-Clause */
/* pin: the file that holds the Name of the pTPM key which sessions are salted to. */
#ifndef VTPMMGR_PIN_H
#define VTPMMGR_PIN_H

#include "lib/err.h"
#include "lib/proto_super.h"

/*
 * One line of 68 hex digits; " init" behind them says that platform init wrote it
 * itself, on first use, and *origin is PIN_FIRST_USE, not PIN_GIVEN. ERR_NOT_FOUND: no
 * such file; ERR_FORMAT: something else is in it.
 */
enum err pin_read(const char *path, uint8_t name[TPM_NAME_SIZE], uint8_t *origin) MUST_USE;

/* The digits alone, as `--pin-name` has them. ERR_FORMAT: it is something else. */
enum err pin_parse(const char *text, uint8_t name[TPM_NAME_SIZE]) MUST_USE;

struct pin_text {
	char s[2 * TPM_NAME_SIZE + 1];
};

struct pin_text pin_format(const uint8_t name[TPM_NAME_SIZE]);

/* Replaces the file as a whole, as platform init does; it is on the disk on return. */
enum err pin_write(const char *path, const uint8_t name[TPM_NAME_SIZE]) MUST_USE;

#endif
