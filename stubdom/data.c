/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/data.h"

#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "stubdom/tpm.h"

#define SIZE_END 6 /* tag and size field */

enum err data_frame(const uint8_t *buf, size_t have, size_t *len)
{
	struct rbuf r;
	uint32_t size;

	if (have < SIZE_END)
		return ERR_AGAIN;
	rbuf_init(&r, buf, have);
	rbuf_u16(&r);
	size = rbuf_u32(&r);
	if (size < TPM_HEADER_SIZE || size > TPM_COMMAND_MAX)
		return ERR_FORMAT;
	if (have < size)
		return ERR_AGAIN;
	*len = size;
	return ERR_OK;
}
