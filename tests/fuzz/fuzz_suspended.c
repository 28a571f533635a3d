/* SPDX-License-Identifier: BSD-3-Clause */
/* What decodes has both halves, inside the input, and encodes to the same bytes. */
#include "stubdom/suspended.h"

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
	struct tpm_states s;
	uint8_t *again;
	size_t len;

	if (suspended_decode(data, size, &s) != ERR_OK)
		return 0;
	check(s.permanent_len > 0 && s.volatile_len > 0 && suspended_len(&s) == size);
	again = malloc(size);
	check(again && suspended_encode(&s, again, size, &len) == ERR_OK);
	check(len == size && memcmp(again, data, size) == 0);
	free(again);
	return 0;
}
