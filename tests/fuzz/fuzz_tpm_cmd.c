/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/tpm_cmd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t response[TPM_HEADER_SIZE];
	struct tpm_header h;

	if (tpm_header_decode(data, size, &h))
		return 0;
	check(h.size == size && size >= TPM_HEADER_SIZE);
	check(h.tag == TPM_ST_NO_SESSIONS_ || h.tag == TPM_ST_SESSIONS_);
	check(strlen(tpm_cc_name(h.code)) > 0);
	tpm_response_rc(h.code, response);
	check(memcmp(response + 6, data + 6, 4) == 0);
	return 0;
}
