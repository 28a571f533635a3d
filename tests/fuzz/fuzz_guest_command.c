/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/guest/command.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is ours gets a response that decodes; what is not is a whole command. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t response[TPM_HEADER_SIZE];
	bool whole, ours = command_is_ours(data, size, response);
	struct tpm_header h;

	whole = tpm_header_decode(data, size, &h) == ERR_OK;
	if (!ours && !whole)
		abort();
	if (ours && tpm_header_decode(response, sizeof(response), &h) != ERR_OK)
		abort();
	if (command_probe_succeeded(data, size) && !whole)
		abort();
	return 0;
}
