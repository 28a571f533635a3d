/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/document.h"

#include <libxml/parser.h>
#include <string.h>

/* Before an entity of it could be declared. */
static void on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	xmlParserCtxt *ctxt = arg;

	(void)name, (void)external, (void)system;
	*(bool *)ctxt->_private = true;
	xmlStopParser(ctxt);
}

xmlDoc *document_read(const char *xml, size_t len)
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

bool document_is(const xmlNode *node, const char *ns, const char *name)
{
	const char *href;

	if (node->type != XML_ELEMENT_NODE)
		return false;
	href = node->ns ? (const char *)node->ns->href : "";
	return strcmp(href, ns) == 0 && (!name || strcmp((const char *)node->name, name) == 0);
}

xmlNode *document_find(xmlNode *first, const char *name)
{
	while (first && !document_is(first, "", name))
		first = first->next;
	return first;
}

xmlNode *document_child(const xmlNode *parent, const char *name)
{
	return parent ? document_find(parent->children, name) : NULL;
}

bool document_attribute(const xmlNode *node, const char *name, char *out, size_t cap)
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

bool document_attribute_is(const xmlNode *node, const char *name, const char *wanted)
{
	char value[32];

	return document_attribute(node, name, value, sizeof(value)) && strcmp(value, wanted) == 0;
}
