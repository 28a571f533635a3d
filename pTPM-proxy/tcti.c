/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/tcti.h"

#include <stddef.h>
#include <string.h>

#define DEFAULT_DEVICE "/dev/tpmrm0"

static const struct {
	const char *prefix;
	const char *library;
	bool is_device;
} kinds[] = {
    {"device", "libtss2-tcti-device.so.0", true},
    {"swtpm", "libtss2-tcti-swtpm.so.0", false},
};

/* The value of "path=" in "path=X" or "a=b,path=X"; "" if there is none. */
static enum err copy_path(const char *options, bool is_device, char out[PATH_MAX])
{
	const char *at = options;
	size_t len;

	if (!is_device) {
		at = strstr(options, "path=");
		at = at ? at + strlen("path=") : "";
	} else if (options[0] == '\0') {
		at = DEFAULT_DEVICE;
	}
	len = strcspn(at, is_device ? "" : ",");
	if (len >= PATH_MAX)
		return ERR_TOO_BIG;
	memcpy(out, at, len);
	out[len] = '\0';
	return ERR_OK;
}

enum err tcti_parse(const char *conf, struct tcti *out)
{
	size_t len = strcspn(conf, ":");
	const char *options = conf[len] == ':' ? conf + len + 1 : "";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].prefix) != len || memcmp(kinds[i].prefix, conf, len) != 0)
			continue;
		*out = (struct tcti){.conf = conf,
				     .library = kinds[i].library,
				     .is_device = kinds[i].is_device,
				     .transmit_may_execute = kinds[i].is_device};
		return copy_path(options, kinds[i].is_device, out->path);
	}
	return ERR_UNSUPPORTED;
}
