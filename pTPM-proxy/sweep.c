/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/sweep.h"

#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "lib/wbuf.h"

#include <tss2/tss2_tpm2_types.h>

#define FIRST_OF(type) ((uint32_t)(type) << TPM2_HR_SHIFT)

static const uint32_t ranges[] = {FIRST_OF(TPM2_HT_TRANSIENT), FIRST_OF(TPM2_HT_LOADED_SESSION)};
#define NRANGES (sizeof(ranges) / sizeof(ranges[0]))

void sweep_begin(struct sweep *s)
{
	*s = (struct sweep){.from = ranges[0]};
}

static void put_command(uint32_t cc, const uint32_t *args, size_t nargs,
			uint8_t out[SWEEP_COMMAND_MAX], size_t *len)
{
	struct wbuf w;

	wbuf_init(&w, out, SWEEP_COMMAND_MAX);
	wbuf_u16(&w, TPM_ST_NO_SESSIONS_);
	wbuf_u32(&w, (uint32_t)(TPM_HEADER_SIZE + 4 * nargs));
	wbuf_u32(&w, cc);
	for (size_t i = 0; i < nargs; i++)
		wbuf_u32(&w, args[i]);
	*len = w.len;
}

static void put_list(struct sweep *s, uint8_t out[SWEEP_COMMAND_MAX], size_t *len)
{
	const uint32_t args[] = {TPM2_CAP_HANDLES, s->from, SWEEP_LIST_MAX};

	s->listing = true;
	s->from = 0;
	put_command(TPM2_CC_GetCapability, args, 3, out, len);
}

static void put_flush(struct sweep *s, uint32_t handle, uint8_t out[SWEEP_COMMAND_MAX], size_t *len)
{
	s->listing = false;
	put_command(TPM2_CC_FlushContext, &handle, 1, out, len);
}

static bool next_unowned(struct sweep *s, sweep_owned_fn owned, void *arg, uint32_t *handle)
{
	while (s->n > 0) {
		*handle = s->handles[--s->n];
		if (!owned(arg, *handle))
			return true;
	}
	return false;
}

bool sweep_next(struct sweep *s, sweep_owned_fn owned, void *arg, uint8_t out[SWEEP_COMMAND_MAX],
		size_t *len)
{
	uint32_t handle;

	if (next_unowned(s, owned, arg, &handle)) {
		put_flush(s, handle, out, len);
		return true;
	}
	if (s->from == 0 && ++s->range < NRANGES)
		s->from = ranges[s->range];
	if (s->from == 0)
		return false;
	put_list(s, out, len);
	return true;
}

/* TPMS_CAPABILITY_DATA with a TPML_HANDLE, after moreData (part 2, 10.10). */
static enum err take_list(struct sweep *s, struct rbuf *r)
{
	bool more = rbuf_bool(r);
	uint32_t n;

	rbuf_require(r, rbuf_u32(r) == TPM2_CAP_HANDLES);
	n = rbuf_u32(r);
	if (!rbuf_require(r, n <= SWEEP_LIST_MAX))
		return ERR_FORMAT;
	for (uint32_t i = 0; i < n; i++)
		s->handles[i] = rbuf_u32(r);
	if (rbuf_end(r) != ERR_OK)
		return ERR_FORMAT;
	s->n = n;
	if (more && n > 0)
		s->from = s->handles[n - 1] + 1;
	return ERR_OK;
}

enum err sweep_answer(struct sweep *s, const uint8_t *buf, size_t len)
{
	struct tpm_header header;
	struct rbuf r;
	enum err e = tpm_header_decode(buf, len, &header);

	if (e != ERR_OK)
		return e;
	if (header.code != TPM2_RC_SUCCESS)
		return ERR_OK;
	if (!s->listing) {
		s->flushed++;
		return ERR_OK;
	}
	rbuf_init(&r, buf + TPM_HEADER_SIZE, len - TPM_HEADER_SIZE);
	return take_list(s, &r);
}
