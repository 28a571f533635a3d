/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/stub_config.h"

#include "tools/client/label.h"

#include <stdio.h>
#include <string.h>

struct stub_name stub_config_name(const uint8_t uuid[UUID_SIZE])
{
	struct stub_name n;

	snprintf(n.s, sizeof(n.s), STUB_NAME_PREFIX "%s", uuid_format(uuid).s);
	return n;
}

enum err stub_config_parse_name(const char *name, uint8_t uuid[UUID_SIZE])
{
	size_t n = sizeof(STUB_NAME_PREFIX) - 1;

	if (strncmp(name, STUB_NAME_PREFIX, n) != 0 || uuid_parse(name + n, uuid))
		return ERR_NOT_FOUND;
	return ERR_OK;
}

bool stub_config_quotable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	return true;
}

static bool fields_ok(const struct stub_config *c)
{
	return c->memory >= STUB_MEMORY_MIN && c->memory <= STUB_MEMORY_MAX &&
	       strlen(c->extra) <= STUB_CMDLINE_MAX && stub_config_quotable(c->kernel) &&
	       stub_config_quotable(c->initramfs) && stub_config_quotable(c->extra);
}

enum err stub_config_write(const struct stub_config *c, char *out, size_t cap)
{
	struct label label;
	int n;

	if (!fields_ok(c) || label_vtpm(c->stakeholder, &label))
		return ERR_ARG;
	n = snprintf(
	    out, cap,
	    "name = \"%s\"\n"
	    "type = \"pvh\"\n"
	    "kernel = \"%s\"\n"
	    "ramdisk = \"%s\"\n"
	    "extra = \"console=hvc0 quiet panic=-1 cma=0 rootfstype=ramfs vtpm.manager=%u%s%s\"\n"
	    "memory = %u\n"
	    "vcpus = 1\n"
	    "seclabel = \"%s\"\n"
	    "on_poweroff = \"destroy\"\n"
	    "on_reboot = \"destroy\"\n"
	    "on_crash = \"destroy\"\n",
	    stub_config_name(c->uuid).s, c->kernel, c->initramfs, c->manager,
	    c->extra[0] ? " " : "", c->extra, c->memory, label.s);
	return n >= 0 && (size_t)n < cap ? ERR_OK : ERR_TOO_BIG;
}

struct stub_device stub_config_device(const uint8_t uuid[UUID_SIZE])
{
	struct stub_device d;

	snprintf(d.backend, sizeof(d.backend), "backend=%s", stub_config_name(uuid).s);
	snprintf(d.uuid, sizeof(d.uuid), "uuid=%s", uuid_format(uuid).s);
	return d;
}

enum err stub_config_guest_line(const uint8_t uuid[UUID_SIZE], char *out, size_t cap)
{
	const struct stub_device d = stub_config_device(uuid);
	int n = snprintf(out, cap, "vtpm = [ \"%s,%s\" ]", d.backend, d.uuid);

	return n >= 0 && (size_t)n < cap ? ERR_OK : ERR_TOO_BIG;
}
