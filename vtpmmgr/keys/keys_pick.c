/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_pick.h"

#include "lib/rbuf.h"
#include "vtpmmgr/keys/keys_derive.h"

#include <stdlib.h>
#include <string.h>

/* ---- the boot header ----------------------------------------------------------------------- */

enum err keys_pick_header(const struct keys_open *q, struct boot_header *out)
{
	enum err why = ERR_UNPROVISIONED;
	bool found = false;

	for (int i = 0; i < 2; i++) {
		struct boot_header h;
		enum err e;

		if (q->header_len[i] == 0)
			continue;
		e = boot_header_decode(q->header[i], q->header_len[i], &h);
		if (e) {
			if (why != ERR_UNSUPPORTED)
				why = e == ERR_UNSUPPORTED ? e : ERR_TAMPERED;
			continue;
		}
		if (!found || h.seq > out->seq)
			*out = h;
		found = true;
	}
	return found ? ERR_OK : why;
}

/* ---- the root ------------------------------------------------------------------------------- */

/* Only what authenticates a root is read before it is authenticated. */
static enum err root_peek(const uint8_t *bytes, size_t len, struct digest *prev)
{
	struct rbuf r;

	rbuf_init(&r, bytes, len);
	rbuf_view(&r, 8 + 2 + 2 + 4); /* magic, format, zero, length */
	rbuf_u64(&r);                 /* seq */
	rbuf_view(&r, UUID_SIZE);     /* store */
	rbuf_copy(&r, prev->b, DIGEST_SIZE);
	return r.bad ? ERR_FORMAT : ERR_OK;
}

static enum err anchored_by(const struct secret *root_mac, const struct digest *prev,
			    const uint8_t *bytes, size_t len, struct digest *after)
{
	__attribute__((cleanup(secret_cleanup))) struct secret *m = NULL;
	enum err e;

	e = keys_derive_extend(root_mac, bytes, len, &m);
	return e ? e : keys_derive_extended(prev, m, after);
}

/* Why none of them is the current one, as far as what nobody authenticates can tell. */
static enum err why_none(const struct keys_open *q, const uint8_t store[UUID_SIZE])
{
	enum err why = ERR_TAMPERED;

	for (uint8_t i = 0; i < 2; i++) {
		struct root *r = malloc(sizeof(*r));
		enum err e = r ? root_decode(q->root[i], q->root_len[i], r) : ERR_NO_MEMORY;
		bool ours = !e && memcmp(r->store, store, UUID_SIZE) == 0;

		free(r);
		if (e == ERR_NO_MEMORY)
			return e;
		if (ours)
			return ERR_ROLLBACK;
		if (!e)
			why = ERR_FOREIGN;
	}
	return why;
}

enum err keys_pick_root(const struct keys_open *q, const struct secret *root_mac,
			const struct digest *a, const uint8_t store[UUID_SIZE], uint8_t *slot)
{
	for (uint8_t i = 0; i < 2; i++) {
		struct digest prev, after;
		enum err e;

		if (root_peek(q->root[i], q->root_len[i], &prev) != ERR_OK)
			continue;
		e = anchored_by(root_mac, &prev, q->root[i], q->root_len[i], &after);
		if (e)
			return e;
		if (digest_equal(&after, a)) {
			*slot = i;
			return ERR_OK;
		}
	}
	return why_none(q, store);
}

enum err keys_pick_was_current(const struct keys_open *q, const struct secret *root_mac,
			       uint8_t slot, bool *out)
{
	struct digest prev, after, next;
	uint8_t other = 1 - slot;
	enum err e;

	*out = false;
	if (root_peek(q->root[slot], q->root_len[slot], &prev) != ERR_OK ||
	    root_peek(q->root[other], q->root_len[other], &next) != ERR_OK)
		return ERR_OK;
	e = anchored_by(root_mac, &prev, q->root[slot], q->root_len[slot], &after);
	if (!e)
		*out = digest_equal(&after, &next);
	return e;
}

/* ---- approvals ------------------------------------------------------------------------------ */

static bool same(const struct approval *a, const struct approval *b)
{
	return a->pcrs == b->pcrs && a->version == b->version &&
	       digest_equal(&a->pcr_digest, &b->pcr_digest);
}

/* Which one makes room; napprovals if there is room. */
static size_t leaving(const struct authority *au, const struct approval *a)
{
	for (size_t i = 0; i < au->napprovals; i++)
		if (same(&au->approvals[i], a))
			return i;
	return au->napprovals < APPROVALS_MAX ? au->napprovals : 0;
}

void authority_add(struct authority *au, const struct approval *a)
{
	size_t i = leaving(au, a);

	if (i < au->napprovals) {
		au->napprovals--;
		memmove(&au->approvals[i], &au->approvals[i + 1],
			(au->napprovals - i) * sizeof(au->approvals[0]));
	}
	au->approvals[au->napprovals++] = *a;
}
