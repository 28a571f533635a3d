/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/label.h"

#include <stdio.h>
#include <string.h>

enum err label_id(const char *stakeholder, struct label_id *out)
{
	size_t n = strlen(stakeholder);
	struct label_id id = {0};

	if (n == 0 || n > LABEL_ID_MAX ||
	    strspn(stakeholder, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++)
		id.s[i] = stakeholder[i] == '-' ? '_' : stakeholder[i];
	*out = id;
	return ERR_OK;
}

static enum err make(const char *kind, const char *stakeholder, struct label *out)
{
	struct label_id id;
	enum err e = label_id(stakeholder, &id);

	if (!e)
		snprintf(out->s, sizeof(out->s), LABEL_PREFIX "%s_%s_t", kind, id.s);
	return e;
}

enum err label_guest(const char *stakeholder, struct label *out)
{
	return make("guest", stakeholder, out);
}

enum err label_vtpm(const char *stakeholder, struct label *out)
{
	return make("vtpm", stakeholder, out);
}
