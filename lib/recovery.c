/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/recovery.h"

#include "lib/field.h"
#include "lib/wbuf.h"

static const char label[] = "vtpmmgr recovery v1";

enum err recovery_digest(const struct recovery *r, struct digest *out)
{
	const struct crypt_part parts[] = {{label, sizeof(label) - 1},
					   {r->store, UUID_SIZE},
					   {r->anchor.b, DIGEST_SIZE},
					   {r->root.b, DIGEST_SIZE}};

	return crypt_sha256(parts, sizeof(parts) / sizeof(parts[0]), out);
}

enum err recovery_verify(const struct recovery *r, const struct crypt_point *key,
			 const struct crypt_signature *sig)
{
	struct digest d;
	enum err e = recovery_digest(r, &d);

	return e ? e : crypt_verify(key, &d, sig);
}

void recovery_put(struct wbuf *w, const struct recovery *r)
{
	wbuf_bytes(w, r->store, UUID_SIZE);
	wbuf_bytes(w, r->anchor.b, DIGEST_SIZE);
	wbuf_bytes(w, r->root.b, DIGEST_SIZE);
}

void recovery_get(struct rbuf *r, struct recovery *out)
{
	field_uuid(r, out->store);
	rbuf_copy(r, out->anchor.b, DIGEST_SIZE);
	rbuf_copy(r, out->root.b, DIGEST_SIZE);
}
