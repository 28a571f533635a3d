/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/tpm_name.h"

enum err tpm_name(const struct wbuf *public_area, uint8_t name[TPM_NAME_SIZE])
{
	struct crypt_part part = {.bytes = public_area->start};
	struct digest d;
	struct wbuf w;
	size_t len;
	enum err e = wbuf_end(public_area, &part.len);

	if (e == ERR_OK)
		e = crypt_sha256(&part, 1, &d);
	if (e != ERR_OK)
		return e;
	wbuf_init(&w, name, TPM_NAME_SIZE);
	wbuf_u16(&w, TPM_SHA256);
	wbuf_bytes(&w, d.b, DIGEST_SIZE);
	return wbuf_end(&w, &len);
}

enum err tpm_policy_extend(struct digest *d, uint32_t cc, const struct wbuf *args)
{
	uint8_t cc_bytes[sizeof(cc)];
	struct crypt_part parts[] = {
	    {d->b, DIGEST_SIZE}, {cc_bytes, sizeof(cc_bytes)}, {args->start, 0}};
	struct wbuf w;
	enum err e = wbuf_end(args, &parts[2].len);

	if (e != ERR_OK)
		return e;
	wbuf_init(&w, cc_bytes, sizeof(cc_bytes));
	wbuf_u32(&w, cc);
	return crypt_sha256(parts, 3, d);
}

enum err tpm_policy_update(struct digest *d, uint32_t cc, const uint8_t name[TPM_NAME_SIZE],
			   const void *ref, size_t ref_len)
{
	uint8_t bytes[TPM_NAME_SIZE];
	const struct crypt_part parts[] = {{d->b, DIGEST_SIZE}, {ref, ref_len}};
	struct wbuf args;
	enum err e;

	wbuf_init(&args, bytes, sizeof(bytes));
	wbuf_bytes(&args, name, TPM_NAME_SIZE);
	e = tpm_policy_extend(d, cc, &args);
	return e == ERR_OK ? crypt_sha256(parts, 2, d) : e;
}
