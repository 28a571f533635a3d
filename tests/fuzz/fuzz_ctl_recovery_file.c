/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_recovery_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(const char *in, size_t size)
{
	static struct ctl_recovery_request q;
	struct ctl_diag diag;
	char *text, *again;

	if (ctl_recovery_request_parse(in, size, &q, &diag))
		return;
	text = ctl_recovery_request_format(&q);
	if (!text || ctl_recovery_request_parse(text, strlen(text), &q, &diag))
		abort();
	again = ctl_recovery_request_format(&q);
	if (!again || strcmp(text, again) != 0)
		abort();
	free(text);
	free(again);
}

static void approval(const char *in, size_t size)
{
	struct ctl_recovery_approval a, again;
	struct ctl_diag diag;
	char *text;

	if (ctl_recovery_approval_parse(in, size, &a, &diag))
		return;
	text = ctl_recovery_approval_format(&a);
	if (!text || ctl_recovery_approval_parse(text, strlen(text), &again, &diag))
		abort();
	free(text);
	if (memcmp(&a, &again, sizeof(a)) != 0)
		abort();
}

/* What is read can be written, and reads back the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request((const char *)data, size);
	approval((const char *)data, size);
	return 0;
}
