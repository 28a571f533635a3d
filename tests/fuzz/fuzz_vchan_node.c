/* SPDX-License-Identifier: BSD-3-Clause */
/* What another domain has written into its node: what is accepted is written back as it was. */
#include "lib/xen/vchan_node.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vchan_node n;
	char text[64];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (vchan_node_parse(text, &n) == ERR_OK && strcmp(vchan_node_format(&n).s, text) != 0)
		abort();
	return 0;
}
