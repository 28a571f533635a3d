/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_file: whole files, "-" being standard input or output. */
#ifndef TOOLS_CTL_FILE_H
#define TOOLS_CTL_FILE_H

#include "tools/ctl/ctl.h"

#define CTL_FILE_MAX (64u * 1024) /* of approval, PCR, key and signature files */

/* Reads it all; *out is NUL-terminated beyond len and the caller's to free. ERR_TOO_BIG over max.
 */
enum err ctl_file_read(struct ctl *c, const char *path, size_t max, char **out,
		       size_t *len) MUST_USE;

/* Replaces what was there. Path NULL is standard output. */
enum err ctl_file_write(struct ctl *c, const char *path, const void *bytes, size_t len) MUST_USE;

#endif
