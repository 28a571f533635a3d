/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hook_xml: what the hook needs of a domain's XML. What it reads is what whoever may
 * define domains has written: no DOCTYPE, no entities of its own, nothing fetched, no
 * nesting past libxml2's own limit, HOOK_XML_MAX bytes.
 */
#ifndef TOOLS_HOOK_XML_H
#define TOOLS_HOOK_XML_H

#include "lib/proto_root.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_XML_MAX  (4u * 1024 * 1024)
#define HOOK_PATH_MAX 128
#define HOOK_ID_MAX   8

struct hook_domain {
	bool xen;             /* of the libxl driver */
	char id[HOOK_ID_MAX]; /* its number, as the hypervisor has it; "": it does not run */
	uint8_t uuid[UUID_SIZE];
	/* Our metadata. */
	uint8_t vtpm[UUID_SIZE];
	char stakeholder[NAME_MAX_LEN + 1];
	size_t tpms;                /* <tpm> elements */
	char socket[HOOK_PATH_MAX]; /* that the last of them connects to; "": it does not */
	bool own_user; /* a label of its own says whom QEMU runs as, not libvirt's setting */
};

/* Whether our namespace is in there at all: to be asked before anything is parsed. */
bool hook_xml_concerns_us(const char *xml, size_t len);

/*
 * ERR_NOT_FOUND: a domain without our metadata. ERR_FORMAT: not a domain's XML, or our
 * metadata is not as it should be; *why says so.
 */
enum err hook_xml_parse(const char *xml, size_t len, struct hook_domain *out,
			const char **why) MUST_USE;

#endif
