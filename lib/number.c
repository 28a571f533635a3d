/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/number.h"

size_t number_prefix(const char *text, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	size_t len = 0;

	for (; text[len] >= '0' && text[len] < '0' + (char)base; len++) {
		uint64_t digit = (uint64_t)(text[len] - '0');

		if (digit > max || n > (max - digit) / base)
			return 0;
		n = n * base + digit;
	}
	if (len)
		*out = n;
	return len;
}

enum err number_parse(const char *text, unsigned base, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t n;
	size_t len = number_prefix(text, base, max, &n);

	if (len == 0 || text[len] != '\0' || n < min)
		return ERR_FORMAT;
	*out = n;
	return ERR_OK;
}

enum err number_u32(const char *text, uint32_t max, uint32_t *out)
{
	uint64_t n;
	enum err e = number_parse(text, 10, 0, max, &n);

	if (!e)
		*out = (uint32_t)n;
	return e;
}
