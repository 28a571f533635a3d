/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/hex.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_encode(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

/* Of what strspn() has passed. */
static uint8_t value(char digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

enum err hex_decode(const char *text, uint8_t *out, size_t len)
{
	size_t n = strlen(text);

	if (n != 2 * len || strspn(text, "0123456789abcdefABCDEF") != n)
		return ERR_FORMAT;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(value(text[2 * i]) << 4 | value(text[2 * i + 1]));
	return ERR_OK;
}
