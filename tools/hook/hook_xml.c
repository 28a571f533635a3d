/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/hook/hook_xml.h"

#include "lib/uuid.h"
#include "tools/client/document.h"
#include "tools/client/domain.h"

#include <string.h>

bool hook_xml_concerns_us(const char *xml, size_t len)
{
	return memmem(xml, len, DOMAIN_NS, sizeof(DOMAIN_NS) - 1) != NULL;
}

/* One that libvirt has not numbered has none; what is no number is none either. */
static void read_id(const xmlNode *domain, struct hook_domain *d)
{
	if (!document_attribute(domain, "id", d->id, sizeof(d->id)) ||
	    strspn(d->id, "0123456789") != strlen(d->id))
		d->id[0] = '\0';
}

static const char *read_identity(const xmlNode *domain, struct hook_domain *d)
{
	const xmlNode *uuid = document_child(domain, "uuid");
	xmlChar *text = uuid ? xmlNodeGetContent(uuid) : NULL;
	enum err e = text ? uuid_parse((const char *)text, d->uuid) : ERR_FORMAT;

	xmlFree(text);
	d->xen = document_attribute_is(domain, "type", "xen");
	read_id(domain, d);
	return e ? "the domain has no uuid" : NULL;
}

static const xmlNode *our_element(const xmlNode *domain, size_t *count)
{
	const xmlNode *metadata = document_child(domain, "metadata"), *ours = NULL;

	*count = 0;
	for (const xmlNode *n = metadata ? metadata->children : NULL; n; n = n->next) {
		if (!document_is(n, DOMAIN_NS, NULL))
			continue;
		ours = n;
		++*count;
	}
	return ours;
}

/* As every name that the manager knows. */
static bool is_name(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] <= '~')
		n++;
	return n > 0 && s[n] == '\0';
}

static const char *read_metadata(const xmlNode *ours, struct hook_domain *d)
{
	char uuid[UUID_TEXT_SIZE];

	if (!document_is(ours, DOMAIN_NS, DOMAIN_ELEMENT))
		return "its metadata in " DOMAIN_NS " is no <" DOMAIN_ELEMENT "> element";
	if (!document_attribute(ours, "uuid", uuid, sizeof(uuid)) ||
	    uuid_parse(uuid, d->vtpm) != ERR_OK)
		return "its metadata has no uuid of a vTPM";
	if (!document_attribute(ours, "stakeholder", d->stakeholder, sizeof(d->stakeholder)) ||
	    !is_name(d->stakeholder))
		return "its metadata names no stakeholder";
	return NULL;
}

static void read_tpms(const xmlNode *domain, struct hook_domain *d)
{
	const xmlNode *devices = document_child(domain, "devices");
	xmlNode *tpm = document_child(devices, "tpm");

	for (; tpm; tpm = document_find(tpm->next, "tpm")) {
		const xmlNode *backend = document_child(tpm, "backend");
		const xmlNode *source = document_child(backend, "source");

		d->tpms++;
		d->socket[0] = '\0';
		if (document_attribute_is(backend, "type", "external") &&
		    document_attribute_is(source, "type", "unix") &&
		    document_attribute_is(source, "mode", "connect"))
			document_attribute(source, "path", d->socket, sizeof(d->socket));
	}
}

static void read_labels(const xmlNode *domain, struct hook_domain *d)
{
	xmlNode *label = document_child(domain, "seclabel");

	for (; label; label = document_find(label->next, "seclabel"))
		d->own_user |=
		    document_attribute_is(label, "model", "dac") && document_child(label, "label");
}

static enum err read_domain(const xmlNode *root, struct hook_domain *d, const char **why)
{
	const xmlNode *ours;
	size_t count;

	*why = "this is no domain";
	if (!root || !document_is(root, "", "domain"))
		return ERR_FORMAT;
	ours = our_element(root, &count);
	if (!ours)
		return ERR_NOT_FOUND;
	*why = count > 1 ? "its metadata names more than one vTPM" : read_identity(root, d);
	if (!*why)
		*why = read_metadata(ours, d);
	if (*why)
		return ERR_FORMAT;
	read_tpms(root, d);
	read_labels(root, d);
	return ERR_OK;
}

enum err hook_xml_parse(const char *xml, size_t len, struct hook_domain *out, const char **why)
{
	struct hook_domain d = {0};
	xmlDoc *doc = len <= HOOK_XML_MAX ? document_read(xml, len) : NULL;
	enum err e;

	if (!doc) {
		*why = len > HOOK_XML_MAX ? "its XML is too long" : "its XML cannot be read";
		return ERR_FORMAT;
	}
	e = read_domain(xmlDocGetRootElement(doc), &d, why);
	xmlFreeDoc(doc);
	if (!e)
		*out = d;
	return e;
}
