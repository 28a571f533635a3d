/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/uuid.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* The bytes that a dash follows. */
static bool dash_after(size_t byte)
{
	return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

struct uuid_text uuid_format(const uint8_t uuid[UUID_SIZE])
{
	struct uuid_text t;
	char *at = t.s;

	for (size_t i = 0; i < UUID_SIZE; i++)
		at += sprintf(at, dash_after(i) ? "%02x-" : "%02x", uuid[i]);
	return t;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

enum err uuid_parse(const char *text, uint8_t out[UUID_SIZE])
{
	uint8_t uuid[UUID_SIZE];

	if (strlen(text) != UUID_TEXT_SIZE - 1)
		return ERR_FORMAT;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		int high = digit(text[0]), low = digit(text[1]);

		if (high < 0 || low < 0)
			return ERR_FORMAT;
		uuid[i] = (uint8_t)(high << 4 | low);
		text += 2;
		if (dash_after(i) && *text++ != '-')
			return ERR_FORMAT;
	}
	memcpy(out, uuid, UUID_SIZE);
	return ERR_OK;
}

enum err uuid_random(uint8_t out[UUID_SIZE])
{
	if (getrandom(out, UUID_SIZE, 0) != UUID_SIZE)
		return err_from_errno(errno);
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x40);
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
	return ERR_OK;
}

bool uuid_equal(const uint8_t a[UUID_SIZE], const uint8_t b[UUID_SIZE])
{
	return memcmp(a, b, UUID_SIZE) == 0;
}
