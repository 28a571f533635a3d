/* SPDX-License-Identifier: BSD-3-Clause */
/* A domain's XML, as whoever may define domains wrote it. */
#include "tools/hook/hook_xml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hook_domain d;
	const char *why = NULL;
	enum err e = hook_xml_parse((const char *)data, size, &d, &why);

	if (e == ERR_FORMAT && !why)
		abort();
	if (e == ERR_OK && (!d.stakeholder[0] || strlen(d.stakeholder) > NAME_MAX_LEN ||
			    strlen(d.socket) >= HOOK_PATH_MAX))
		abort();
	return 0;
}
