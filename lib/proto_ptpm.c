/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_ptpm.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"

enum err ptpm_error_encode(enum err e, uint8_t *out, size_t cap, size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	wbuf_u16(&w, (uint16_t)e);
	return wbuf_end(&w, len);
}

enum err ptpm_error_decode(const uint8_t *in, size_t len, enum err *out)
{
	struct rbuf r;
	enum err why;

	rbuf_init(&r, in, len);
	why = err_from_wire(rbuf_u16(&r));
	rbuf_require(&r, why != ERR_OK);
	if (rbuf_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*out = why;
	return ERR_OK;
}
