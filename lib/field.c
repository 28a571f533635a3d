/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/field.h"

#include <string.h>

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define NAME_LATER NAME_FIRST "._-"

bool field_is_zero(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	/* Each byte is the one after it, and the first one is zero. */
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

bool field_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len <= NAME_MAX_LEN && strspn(name, NAME_FIRST) > 0 &&
	       strspn(name, NAME_LATER) == len;
}

bool field_quota_ok(uint32_t quota)
{
	return quota >= QUOTA_MIN && quota <= QUOTA_MAX && quota % STORE_BLOCK == 0;
}

bool field_region_ok(uint64_t region)
{
	return region >= STORE_REGIONS_AT && region % STORE_BLOCK == 0 &&
	       region <= (uint64_t)INT64_MAX - REGION_SIZE(QUOTA_MAX, SLOTS_SESSION);
}

uint8_t field_enum(struct rbuf *r, uint8_t first, uint8_t last)
{
	uint8_t v = rbuf_u8(r);

	return rbuf_require(r, v >= first && v <= last) ? v : 0;
}

void field_uuid(struct rbuf *r, uint8_t out[UUID_SIZE])
{
	rbuf_copy(r, out, UUID_SIZE);
	rbuf_require(r, !field_is_zero(out, UUID_SIZE));
}

uint32_t field_quota(struct rbuf *r)
{
	uint32_t v = rbuf_u32(r);

	return rbuf_require(r, field_quota_ok(v)) ? v : 0;
}

uint64_t field_region(struct rbuf *r)
{
	uint64_t v = rbuf_u64(r);

	return rbuf_require(r, field_region_ok(v)) ? v : 0;
}

enum err field_failure(struct rbuf *r)
{
	enum err e = err_from_wire(rbuf_u16(r));

	return rbuf_require(r, e != ERR_OK) ? e : ERR_INTERNAL;
}

uint32_t field_pcrs(struct rbuf *r)
{
	uint32_t v = rbuf_u32(r);

	return rbuf_require(r, v >> PCRS_MAX == 0) ? v : 0;
}

uint32_t field_length(struct rbuf *r, uint32_t max)
{
	uint32_t v = rbuf_u32(r);

	return rbuf_require(r, v >= 1 && v <= max) ? v : 0;
}

uint32_t field_blob(struct rbuf *r, uint32_t max, const uint8_t **out)
{
	uint32_t len = (uint32_t)rbuf_blob(r, max, out);

	return rbuf_require(r, len >= 1) ? len : 0;
}
