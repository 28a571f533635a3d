/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_policy_file: a policy's text and model, from a file or from the manager. */
#ifndef TOOLS_CTL_POLICY_FILE_H
#define TOOLS_CTL_POLICY_FILE_H

#include "policy/policy.h"
#include "tools/ctl/ctl.h"

struct ctl_policy_file {
	char *text;
	size_t len;
	struct policy *policy;
};

/* Each is freed with ctl_policy_file_free(). A defect is told with file, line and column. */
enum err ctl_policy_file_read(struct ctl *c, const char *path,
			      struct ctl_policy_file *out) MUST_USE;
enum err ctl_policy_file_fetch(struct ctl *c, struct ctl_policy_file *out) MUST_USE;
void ctl_policy_file_free(struct ctl_policy_file *f);

#endif
