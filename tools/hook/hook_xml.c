/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/hook/hook_xml.h"

#include "lib/uuid.h"
#include "tools/client/domain.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

bool hook_xml_concerns_us(const char *xml, size_t len)
{
	return memmem(xml, len, DOMAIN_NS, sizeof(DOMAIN_NS) - 1) != NULL;
}

/* ---- the document --------------------------------------------------------------------------- */

/* Before an entity of it could be declared. */
static void on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	xmlParserCtxt *ctxt = arg;

	(void)name, (void)external, (void)system;
	*(bool *)ctxt->_private = true;
	xmlStopParser(ctxt);
}

/* The caller frees it; NULL: not well-formed, or with a DOCTYPE. libvirt writes UTF-8. */
static xmlDoc *read_document(const char *xml, size_t len)
{
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	bool doctype = false;
	xmlDoc *doc;

	if (!ctxt)
		return NULL;
	ctxt->_private = &doctype;
	ctxt->sax->internalSubset = on_doctype;
	doc = xmlCtxtReadMemory(ctxt, xml, (int)len, NULL, "UTF-8",
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (doc && (doctype || !ctxt->nsWellFormed)) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

/* ---- elements ------------------------------------------------------------------------------- */

static bool is_named(const xmlNode *node, const char *ns, const char *name)
{
	const char *href = node->ns ? (const char *)node->ns->href : "";

	return node->type == XML_ELEMENT_NODE && strcmp(href, ns) == 0 &&
	       (!name || strcmp((const char *)node->name, name) == 0);
}

/* From first on, the next one of this name; of libvirt's own, which have no namespace. */
static const xmlNode *find(const xmlNode *first, const char *name)
{
	while (first && !is_named(first, "", name))
		first = first->next;
	return first;
}

static const xmlNode *child(const xmlNode *parent, const char *name)
{
	return parent ? find(parent->children, name) : NULL;
}

/* Into cap bytes; false, and "", if there is none or it does not fit. */
static bool attribute(const xmlNode *node, const char *name, char *out, size_t cap)
{
	xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
	size_t len = value ? strlen((const char *)value) : cap;
	bool fits = len < cap;

	*out = '\0';
	if (fits)
		memcpy(out, value, len + 1);
	xmlFree(value);
	return fits;
}

static bool attribute_is(const xmlNode *node, const char *name, const char *wanted)
{
	char value[32];

	return attribute(node, name, value, sizeof(value)) && strcmp(value, wanted) == 0;
}

/* ---- what they say -------------------------------------------------------------------------- */

static const char *read_identity(const xmlNode *domain, struct hook_domain *d)
{
	const xmlNode *uuid = child(domain, "uuid");
	xmlChar *text = uuid ? xmlNodeGetContent(uuid) : NULL;
	enum err e = text ? uuid_parse((const char *)text, d->uuid) : ERR_FORMAT;

	xmlFree(text);
	d->xen = attribute_is(domain, "type", "xen");
	return e ? "the domain has no uuid" : NULL;
}

static const xmlNode *our_element(const xmlNode *domain, size_t *count)
{
	const xmlNode *metadata = child(domain, "metadata"), *ours = NULL;

	*count = 0;
	for (const xmlNode *n = metadata ? metadata->children : NULL; n; n = n->next) {
		if (!is_named(n, DOMAIN_NS, NULL))
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

	if (!is_named(ours, DOMAIN_NS, DOMAIN_ELEMENT))
		return "its metadata in " DOMAIN_NS " is no <" DOMAIN_ELEMENT "> element";
	if (!attribute(ours, "uuid", uuid, sizeof(uuid)) || uuid_parse(uuid, d->vtpm) != ERR_OK)
		return "its metadata has no uuid of a vTPM";
	if (!attribute(ours, "stakeholder", d->stakeholder, sizeof(d->stakeholder)) ||
	    !is_name(d->stakeholder))
		return "its metadata names no stakeholder";
	return NULL;
}

static void read_tpms(const xmlNode *domain, struct hook_domain *d)
{
	const xmlNode *devices = child(domain, "devices");
	const xmlNode *tpm = child(devices, "tpm");

	for (; tpm; tpm = find(tpm->next, "tpm")) {
		const xmlNode *backend = child(tpm, "backend");
		const xmlNode *source = child(backend, "source");

		d->tpms++;
		d->socket[0] = '\0';
		if (attribute_is(backend, "type", "external") &&
		    attribute_is(source, "type", "unix") && attribute_is(source, "mode", "connect"))
			attribute(source, "path", d->socket, sizeof(d->socket));
	}
}

static void read_labels(const xmlNode *domain, struct hook_domain *d)
{
	const xmlNode *label = child(domain, "seclabel");

	for (; label; label = find(label->next, "seclabel"))
		d->own_user |= attribute_is(label, "model", "dac") && child(label, "label");
}

static enum err read_domain(const xmlNode *root, struct hook_domain *d, const char **why)
{
	const xmlNode *ours;
	size_t count;

	*why = "this is no domain";
	if (!root || !is_named(root, "", "domain"))
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
	xmlDoc *doc = len <= HOOK_XML_MAX ? read_document(xml, len) : NULL;
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
