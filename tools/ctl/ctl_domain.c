/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_domain.h"

#include "lib/uuid.h"
#include "tools/client/document.h"
#include "tools/client/domain.h"

#include <string.h>

static xmlNode *add(xmlNode *parent, const char *name)
{
	return xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

static void set(xmlNode *node, const char *name, const char *value)
{
	xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static void take_out(xmlNode *node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static xmlNode *child_or_new(xmlNode *parent, const char *name)
{
	xmlNode *node = document_child(parent, name);

	return node ? node : add(parent, name);
}

static void put_metadata(xmlNode *root, const struct admin_vtpm *v)
{
	xmlNode *metadata = child_or_new(root, "metadata"), *ours, *next;

	for (xmlNode *n = metadata->children; n; n = next) {
		next = n->next;
		if (document_is(n, DOMAIN_NS, NULL))
			take_out(n);
	}
	ours = add(metadata, DOMAIN_ELEMENT);
	xmlSetNs(ours, xmlNewNs(ours, (const xmlChar *)DOMAIN_NS, (const xmlChar *)"vtpm"));
	set(ours, "uuid", uuid_format(v->uuid).s);
	set(ours, "stakeholder", v->stakeholder);
}

/* One that libvirt does not run itself holds no state of the guest's that would be lost. */
static enum err take_out_tpms(xmlNode *devices)
{
	xmlNode *tpm = document_child(devices, "tpm"), *next;

	for (; tpm; tpm = next) {
		next = document_find(tpm->next, "tpm");
		if (!document_attribute_is(document_child(tpm, "backend"), "type", "external"))
			return ERR_EXISTS;
		take_out(tpm);
	}
	return ERR_OK;
}

/* QEMU has the CRB interface for x86 alone. */
static const char *model_for(const xmlNode *root)
{
	const xmlNode *type = document_child(document_child(root, "os"), "type");

	return document_attribute_is(type, "arch", "aarch64") ? "tpm-tis" : "tpm-crb";
}

static void put_tpm(xmlNode *devices, const char *model, const struct admin_vtpm *v)
{
	xmlNode *tpm = add(devices, "tpm"), *backend = add(tpm, "backend");
	xmlNode *source = add(backend, "source");

	set(tpm, "model", model);
	set(backend, "type", "external");
	set(source, "type", "unix");
	set(source, "mode", "connect");
	set(source, "path", domain_control(v).s);
}

static bool is_bound_to(const xmlNode *root, const struct admin_vtpm *v)
{
	const xmlNode *node = document_child(root, "uuid");
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	uint8_t uuid[UUID_SIZE];
	bool is =
	    text && uuid_parse((const char *)text, uuid) == ERR_OK && uuid_equal(uuid, v->domain);

	xmlFree(text);
	return is;
}

static enum err edit(xmlNode *root, const struct admin_vtpm *v)
{
	xmlNode *devices;
	enum err e;

	if (!root || !document_is(root, "", "domain"))
		return ERR_FORMAT;
	if (!is_bound_to(root, v))
		return ERR_ARG;
	devices = child_or_new(root, "devices");
	e = take_out_tpms(devices);
	if (e)
		return e;
	put_metadata(root, v);
	if (v->guest.kind != GUEST_XEN)
		put_tpm(devices, model_for(root), v);
	return ERR_OK;
}

enum err ctl_domain_edit(const char *xml, const struct admin_vtpm *v, char **out)
{
	xmlDoc *doc = document_read(xml, strlen(xml));
	xmlChar *text = NULL;
	enum err e = doc ? edit(xmlDocGetRootElement(doc), v) : ERR_FORMAT;
	int len;

	if (!e)
		xmlDocDumpMemory(doc, &text, &len);
	xmlFreeDoc(doc);
	if (!e && !text)
		return ERR_NO_MEMORY;
	if (!e)
		*out = (char *)text;
	return e;
}
