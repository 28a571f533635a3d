/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * field: the values that several messages and records carry, each read with
 * the check that belongs to it. A value that is not allowed makes the cursor
 * bad, as every other defect does (lib/rbuf.h).
 */
#ifndef LIB_FIELD_H
#define LIB_FIELD_H

#include "lib/proto_root.h"
#include "lib/rbuf.h"

/* Whether every byte is zero. */
bool field_is_zero(const void *bytes, size_t len);

/* QUOTA_MIN..QUOTA_MAX, whole blocks. */
bool field_quota_ok(uint32_t quota);

/* Behind the fixed part of the store, block aligned, and its end is a file offset. */
bool field_region_ok(uint64_t region);

/* A vTPM's name: 1 to NAME_MAX_LEN letters, digits, '.', '_', '-'; not one of those three first. */
bool field_name_ok(const char *name);

/* A u8 from first to last. */
uint8_t field_enum(struct rbuf *r, uint8_t first, uint8_t last);

/* A uuid that is not zero: zero stands for "none" wherever it is allowed. */
void field_uuid(struct rbuf *r, uint8_t out[UUID_SIZE]);

uint32_t field_quota(struct rbuf *r);
uint64_t field_region(struct rbuf *r);

/* A u16 that is an error, and not ERR_OK. */
enum err field_failure(struct rbuf *r);

/* A set of PCRs: bits 0 to 23. */
uint32_t field_pcrs(struct rbuf *r);

/* A u32 that is 1..max. */
uint32_t field_length(struct rbuf *r, uint32_t max);

/* rbuf_blob() of 1..max bytes. */
uint32_t field_blob(struct rbuf *r, uint32_t max, const uint8_t **out);

#endif
