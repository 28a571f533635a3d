/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_file: whole files, "-" being standard input or output. */
#ifndef TOOLS_CTL_FILE_H
#define TOOLS_CTL_FILE_H

#include "tools/ctl/ctl.h"
#include "tools/ctl/ctl_json.h"

#define CTL_FILE_MAX (64u * 1024) /* of approval, PCR, key and signature files */

/* Reads it all; *out is NUL-terminated beyond len and the caller's to free. ERR_TOO_BIG over max.
 */
enum err ctl_file_read(struct ctl *c, const char *path, size_t max, char **out,
		       size_t *len) MUST_USE;

/* What a file says, into out: ERR_FORMAT with a diagnosis, or another error. */
typedef enum err (*ctl_parse_fn)(const char *text, size_t len, void *out, struct ctl_diag *diag);

/* Reads and parses it. A parser's diagnosis becomes the command's message. */
enum err ctl_file_parse(struct ctl *c, const char *path, size_t max, ctl_parse_fn parse,
			void *out) MUST_USE;

/* Replaces what was there. Path NULL is standard output. */
enum err ctl_file_write(struct ctl *c, const char *path, const void *bytes, size_t len) MUST_USE;

#endif
