/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_recovery_file: the two files by which a store is put back that recovery
 * refuses. The device asks, with what it found and the whole root records that
 * could be put back:
 *
 *	{"format": 1, "found": "rollback", "store": HEX, "anchor": HEX, "roots": [
 *	 {"bytes": HEX, "was_current": true, "policy_ok": true, "vtpms": [
 *	  {"name": "sim", "stakeholder": "operator", "record_ok": true, "state_ok": true}]}]}
 *
 * and the authority answers:
 *
 *	{"format": 1, "store": HEX, "anchor": HEX, "root": HEX,
 *	 "authority": {"x": HEX, "y": HEX}, "signature": {"r": HEX, "s": HEX}}
 */
#ifndef TOOLS_CTL_RECOVERY_FILE_H
#define TOOLS_CTL_RECOVERY_FILE_H

#include "lib/proto_admin.h"
#include "tools/ctl/ctl_json.h"

#define CTL_RECOVERY_MAX (512u * 1024) /* bytes of a request */

struct ctl_recovery_root {
	struct admin_root facts; /* bytes and len are those of the array below */
	uint8_t bytes[STORE_ROOT_SIZE];
	struct root root; /* decoded from them */
	struct digest digest;
};

struct ctl_recovery_request {
	enum finding found;
	uint8_t store[UUID_SIZE];
	struct digest anchor;
	size_t nroots; /* 1 or 2 */
	struct ctl_recovery_root roots[2];
};

struct ctl_recovery_approval {
	struct recovery recovery;
	struct crypt_point authority;
	struct crypt_signature sig;
};

/* What the manager said, as a request. ERR_FORMAT: a root is none of this store. */
enum err ctl_recovery_request_of(const struct admin_inspected *in,
				 struct ctl_recovery_request *out) MUST_USE;

/* ERR_FORMAT or ERR_UNSUPPORTED with a diagnosis. *out is touched in any case. */
enum err ctl_recovery_request_parse(const char *text, size_t len, struct ctl_recovery_request *out,
				    struct ctl_diag *diag) MUST_USE;

/* The same. The signature is not verified here. */
enum err ctl_recovery_approval_parse(const char *text, size_t len,
				     struct ctl_recovery_approval *out,
				     struct ctl_diag *diag) MUST_USE;

/* The files' texts; malloc'd, NULL without memory. */
char *ctl_recovery_request_format(const struct ctl_recovery_request *q);
char *ctl_recovery_approval_format(const struct ctl_recovery_approval *a);

#endif
