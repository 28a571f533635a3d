/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hostile image: what the broker reads before and after the key keeper has
 * opened it. Input: pieces of u8 place, u16 length, bytes, put where the place
 * says. A root that decodes is then taken for the anchored one, with whatever
 * policy, records and audit trail it points at.
 */
#include "lib/rbuf.h"
#include "tests/fuzz/fuzz_broker.h"
#include "vtpmmgr/broker/opening.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where a piece goes, and how much room there is. */
static const struct {
	uint64_t at;
	size_t room;
} places[] = {
    {STORE_HEADER_AT(0), STORE_HEADER_SIZE}, {STORE_HEADER_AT(1), STORE_HEADER_SIZE},
    {STORE_ROOT_AT(0), STORE_ROOT_SIZE},     {STORE_ROOT_AT(1), STORE_ROOT_SIZE},
    {STORE_POLICY_AT(0), STORE_POLICY_SIZE}, {STORE_AUDIT_AT, STORE_AUDIT_SIZE},
    {STORE_REGIONS_AT, RECORD_SLOT_SIZE},
};

static void put_pieces(const uint8_t *data, size_t size)
{
	struct rbuf r;

	rbuf_init(&r, data, size);
	while (rbuf_left(&r) > 0) {
		size_t place = rbuf_u8(&r) % (sizeof(places) / sizeof(places[0]));
		size_t len = rbuf_u16(&r);
		const uint8_t *bytes = rbuf_view(&r, len);

		if (bytes && len <= places[place].room)
			fuzz_broker_poke(places[place].at, bytes, len);
	}
}

/* So that what comes behind the digest is reached as well. */
static void approve(struct broker *b, struct root *root)
{
	static uint8_t text[STORE_POLICY_SIZE];
	const struct crypt_part part = {text, root->policy_len};

	if (store_read(b->store, STORE_POLICY_AT(root->policy_slot), text, root->policy_len) !=
		ERR_OK ||
	    crypt_sha256(&part, 1, &root->policy) != ERR_OK)
		abort();
}

static void load(struct broker *b, uint8_t slot)
{
	static uint8_t bytes[STORE_ROOT_SIZE];
	struct root *root = calloc(1, sizeof(*root));
	enum err e;
	size_t len;

	if (!root || store_read(b->store, STORE_ROOT_AT(slot), bytes, sizeof(bytes)) != ERR_OK)
		abort();
	if (record_slot_len(bytes, sizeof(bytes), ROOT_MAGIC, &len) == ERR_OK &&
	    root_decode(bytes, len, root) == ERR_OK) {
		e = opening_load(b, slot, root);
		approve(b, root);
		e = opening_load(b, slot, root);
		(void)e;
	}
	free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct broker *b = fuzz_broker_new();
	size_t len;

	put_pieces(data, size);
	if (opening_encode(b, &len) != ERR_OK ||
	    opening_write_header(b, (const uint8_t *)"x", 1) != ERR_OK)
		abort();
	load(b, 0);
	load(b, 1);
	fuzz_broker_free(b);
	return 0;
}
