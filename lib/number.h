/* SPDX-License-Identifier: BSD-3-Clause */
/* number: digits as command lines, the kernel and xenstore write them: no sign, no space. */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The number that text begins with; base is at most 10. How many characters it
 * has is returned: 0, and *out untouched, if there is none or it is over max.
 */
size_t number_prefix(const char *text, unsigned base, uint64_t max, uint64_t *out);

/* ERR_FORMAT unless the whole text is one number, min to max. */
enum err number_parse(const char *text, unsigned base, uint64_t min, uint64_t max,
		      uint64_t *out) MUST_USE;

/* The same for a decimal one from 0. */
enum err number_u32(const char *text, uint32_t max, uint32_t *out) MUST_USE;

#endif
