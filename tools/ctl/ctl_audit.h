/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_audit: the hash chain of the audit trail, as anybody can recompute it. */
#ifndef TOOLS_CTL_AUDIT_H
#define TOOLS_CTL_AUDIT_H

#include "lib/proto_admin.h"

/* SHA-256(prev || the record as admin_audit_put() writes it, without its hash). */
enum err ctl_audit_chain(const struct digest *prev, const struct admin_audit *record,
			 struct digest *out) MUST_USE;

/*
 * Whether n records follow each other without a gap. ERR_TAMPERED: *bad is the
 * first that does not. A trail that starts at record 1 starts from a zero hash.
 */
enum err ctl_audit_check(const struct admin_audit *records, size_t n, size_t *bad) MUST_USE;

#endif
