/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_pcr_file: PCR values as a JSON file, read from a device with 'platform
 * pcrs' or written by hand from known-good measurements:
 *
 *	{"format": 1, "bank": "sha256", "hierarchy": "platform",
 *	 "values": {"0": HEX, "7": HEX}}
 *
 * "hierarchy" may be left out; it is what sign-pcrs signs for unless told otherwise.
 */
#ifndef TOOLS_CTL_PCR_FILE_H
#define TOOLS_CTL_PCR_FILE_H

#include "lib/proto_keys.h"
#include "tools/ctl/ctl_json.h"

struct ctl_pcr_file {
	struct keys_pcrs pcrs;
	uint8_t hierarchy; /* enum hierarchy, 0: not said */
};

enum err ctl_pcr_file_parse(const char *text, size_t len, struct ctl_pcr_file *out,
			    struct ctl_diag *diag) MUST_USE;

/* The file's text; malloc'd, NULL without memory. */
char *ctl_pcr_file_format(const struct ctl_pcr_file *f);

/* "values" alone. A key that is no PCR, or none at all, is an error. */
enum err ctl_pcr_values_parse(struct json_object *values, struct keys_pcrs *out,
			      struct ctl_diag *diag) MUST_USE;
struct json_object *ctl_pcr_values_json(const struct keys_pcrs *p);

/* SHA-256 over the selected values in ascending order: what PolicyPCR compares. */
enum err ctl_pcr_file_digest(const struct keys_pcrs *p, struct digest *out) MUST_USE;

#endif
