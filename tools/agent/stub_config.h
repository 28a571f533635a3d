/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stub_config: the text of a stub domain's configuration, as xl.cfg(5) has it,
 * and the names that follow from a vTPM. Pure; vtpmctl prints what the agent
 * hands to xl.
 */
#ifndef TOOLS_AGENT_STUB_CONFIG_H
#define TOOLS_AGENT_STUB_CONFIG_H

#include "lib/err.h"
#include "lib/proto_root.h"
#include "lib/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUB_CONFIG_MAX  4096
#define STUB_NAME_PREFIX "vtpm-"
#define STUB_NAME_SIZE   (sizeof(STUB_NAME_PREFIX) - 1 + UUID_TEXT_SIZE)
#define STUB_MEMORY_MIN  8 /* MiB */
#define STUB_MEMORY_MAX  4096
#define STUB_MEMORY      96 /* what Debian's kernel needs, with room */
#define STUB_KERNEL      LIBEXECDIR "/stub-kernel"
#define STUB_INITRAMFS   LIBEXECDIR "/stub-initramfs"
#define STUB_CMDLINE_MAX 256 /* of what is added to the kernel's command line */

struct stub_config {
	uint8_t uuid[UUID_SIZE]; /* of the vTPM */
	const char *stakeholder; /* whose it is */
	uint32_t manager;        /* domid */
	const char *kernel;      /* paths, as xl opens them */
	const char *initramfs;
	unsigned memory;   /* MiB */
	const char *extra; /* more for the kernel's command line; "": nothing */
};

/* "vtpm-UUID" */
struct stub_name {
	char s[STUB_NAME_SIZE];
};
struct stub_name stub_config_name(const uint8_t uuid[UUID_SIZE]);

/* The vTPM of a domain of this name; ERR_NOT_FOUND: it is no stub domain's. */
enum err stub_config_parse_name(const char *name, uint8_t uuid[UUID_SIZE]) MUST_USE;

/* Whether it can stand in double quotes in such a file: printable, no quote, no backslash. */
bool stub_config_quotable(const char *text);

/* NUL-terminated. ERR_ARG: a field that cannot be written; ERR_TOO_BIG. */
enum err stub_config_write(const struct stub_config *c, char *out, size_t cap) MUST_USE;

/* A guest's device, as xl's vtpm-attach and a guest's configuration take it. */
struct stub_device {
	char backend[sizeof("backend=") - 1 + STUB_NAME_SIZE];
	char uuid[sizeof("uuid=") - 1 + UUID_TEXT_SIZE];
};
struct stub_device stub_config_device(const uint8_t uuid[UUID_SIZE]);

/* The line for the guest's configuration. */
enum err stub_config_guest_line(const uint8_t uuid[UUID_SIZE], char *out, size_t cap) MUST_USE;

#endif
