/* SPDX-License-Identifier: BSD-3-Clause */
/* The two records that hold sealed objects: the boot header, and a vTPM's own. */
#include "lib/field.h"
#include "lib/frame.h"
#include "lib/proto_root.h"

#include <string.h>

#define MARKED (UINT32_C(1) << 31) /* in the mask: marks follow */

static void marks_put(struct wbuf *w, const struct approval *a)
{
	for (unsigned i = 0; a->marked && i < PCRS_MAX; i++)
		if (a->pcrs & 1u << i)
			wbuf_u32(w, a->marks[i]);
}

static void marks_get(struct rbuf *r, struct approval *out)
{
	memset(out->marks, 0, sizeof(out->marks));
	for (unsigned i = 0; out->marked && i < PCRS_MAX; i++)
		if (out->pcrs & 1u << i)
			out->marks[i] = rbuf_u32(r);
}

void approval_put(struct wbuf *w, const struct approval *a)
{
	wbuf_u32(w, a->pcrs | (a->marked ? MARKED : 0));
	wbuf_bytes(w, a->pcr_digest.b, DIGEST_SIZE);
	wbuf_u64(w, a->version);
	wbuf_bytes(w, a->sig.r, sizeof(a->sig.r));
	wbuf_bytes(w, a->sig.s, sizeof(a->sig.s));
	marks_put(w, a);
}

void approval_get(struct rbuf *r, struct approval *out)
{
	uint32_t mask = rbuf_u32(r);

	out->marked = mask & MARKED;
	out->pcrs = mask & ~MARKED;
	rbuf_require(r, out->pcrs >> PCRS_MAX == 0);
	rbuf_copy(r, out->pcr_digest.b, DIGEST_SIZE);
	out->version = rbuf_u64(r);
	rbuf_copy(r, out->sig.r, sizeof(out->sig.r));
	rbuf_copy(r, out->sig.s, sizeof(out->sig.s));
	marks_get(r, out);
}

static void authority_put(struct wbuf *w, const struct authority *a)
{
	wbuf_bytes(w, a->key.x, sizeof(a->key.x));
	wbuf_bytes(w, a->key.y, sizeof(a->key.y));
	wbuf_u8(w, a->napprovals);
	if (!wbuf_require(w, a->napprovals <= APPROVALS_MAX))
		return;
	for (size_t i = 0; i < a->napprovals; i++)
		approval_put(w, &a->approvals[i]);
}

static void authority_get(struct rbuf *r, struct authority *out)
{
	memset(out, 0, sizeof(*out));
	rbuf_copy(r, out->key.x, sizeof(out->key.x));
	rbuf_copy(r, out->key.y, sizeof(out->key.y));
	out->napprovals = field_enum(r, 0, APPROVALS_MAX);
	for (size_t i = 0; i < out->napprovals; i++)
		approval_get(r, &out->approvals[i]);
}

static void area_put(struct wbuf *w, const uint8_t *area, uint16_t len)
{
	wbuf_u16(w, len);
	if (wbuf_require(w, len <= SEALED_MAX))
		wbuf_bytes(w, area, len);
}

static uint16_t area_get(struct rbuf *r, uint8_t area[SEALED_MAX])
{
	uint16_t len = rbuf_u16(r);

	if (!rbuf_require(r, len <= SEALED_MAX))
		return 0;
	rbuf_copy(r, area, len);
	return len;
}

static void sealed_put(struct wbuf *w, const struct sealed *s)
{
	area_put(w, s->public_area, s->public_len);
	area_put(w, s->private_area, s->private_len);
}

/* Either both areas are there, or the object has not been sealed yet. */
static void sealed_get(struct rbuf *r, struct sealed *out)
{
	out->public_len = area_get(r, out->public_area);
	out->private_len = area_get(r, out->private_area);
	rbuf_require(r, (out->public_len == 0) == (out->private_len == 0));
}

static enum err checksum(const uint8_t *bytes, size_t len, struct digest *out)
{
	const struct crypt_part part = {bytes, len};

	return crypt_sha256(&part, 1, out);
}

enum err boot_header_encode(const struct boot_header *h, uint8_t *out, size_t cap, size_t *len)
{
	struct digest sum = {0};
	struct wbuf w;
	size_t total;
	enum err e;

	wbuf_init(&w, out, cap);
	frame_begin(&w, BOOT_HEADER_MAGIC);
	wbuf_u64(&w, h->seq);
	wbuf_bytes(&w, h->store, UUID_SIZE);
	wbuf_u8(&w, h->hierarchy);
	sealed_put(&w, &h->root_key);
	authority_put(&w, &h->platform);
	wbuf_bytes(&w, sum.b, DIGEST_SIZE);
	e = frame_end(&w, &total);
	if (e == ERR_OK)
		e = checksum(out, total - DIGEST_SIZE, &sum);
	if (e != ERR_OK)
		return e;
	memcpy(out + total - DIGEST_SIZE, sum.b, DIGEST_SIZE);
	*len = total;
	return ERR_OK;
}

static enum err boot_header_get(struct rbuf *r, struct boot_header *h, struct digest *sum)
{
	h->seq = rbuf_u64(r);
	rbuf_copy(r, h->store, UUID_SIZE);
	h->hierarchy = field_enum(r, HIERARCHY_PLATFORM, HIERARCHY_OWNER);
	sealed_get(r, &h->root_key);
	authority_get(r, &h->platform);
	rbuf_copy(r, sum->b, DIGEST_SIZE);
	rbuf_require(r, h->root_key.public_len > 0);
	return rbuf_end(r);
}

enum err boot_header_decode(const uint8_t *in, size_t len, struct boot_header *out)
{
	struct boot_header h = {0};
	struct digest sum;
	struct digest want;
	struct rbuf r;
	enum err e = frame_open(&r, in, len, BOOT_HEADER_MAGIC);

	if (e == ERR_OK)
		e = boot_header_get(&r, &h, &sum);
	if (e == ERR_OK)
		e = checksum(in, len - DIGEST_SIZE, &want);
	if (e != ERR_OK)
		return e;
	if (!digest_equal(&sum, &want))
		return ERR_FORMAT;
	*out = h;
	return ERR_OK;
}

/* One byte says what follows. Without terms: strict, without a budget. */
enum record_parts { RECORD_AUTHORITY = 1 << 0, RECORD_FRESHNESS = 1 << 1, RECORD_DOMAIN = 1 << 2 };

static bool has_terms(const struct record *r)
{
	const struct freshness *f = &r->freshness;

	return f->fresh != FRESHNESS_STRICT || f->at_end != BUDGET_STALL || f->commits_per_day != 0;
}

static void record_parts_put(struct wbuf *w, const struct record *r)
{
	bool bound = !field_is_zero(r->domain, UUID_SIZE);

	wbuf_u8(w, (uint8_t)((r->own_authority ? RECORD_AUTHORITY : 0) |
			     (has_terms(r) ? RECORD_FRESHNESS : 0) | (bound ? RECORD_DOMAIN : 0)));
	if (r->own_authority)
		authority_put(w, &r->authority);
	if (has_terms(r))
		freshness_put(w, &r->freshness);
	if (bound)
		wbuf_bytes(w, r->domain, UUID_SIZE);
}

static void record_parts_get(struct rbuf *r, struct record *out)
{
	uint8_t parts = rbuf_u8(r);

	rbuf_require(r, (parts & ~(RECORD_AUTHORITY | RECORD_FRESHNESS | RECORD_DOMAIN)) == 0);
	out->own_authority = parts & RECORD_AUTHORITY;
	if (out->own_authority)
		authority_get(r, &out->authority);
	if (parts & RECORD_FRESHNESS) {
		freshness_get(r, &out->freshness);
		rbuf_require(r, has_terms(out));
	}
	if (parts & RECORD_DOMAIN)
		field_uuid(r, out->domain);
}

enum err record_encode(const struct record *r, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	frame_begin(&w, RECORD_MAGIC);
	wbuf_bytes(&w, r->uuid, UUID_SIZE);
	wbuf_str(&w, r->name);
	wbuf_str(&w, r->stakeholder);
	wbuf_u8(&w, r->vtpm_class);
	wbuf_u64(&w, r->created);
	sealed_put(&w, &r->secret);
	record_parts_put(&w, r);
	return frame_end(&w, len);
}

static void record_get(struct rbuf *r, struct record *out)
{
	field_uuid(r, out->uuid);
	rbuf_str(r, out->name, sizeof(out->name));
	rbuf_str(r, out->stakeholder, sizeof(out->stakeholder));
	rbuf_require(r, out->name[0] && out->stakeholder[0]);
	out->vtpm_class = field_enum(r, VTPM_DISCRETIONARY, VTPM_MANDATORY);
	out->created = rbuf_u64(r);
	sealed_get(r, &out->secret);
	record_parts_get(r, out);
}

enum err record_decode(const uint8_t *in, size_t len, struct record *out)
{
	struct record record = {0};
	struct rbuf r;
	enum err e = frame_open(&r, in, len, RECORD_MAGIC);

	if (e != ERR_OK)
		return e;
	record_get(&r, &record);
	e = rbuf_end(&r);
	if (e == ERR_OK)
		*out = record;
	return e;
}
