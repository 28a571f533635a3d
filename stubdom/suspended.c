/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/suspended.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"

#define PERMANENT_AT 4

size_t suspended_len(const struct tpm_states *s)
{
	return PERMANENT_AT + s->permanent_len + s->volatile_len;
}

enum err suspended_encode(const struct tpm_states *s, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u32(&w, (uint32_t)s->permanent_len);
	wbuf_bytes(&w, s->permanent, s->permanent_len);
	wbuf_bytes(&w, s->volatile_state, s->volatile_len);
	return wbuf_end(&w, len);
}

enum err suspended_decode(const uint8_t *in, size_t len, struct tpm_states *out)
{
	struct tpm_states s;
	struct rbuf r;

	rbuf_init(&r, in, len);
	s.permanent_len = rbuf_blob(&r, len, &s.permanent);
	s.volatile_len = rbuf_left(&r);
	s.volatile_state = rbuf_view(&r, s.volatile_len);
	rbuf_require(&r, s.permanent_len > 0 && s.volatile_len > 0);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = s;
	return ERR_OK;
}

enum err suspended_digest(const struct tpm_states *s, struct digest *out)
{
	const struct crypt_part part = {s->volatile_state, s->volatile_len};

	return crypt_sha256(&part, 1, out);
}
