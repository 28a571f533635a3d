/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * document: a libvirt domain's XML as a tree, read with every door shut: no DOCTYPE and so no
 * entities, nothing fetched, no nesting past libxml2's own limit.
 */
#ifndef TOOLS_CLIENT_DOCUMENT_H
#define TOOLS_CLIENT_DOCUMENT_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

/* The caller frees it; NULL: not well-formed, or with a DOCTYPE. libvirt writes UTF-8. */
xmlDoc *document_read(const char *xml, size_t len);

/* Whether it is an element of this namespace ("": of none) and name (NULL: any). */
bool document_is(const xmlNode *node, const char *ns, const char *name);

/* From first on, the next one of this name; of libvirt's own, which have no namespace. */
xmlNode *document_find(xmlNode *first, const char *name);
/* The same of parent's children; NULL if parent is. */
xmlNode *document_child(const xmlNode *parent, const char *name);

/* Into cap bytes; false, and "", if there is none or it does not fit. */
bool document_attribute(const xmlNode *node, const char *name, char *out, size_t cap);
bool document_attribute_is(const xmlNode *node, const char *name, const char *wanted);

#endif
