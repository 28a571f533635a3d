/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_policy_file.h"

#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_file.h"

#include <stdlib.h>

/* Takes ownership of text. */
static enum err parse(struct ctl *c, const char *path, char *text, size_t len,
		      struct ctl_policy_file *out)
{
	struct ctl_policy_file f = {.text = text, .len = len};
	struct policy_diag diag = {0};
	struct ctl_where where = {.file = path};
	enum err e = policy_parse(text, len, &f.policy, &diag);

	if (!e) {
		*out = f;
		return ERR_OK;
	}
	free(text);
	where.line = diag.line;
	where.column = diag.column;
	return ctl_fail_at(c, e, &where, "%s", diag.text[0] ? diag.text : err_text(e));
}

enum err ctl_policy_file_read(struct ctl *c, const char *path, struct ctl_policy_file *out)
{
	char *text;
	size_t len;
	enum err e = ctl_file_read(c, path, POLICY_TEXT_MAX, &text, &len);

	return e ? e : parse(c, path, text, len, out);
}

enum err ctl_policy_file_fetch(struct ctl *c, struct ctl_policy_file *out)
{
	char *text;
	size_t len;
	enum err e = ctl_client_policy(c, &text, &len);

	return e ? e : parse(c, "the loaded policy", text, len, out);
}

void ctl_policy_file_free(struct ctl_policy_file *f)
{
	policy_free(f->policy);
	free(f->text);
}
