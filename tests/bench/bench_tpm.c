/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/bench_tpm.h"

#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "lib/wbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	RC_SUCCESS = 0,
	RC_INITIALIZE = 0x100, /* Startup was done before */
	RC_NV_DEFINED = 0x14c,
	RH_OWNER = 0x40000001,
	RS_PW = 0x40000009,
	NV_COUNTER = 0x01500001,
	NV_DATA = 0x01500002,
	NV_DATA_SIZE = 64,
	/* authWrite, ownerWrite, authRead, ownerRead, noDA; TPM_NT_COUNTER */
	NV_ATTRIBUTES = 0x02060006,
	NV_ATTRIBUTES_COUNTER = NV_ATTRIBUTES | 0x10,
	/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign */
	KEY_ATTRIBUTES = 0x00050472,
	WARM_UP = 3,
};

/* A command under construction: the header's size is filled in at the end. */
struct command {
	uint8_t bytes[256];
	struct wbuf w;
};

static void begin(struct command *c, uint16_t tag, uint32_t code)
{
	wbuf_init(&c->w, c->bytes, sizeof(c->bytes));
	wbuf_u16(&c->w, tag);
	wbuf_u32(&c->w, 0);
	wbuf_u32(&c->w, code);
}

/* An authorisation area with one empty password. */
static void password(struct command *c)
{
	wbuf_u32(&c->w, 9);
	wbuf_u32(&c->w, RS_PW);
	wbuf_u16(&c->w, 0);
	wbuf_u8(&c->w, 0);
	wbuf_u16(&c->w, 0);
}

/* Sends c; *rc gets the TPM's answer, *handle (unless NULL) the word after the header. */
static enum err send_command(struct bench_tpm *t, struct command *c, uint32_t *rc, uint32_t *handle)
{
	uint8_t rsp[BENCH_BUFFER];
	size_t len = c->w.len, rsp_len = 0;
	struct wbuf size;
	struct rbuf r;
	enum err e;

	wbuf_init(&size, c->bytes + 2, 4);
	wbuf_u32(&size, (uint32_t)len);
	e = t->exchange(t->ctx, c->bytes, len, rsp, &rsp_len);
	if (e)
		return e;
	rbuf_init(&r, rsp, rsp_len);
	(void)rbuf_u16(&r);
	(void)rbuf_u32(&r);
	*rc = rbuf_u32(&r);
	if (handle)
		*handle = rbuf_u32(&r);
	return r.bad ? ERR_FORMAT : ERR_OK;
}

/* Sends c and wants success, or the one other code that is as good. */
static enum err want(struct bench_tpm *t, struct command *c, uint32_t also, uint32_t *handle)
{
	uint32_t rc = 0;
	enum err e = send_command(t, c, &rc, handle);

	if (e)
		return e;
	if (rc == RC_SUCCESS || rc == also)
		return ERR_OK;
	fprintf(stderr, "bench: the TPM answered 0x%x\n", (unsigned)rc);
	return ERR_TPM;
}

static void build_startup(struct command *c)
{
	begin(c, TPM_ST_NO_SESSIONS_, 0x144);
	wbuf_u16(&c->w, 0); /* TPM_SU_CLEAR */
}

static void build_define(struct command *c, uint32_t index, uint32_t attributes, uint16_t size)
{
	begin(c, TPM_ST_SESSIONS_, 0x12a);
	wbuf_u32(&c->w, RH_OWNER);
	password(c);
	wbuf_u16(&c->w, 0); /* authValue */
	wbuf_u16(&c->w, 14);
	wbuf_u32(&c->w, index);
	wbuf_u16(&c->w, 0x000b);
	wbuf_u32(&c->w, attributes);
	wbuf_u16(&c->w, 0); /* authPolicy */
	wbuf_u16(&c->w, size);
}

static void build_flush(struct command *c, uint32_t handle)
{
	begin(c, TPM_ST_NO_SESSIONS_, 0x165);
	wbuf_u32(&c->w, handle);
}

static void build_random(struct bench_tpm *t, unsigned i, struct command *c)
{
	(void)t;
	(void)i;
	begin(c, TPM_ST_NO_SESSIONS_, 0x17b);
	wbuf_u16(&c->w, 32);
}

static void build_extend(struct bench_tpm *t, unsigned i, struct command *c)
{
	static const uint8_t digest[32] = {1};

	(void)t;
	(void)i;
	begin(c, TPM_ST_SESSIONS_, 0x182);
	wbuf_u32(&c->w, 16); /* PCR 16: debug */
	password(c);
	wbuf_u32(&c->w, 1);
	wbuf_u16(&c->w, 0x000b);
	wbuf_bytes(&c->w, digest, sizeof(digest));
}

static void build_increment(struct bench_tpm *t, unsigned i, struct command *c)
{
	(void)t;
	(void)i;
	begin(c, TPM_ST_SESSIONS_, 0x134);
	wbuf_u32(&c->w, RH_OWNER);
	wbuf_u32(&c->w, NV_COUNTER);
	password(c);
}

static void build_write(struct bench_tpm *t, unsigned i, struct command *c)
{
	static const uint8_t rest[NV_DATA_SIZE - 8];

	begin(c, TPM_ST_SESSIONS_, 0x137);
	wbuf_u32(&c->w, RH_OWNER);
	wbuf_u32(&c->w, NV_DATA);
	password(c);
	wbuf_u16(&c->w, NV_DATA_SIZE);
	wbuf_u32(&c->w, t->run);
	wbuf_u32(&c->w, i);
	wbuf_bytes(&c->w, rest, sizeof(rest));
	wbuf_u16(&c->w, 0); /* offset */
}

static void build_quote(struct bench_tpm *t, unsigned i, struct command *c)
{
	begin(c, TPM_ST_SESSIONS_, 0x158);
	wbuf_u32(&c->w, t->key);
	password(c);
	wbuf_u16(&c->w, 4);
	wbuf_u32(&c->w, i);
	wbuf_u16(&c->w, 0x0010); /* the key's own scheme */
	wbuf_u32(&c->w, 1);
	wbuf_u16(&c->w, 0x000b);
	wbuf_u8(&c->w, 3);
	wbuf_u8(&c->w, 0xff);
	wbuf_u8(&c->w, 0);
	wbuf_u8(&c->w, 0);
}

/* TPMT_PUBLIC of a restricted ECDSA P-256 signing key. */
static void public_area(struct wbuf *w)
{
	wbuf_u16(w, 0x0023);
	wbuf_u16(w, 0x000b);
	wbuf_u32(w, KEY_ATTRIBUTES);
	wbuf_u16(w, 0);
	wbuf_u16(w, 0x0010);
	wbuf_u16(w, 0x0018);
	wbuf_u16(w, 0x000b);
	wbuf_u16(w, 0x0003);
	wbuf_u16(w, 0x0010);
	wbuf_u32(w, 0); /* empty x and y */
}

static void build_primary(struct bench_tpm *t, unsigned i, struct command *c)
{
	(void)t;
	(void)i;
	begin(c, TPM_ST_SESSIONS_, 0x131);
	wbuf_u32(&c->w, RH_OWNER);
	password(c);
	wbuf_u16(&c->w, 4); /* empty auth, empty data */
	wbuf_u32(&c->w, 0);
	wbuf_u16(&c->w, 24);
	public_area(&c->w);
	wbuf_u16(&c->w, 0); /* outsideInfo */
	wbuf_u32(&c->w, 0); /* creationPCR */
}

static const struct bench_case {
	const char *name;
	void (*build)(struct bench_tpm *t, unsigned i, struct command *c);
	unsigned divisor; /* of the count, for what takes longer */
	bool with_key;
	bool makes_object;
} cases[] = {
    {"GetRandom", build_random, 1, false, false},
    {"PCR_Extend", build_extend, 1, false, false},
    {"NV_Increment", build_increment, 2, false, false},
    {"NV_Write", build_write, 2, false, false},
    {"Quote", build_quote, 4, true, false},
    {"CreatePrimary", build_primary, 4, true, true},
};

double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t n, double share)
{
	qsort(values, n, sizeof(*values), compare);
	return values[(size_t)(share * (double)(n - 1) + 0.5)];
}

enum err bench_prepare(struct bench_tpm *t, int with_key)
{
	struct command c;
	enum err e;

	build_startup(&c);
	e = want(t, &c, RC_INITIALIZE, NULL);
	if (e)
		return e;
	build_define(&c, NV_COUNTER, NV_ATTRIBUTES_COUNTER, 8);
	e = want(t, &c, RC_NV_DEFINED, NULL);
	if (e)
		return e;
	build_define(&c, NV_DATA, NV_ATTRIBUTES, NV_DATA_SIZE);
	e = want(t, &c, RC_NV_DEFINED, NULL);
	if (e || !with_key)
		return e;
	build_primary(t, 0, &c);
	return want(t, &c, RC_SUCCESS, &t->key);
}

/* One timed command; what it made is flushed outside the time. */
static enum err timed(struct bench_tpm *t, const struct bench_case *b, unsigned i, double *us)
{
	struct command c;
	uint32_t handle = 0;
	double start;
	enum err e;

	b->build(t, i, &c);
	start = bench_now();
	e = want(t, &c, RC_SUCCESS, b->makes_object ? &handle : NULL);
	*us = bench_now() - start;
	if (e || !b->makes_object)
		return e;
	build_flush(&c, handle);
	return want(t, &c, RC_SUCCESS, NULL);
}

static enum err run_case(struct bench_tpm *t, const struct bench_case *b, unsigned n, double *us)
{
	unsigned i;
	enum err e;

	for (i = 0; i < n + WARM_UP; i++) {
		e = timed(t, b, i, &us[i < WARM_UP ? 0 : i - WARM_UP]);
		if (e)
			return e;
	}
	printf("%s %.1f", b->name, bench_quantile(us, n, 0.5));
	printf(" %.1f\n", bench_quantile(us, n, 0.99));
	return ERR_OK;
}

enum err bench_latency(struct bench_tpm *t, unsigned count)
{
	double *us = calloc(count, sizeof(*us));
	enum err e = us ? ERR_OK : ERR_NO_MEMORY;
	size_t i;

	for (i = 0; !e && i < sizeof(cases) / sizeof(cases[0]); i++)
		if (t->key || !cases[i].with_key)
			e = run_case(t, &cases[i],
				     (count + cases[i].divisor - 1) / cases[i].divisor, us);
	free(us);
	return e;
}

/* Evenly spread from 0 to twice the average. */
static void take_a_pause(unsigned average)
{
	if (average > 0)
		usleep((useconds_t)((double)average * 2 * drand48()));
}

enum err bench_write(struct bench_tpm *t, unsigned count, unsigned pause, double *us)
{
	struct command c;
	enum err e = ERR_OK;
	unsigned i;

	srand48(t->run);
	for (i = 0; !e && i < count; i++) {
		take_a_pause(pause);
		build_write(t, i, &c);
		us[i] = bench_now();
		e = want(t, &c, RC_SUCCESS, NULL);
		us[i] = bench_now() - us[i];
	}
	return e;
}

enum err bench_random(struct bench_tpm *t)
{
	struct command c;

	build_random(t, 0, &c);
	return want(t, &c, RC_SUCCESS, NULL);
}
