/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/audit.h"

#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "vtpmmgr/broker/syslog_line.h"

#include <string.h>

#define PER_BLOCK (STORE_BLOCK / AUDIT_RECORD_SIZE)

void audit_init(struct audit *a)
{
	*a = (struct audit){.syslog = syslog_connect()};
}

static uint64_t record_at(uint64_t seq)
{
	return STORE_AUDIT_AT + seq % AUDIT_RING * AUDIT_RECORD_SIZE;
}

static uint64_t block_at(uint64_t seq)
{
	return record_at(seq) / STORE_BLOCK * STORE_BLOCK;
}

/* A whole record: its encoding, which ends with its hash, and zeroes. */
static enum err encode(const struct admin_audit *r, uint8_t out[AUDIT_RECORD_SIZE], size_t *len)
{
	struct wbuf w;

	memset(out, 0, AUDIT_RECORD_SIZE);
	wbuf_init(&w, out, AUDIT_RECORD_SIZE);
	admin_audit_put(&w, r);
	return wbuf_end(&w, len);
}

static enum err decode(const uint8_t in[AUDIT_RECORD_SIZE], struct admin_audit *out)
{
	struct rbuf r;

	rbuf_init(&r, in, AUDIT_RECORD_SIZE);
	admin_audit_get(&r, out);
	return r.bad ? ERR_FORMAT : ERR_OK;
}

/* SHA-256(hash of the one before || the record without its own). */
static enum err chain(const struct digest *before, const uint8_t *record, size_t len,
		      struct digest *out)
{
	const struct crypt_part parts[] = {{before->b, DIGEST_SIZE}, {record, len - DIGEST_SIZE}};

	return crypt_sha256(parts, 2, out);
}

static enum err read_block(const struct audit *a, uint64_t seq, uint8_t out[STORE_BLOCK])
{
	return store_read(a->store, block_at(seq), out, STORE_BLOCK);
}

static enum err read_record(const struct audit *a, uint64_t seq, struct admin_audit *out)
{
	uint8_t block[STORE_BLOCK];
	bool last = block_at(seq) == block_at(a->seq);
	enum err e = last ? ERR_OK : read_block(a, seq, block);

	if (!e)
		e = decode((last ? a->block : block) + seq % PER_BLOCK * AUDIT_RECORD_SIZE, out);
	if (!e && out->seq != seq)
		e = ERR_FORMAT;
	return e;
}

static bool continues(const struct digest *before, const struct admin_audit *r)
{
	uint8_t bytes[AUDIT_RECORD_SIZE];
	struct digest d;
	size_t len;

	return encode(r, bytes, &len) == ERR_OK && chain(before, bytes, len, &d) == ERR_OK &&
	       digest_equal(&d, &r->hash);
}

uint64_t audit_oldest(const struct audit *a)
{
	/* The block that is being filled has pushed its oldest records out. */
	const uint64_t kept = AUDIT_RING - PER_BLOCK;

	return a->seq > kept ? a->seq - kept + 1 : 1;
}

enum err audit_read(const struct audit *a, uint64_t seq, struct admin_audit *out)
{
	struct admin_audit before, r;
	enum err e;

	if (!a->store || seq < audit_oldest(a) || seq > a->seq)
		return ERR_NOT_FOUND;
	e = read_record(a, seq, &r);
	if (e)
		return e == ERR_FORMAT ? ERR_TAMPERED : e;
	before = (struct admin_audit){0};
	if (seq > audit_oldest(a) && read_record(a, seq - 1, &before) != ERR_OK)
		return ERR_TAMPERED;
	if ((seq > audit_oldest(a) || seq == 1) && !continues(&before.hash, &r))
		return ERR_TAMPERED;
	*out = r;
	return ERR_OK;
}

/* Records after the anchored head that continue it were written by us and lost no anchor. */
static enum err read_on(struct audit *a)
{
	struct admin_audit r;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < AUDIT_RING; i++) {
		uint64_t next = a->seq + 1;
		bool fresh = block_at(next) != block_at(a->seq);
		uint8_t block[STORE_BLOCK];

		e = read_block(a, next, block);
		if (e || decode(block + next % PER_BLOCK * AUDIT_RECORD_SIZE, &r) != ERR_OK ||
		    r.seq != next || !continues(&a->head, &r))
			break;
		if (fresh)
			memcpy(a->block, block, sizeof(block));
		a->seq = next;
		a->head = r.hash;
	}
	return e;
}

static enum err keep_early(struct audit *a, const struct admin_audit *r)
{
	if (a->nearly == AUDIT_EARLY)
		a->dropped++;
	else
		a->early[a->nearly++] = *r;
	return ERR_OK;
}

/* Puts the encoded record in its place and stages the block. */
static enum err put(struct audit *a, const struct admin_audit *r, const uint8_t *bytes)
{
	struct store_write w = {block_at(r->seq), a->block, STORE_BLOCK};

	if (r->seq % PER_BLOCK == 0)
		memset(a->block, 0, sizeof(a->block));
	memcpy(a->block + r->seq % PER_BLOCK * AUDIT_RECORD_SIZE, bytes, AUDIT_RECORD_SIZE);
	a->seq = r->seq;
	a->head = r->hash;
	return store_stage(a->store, &w);
}

static enum err enter(struct audit *a, const struct admin_audit *in)
{
	struct admin_audit r = *in;
	uint8_t bytes[AUDIT_RECORD_SIZE];
	size_t len;
	enum err e;

	r.seq = a->seq + 1;
	e = encode(&r, bytes, &len);
	if (!e)
		e = chain(&a->head, bytes, len, &r.hash);
	if (!e)
		e = encode(&r, bytes, &len);
	return e ? e : put(a, &r, bytes);
}

static enum err flush_early(struct audit *a)
{
	enum err e = ERR_OK;

	if (a->dropped > 0)
		log_warning("%zu early audit records went to syslog only", a->dropped);
	for (size_t i = 0; !e && i < a->nearly; i++)
		e = enter(a, &a->early[i]);
	a->nearly = a->dropped = 0;
	return e;
}

enum err audit_open(struct audit *a, struct store *s, uint64_t seq, const struct digest *head)
{
	struct admin_audit r;
	enum err found = ERR_OK, e;

	a->store = s;
	a->seq = seq;
	a->head = *head;
	e = read_block(a, seq, a->block);
	if (!e && seq > 0 && (audit_read(a, seq, &r) != ERR_OK || !digest_equal(&r.hash, head)))
		found = ERR_TAMPERED;
	if (!e && !found)
		e = read_on(a);
	if (!e)
		e = flush_early(a);
	if (e)
		a->store = NULL;
	return e ? e : found;
}

enum err audit_add(struct audit *a, const struct admin_audit *r)
{
	syslog_audit(a->syslog, r);
	return a->store ? enter(a, r) : keep_early(a, r);
}

void audit_log_only(const struct audit *a, const struct admin_audit *r)
{
	syslog_audit(a->syslog, r);
}
