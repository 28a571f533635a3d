/* SPDX-License-Identifier: BSD-3-Clause */
/* KEYS_COMMIT: everything that one group commit writes, and where. */
#include "lib/field.h"
#include "lib/proto_keys.h"
#include "lib/wbuf.h"

static void blob_put(struct wbuf *w, const struct keys_commit_blob *b)
{
	wbuf_bytes(w, b->uuid, UUID_SIZE);
	wbuf_u8(w, b->slot);
	state_mark_put(w, &b->mark);
}

static void blob_get(struct rbuf *r, struct keys_commit_blob *out)
{
	field_uuid(r, out->uuid);
	out->slot = field_enum(r, 0, SLOTS_SESSION - 1);
	state_mark_get(r, &out->mark);
	rbuf_require(r, out->mark.version != 0);
}

static void record_put(struct wbuf *w, const struct keys_commit_record *m)
{
	wbuf_bytes(w, m->uuid, UUID_SIZE);
	wbuf_u8(w, m->slot);
	wbuf_blob(w, m->bytes, m->len);
}

static void record_get(struct rbuf *r, struct keys_commit_record *out)
{
	field_uuid(r, out->uuid);
	out->slot = rbuf_bool(r);
	out->len = field_blob(r, RECORD_SLOT_SIZE, &out->bytes);
}

enum err keys_commit_encode(const struct keys_commit *m, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	if (m->nblobs > COMMIT_BLOBS || m->nrecords > COMMIT_RECORDS)
		return ERR_ARG;
	wbuf_init(&w, out, cap);
	wbuf_u64(&w, m->attempt);
	wbuf_u8(&w, m->root_slot);
	wbuf_blob(&w, m->root, m->root_len);
	wbuf_u16(&w, m->nblobs);
	for (size_t i = 0; i < m->nblobs; i++)
		blob_put(&w, &m->blobs[i]);
	wbuf_u16(&w, m->nrecords);
	for (size_t i = 0; i < m->nrecords; i++)
		record_put(&w, &m->records[i]);
	return wbuf_end(&w, len);
}

static uint16_t get_count(struct rbuf *r, uint16_t max)
{
	uint16_t n = rbuf_u16(r);

	return rbuf_require(r, n <= max) ? n : 0;
}

enum err keys_commit_decode(const uint8_t *in, size_t len, struct keys_commit *out)
{
	struct keys_commit m = {0};
	struct rbuf r;

	rbuf_init(&r, in, len);
	m.attempt = rbuf_u64(&r);
	m.root_slot = rbuf_bool(&r);
	m.root_len = field_blob(&r, STORE_ROOT_SIZE, &m.root);
	m.nblobs = get_count(&r, COMMIT_BLOBS);
	for (size_t i = 0; i < m.nblobs; i++)
		blob_get(&r, &m.blobs[i]);
	m.nrecords = get_count(&r, COMMIT_RECORDS);
	for (size_t i = 0; i < m.nrecords; i++)
		record_get(&r, &m.records[i]);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = m;
	return ERR_OK;
}
