/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz_broker: a broker without a supervisor, a key keeper and a sandbox, over a store in memory.
 */
#ifndef TESTS_FUZZ_BROKER_H
#define TESTS_FUZZ_BROKER_H

#include "vtpmmgr/broker/broker.h"

#define FUZZ_STORE_SIZE (STORE_REGIONS_AT + 8 * (uint64_t)REGION_SIZE(QUOTA_MIN, SLOTS_STRICT))

/* A small policy in which uid 0 may do everything. */
extern const char fuzz_policy[];

/* Aborts if anything goes wrong. Over the same empty store every time. */
struct broker *fuzz_broker_new(void);
void fuzz_broker_free(struct broker *b);

/* As if a key keeper had opened it: two vTPMs, of two stakeholders. */
void fuzz_broker_open(struct broker *b);

/* Writes to the store, past the broker. */
void fuzz_broker_poke(uint64_t at, const void *bytes, size_t len);

#endif
