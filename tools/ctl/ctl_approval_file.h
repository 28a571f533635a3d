/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_approval_file: an authority's signed approval as a JSON file, the way
 * it travels from the place of signing to the device:
 *
 *	{"format": 1, "pcrs": [0, 1, 7], "pcr_digest": HEX, "version": 1,
 *	 "hierarchy": "platform", "authority": {"x": HEX, "y": HEX},
 *	 "signature": {"r": HEX, "s": HEX}, "values": {"0": HEX, ...}}
 *
 * "values" may be left out: with them a device can say which PCRs differ.
 */
#ifndef TOOLS_CTL_APPROVAL_FILE_H
#define TOOLS_CTL_APPROVAL_FILE_H

#include "lib/proto_keys.h"
#include "tools/ctl/ctl_json.h"

struct ctl_approval_file {
	struct approval approval;
	enum hierarchy hierarchy;
	struct crypt_point authority;
	struct keys_pcrs values; /* that the digest is over; none where they are not known */
};

/* ERR_FORMAT, ERR_UNSUPPORTED, or ERR_SIGNATURE for other values than the digest is over, with a
 * diagnosis. The signature is not verified here. */
enum err ctl_approval_file_parse(const char *text, size_t len, struct ctl_approval_file *out,
				 struct ctl_diag *diag) MUST_USE;

/* The file's text; malloc'd, NULL without memory. */
char *ctl_approval_file_format(const struct ctl_approval_file *f);

/* "authority" and "signature" of a file, both of which are there and objects. */
enum err ctl_approval_point_parse(struct json_object *file, struct crypt_point *out,
				  struct ctl_diag *diag) MUST_USE;
enum err ctl_approval_signature_parse(struct json_object *file, struct crypt_signature *out,
				      struct ctl_diag *diag) MUST_USE;
void ctl_approval_point_add(struct json_object *file, const struct crypt_point *p);
void ctl_approval_signature_add(struct json_object *file, const struct crypt_signature *sig);

/* "platform" or "owner"; ERR_ARG for anything else. */
enum err ctl_hierarchy_parse(const char *word, enum hierarchy *out) MUST_USE;

#endif
