/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_pcr_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read can be written, and reads back the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctl_pcr_file f, again;
	struct ctl_diag diag;
	char *text;

	if (ctl_pcr_file_parse((const char *)data, size, &f, &diag))
		return 0;
	text = ctl_pcr_file_format(&f);
	if (!text || ctl_pcr_file_parse(text, strlen(text), &again, &diag))
		abort();
	free(text);
	if (memcmp(&f, &again, sizeof(f)) != 0)
		abort();
	return 0;
}
