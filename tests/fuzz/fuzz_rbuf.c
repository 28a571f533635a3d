/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbuf against what it promises. Input: u8 length of a program, the program
 * (one operation a byte: the low three bits which, the rest an argument), then
 * the bytes that it reads.
 */
#include "lib/rbuf.h"

#include <stdlib.h>
#include <string.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void integer(struct rbuf *r, unsigned arg)
{
	switch (arg % 4) {
	case 0:
		rbuf_u8(r);
		break;
	case 1:
		rbuf_u16(r);
		break;
	case 2:
		rbuf_u32(r);
		break;
	default:
		rbuf_u64(r);
	}
}

static void boolean(struct rbuf *r, unsigned arg)
{
	(void)arg;
	check(!rbuf_bool(r) || !r->bad);
}

static void copy(struct rbuf *r, unsigned arg)
{
	static const uint8_t zero[32];
	uint8_t out[32];

	memset(out, 0xa5, sizeof(out));
	rbuf_copy(r, out, arg);
	check(!r->bad || memcmp(out, zero, arg) == 0);
	check(arg == sizeof(out) || out[arg] == 0xa5);
}

static void view(struct rbuf *r, unsigned arg)
{
	const uint8_t *p = rbuf_view(r, arg);

	check(!r->bad || !p);
	for (size_t i = 0; p && i < arg; i++)
		(void)*(const volatile uint8_t *)&p[i];
}

static void blob(struct rbuf *r, unsigned arg)
{
	const uint8_t *p = NULL;
	size_t len = rbuf_blob(r, arg, &p);

	check(len <= arg);
	check(!r->bad || len == 0);
	for (size_t i = 0; i < len; i++)
		(void)*(const volatile uint8_t *)&p[i];
}

static void string(struct rbuf *r, unsigned arg)
{
	char out[33];

	memset(out, 0x7f, sizeof(out));
	rbuf_str(r, out, arg + 1);
	check(memchr(out, '\0', arg + 1) != NULL);
	for (const char *c = out; *c; c++)
		check(*c >= 0x20 && *c <= 0x7e);
	check(!r->bad || out[0] == '\0');
}

static void require(struct rbuf *r, unsigned arg)
{
	bool was_bad = r->bad;

	check(rbuf_require(r, arg != 0) == (!was_bad && arg != 0));
}

static void end(struct rbuf *r, unsigned arg)
{
	(void)arg;
	check((rbuf_end(r) == ERR_OK) == (!r->bad && rbuf_left(r) == 0));
}

static void (*const operations[8])(struct rbuf *r, unsigned arg) = {
    integer, boolean, copy, view, blob, string, require, end,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *program = data + 1;
	struct rbuf r;
	size_t n;

	if (size == 0 || data[0] > size - 1)
		return 0;
	n = data[0];
	rbuf_init(&r, program + n, size - 1 - n);
	for (size_t i = 0; i < n; i++) {
		size_t before = rbuf_left(&r);
		bool was_bad = r.bad;

		operations[program[i] % 8](&r, program[i] >> 3);
		check(rbuf_left(&r) <= before);
		check(!was_bad || r.bad);
	}
	return 0;
}
