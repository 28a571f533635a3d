/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_standard(const char *path)
{
	return !path || strcmp(path, "-") == 0;
}

/* Fills buf as far as cap; a short count is the end of the file. */
static enum err read_stream(struct ctl *c, FILE *f, const char *path, size_t max, char *buf,
			    size_t *len)
{
	*len = fread(buf, 1, max + 1, f);
	if (ferror(f))
		return ctl_fail(c, ERR_IO, "cannot read %s: %s", path, strerror(errno));
	if (*len > max)
		return ctl_fail(c, ERR_TOO_BIG, "%s is larger than the %zu bytes allowed", path,
				max);
	buf[*len] = '\0';
	return ERR_OK;
}

enum err ctl_file_read(struct ctl *c, const char *path, size_t max, char **out, size_t *len)
{
	FILE *f = is_standard(path) ? stdin : fopen(path, "rbe");
	char *buf;
	size_t n = 0;
	enum err e;

	if (!f)
		return ctl_fail(c, ERR_IO, "cannot open %s: %s", path, strerror(errno));
	buf = malloc(max + 1);
	e = buf ? read_stream(c, f, path, max, buf, &n)
		: ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	if (f != stdin)
		fclose(f);
	if (e) {
		free(buf);
		return e;
	}
	*out = buf;
	*len = n;
	return ERR_OK;
}

enum err ctl_file_parse(struct ctl *c, const char *path, size_t max, ctl_parse_fn parse, void *out)
{
	struct ctl_where where = {.file = path};
	struct ctl_diag diag = {0};
	char *text = NULL;
	size_t len = 0;
	enum err e = ctl_file_read(c, path, max, &text, &len);

	if (e)
		return e;
	e = parse(text, len, out, &diag);
	free(text);
	where.line = diag.line;
	where.column = diag.column;
	return e ? ctl_fail_at(c, e, &where, "%s", diag.text[0] ? diag.text : err_text(e)) : ERR_OK;
}

enum err ctl_file_write(struct ctl *c, const char *path, const void *bytes, size_t len)
{
	FILE *f = is_standard(path) ? stdout : fopen(path, "wbe");
	bool ok;

	if (!f)
		return ctl_fail(c, ERR_IO, "cannot create %s: %s", path, strerror(errno));
	ok = fwrite(bytes, 1, len, f) == len && fflush(f) == 0;
	if (f != stdout)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		return ctl_fail(c, ERR_IO, "cannot write %s: %s",
				is_standard(path) ? "standard output" : path, strerror(errno));
	return ERR_OK;
}
