/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/domain.h"

#include "lib/uuid.h"

#include <stdio.h>
#include <string.h>

/* Every character of a stakeholder's id or a path as five. */
#define ESCAPED_MAX 600

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* For an attribute's value in single quotes. */
static void escape(const char *text, char out[ESCAPED_MAX])
{
	size_t n = 0;

	for (; *text && n + sizeof("&amp;") < ESCAPED_MAX; text++) {
		const char *as = entity(*text);

		n += (size_t)snprintf(out + n, ESCAPED_MAX - n, as ? "%s" : "%.1s", as ? as : text);
	}
	out[n] = '\0';
}

struct domain_path domain_control(const struct admin_vtpm *v)
{
	struct domain_path p;

	snprintf(p.s, sizeof(p.s), "%s.ctrl", v->path);
	return p;
}

struct domain_xml domain_metadata(const struct admin_vtpm *v, int indent)
{
	char stakeholder[ESCAPED_MAX];
	struct domain_xml x;

	escape(v->stakeholder, stakeholder);
	snprintf(x.s, sizeof(x.s),
		 "%*s<vtpm:" DOMAIN_ELEMENT " xmlns:vtpm='" DOMAIN_NS
		 "' uuid='%s' stakeholder='%s'/>\n",
		 indent, "", uuid_format(v->uuid).s, stakeholder);
	return x;
}

struct domain_xml domain_tpm(const struct admin_vtpm *v, int indent)
{
	char path[ESCAPED_MAX];
	struct domain_xml x = {""};

	if (v->guest.kind == GUEST_XEN)
		return x;
	escape(domain_control(v).s, path);
	snprintf(x.s, sizeof(x.s),
		 "%*s<tpm model='tpm-crb'>\n"
		 "%*s<backend type='external'>\n"
		 "%*s<source type='unix' mode='connect' path='%s'/>\n"
		 "%*s</backend>\n"
		 "%*s</tpm>\n",
		 indent, "", indent + 2, "", indent + 4, "", path, indent + 2, "", indent, "");
	return x;
}
