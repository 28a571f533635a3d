/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy/p256.h"

#include <string.h>

#define COORDINATE_SIZE 32
#define HEX_DIGITS      "0123456789abcdef"
#define HEX_LEN         (2 + 4 * COORDINATE_SIZE)

static uint8_t digit(char c)
{
	return (uint8_t)(strchr(HEX_DIGITS, c) - HEX_DIGITS);
}

static void decode(const char *hex, uint8_t out[COORDINATE_SIZE])
{
	for (size_t i = 0; i < COORDINATE_SIZE; i++)
		out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

enum err p256_parse(const char *hex, struct crypt_point *out)
{
	struct crypt_point point;

	if (strspn(hex, HEX_DIGITS) != HEX_LEN || hex[HEX_LEN] != '\0' || memcmp(hex, "04", 2) != 0)
		return ERR_FORMAT;
	decode(hex + 2, point.x);
	decode(hex + 2 + 2 * COORDINATE_SIZE, point.y);
	if (crypt_check_point(&point))
		return ERR_FORMAT;
	*out = point;
	return ERR_OK;
}
