/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_libvirt_apply.h"

#include "config.h"

#ifdef HAVE_LIBVIRT

#include "lib/uuid.h"
#include "tools/ctl/ctl_domain.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

/* It would print each error by itself. */
static void quiet(void *arg, virErrorPtr error)
{
	(void)arg, (void)error;
}

static enum err libvirt_failed(struct ctl *c, enum err e, const char *doing)
{
	return ctl_fail(c, e, "%s: %s", doing, virGetLastErrorMessage());
}

static enum err edit(struct ctl *c, const char *xml, const char *domain, const struct admin_vtpm *v,
		     char **out)
{
	enum err e = ctl_domain_edit(xml, v, out);

	if (e == ERR_ARG)
		return ctl_fail(c, ERR_DENIED, "vTPM '%s' is bound to domain %s, which is not '%s'",
				v->name, uuid_format(v->domain).s, domain);
	if (e == ERR_EXISTS)
		return ctl_fail(c, e,
				"domain '%s' has a TPM already, with keys of its own perhaps: take "
				"it out first (virsh edit)",
				domain);
	return e ? ctl_fail(c, e, "the definition of '%s' cannot be read", domain) : ERR_OK;
}

static enum err redefine(struct ctl *c, virConnectPtr conn, virDomainPtr dom, const char *domain,
			 const struct admin_vtpm *v)
{
	char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	char *edited = NULL;
	virDomainPtr defined;
	enum err e = xml ? edit(c, xml, domain, v, &edited)
			 : libvirt_failed(c, ERR_IO, "reading the domain's definition");

	free(xml);
	if (e)
		return e;
	defined = virDomainDefineXMLFlags(conn, edited, VIR_DOMAIN_DEFINE_VALIDATE);
	free(edited);
	if (!defined)
		return libvirt_failed(c, ERR_ARG, "defining the domain");
	virDomainFree(defined);
	return ERR_OK;
}

static enum err in_connection(struct ctl *c, virConnectPtr conn, const char *domain,
			      const struct admin_vtpm *v)
{
	virDomainPtr dom = virDomainLookupByName(conn, domain);
	enum err e;

	if (!dom)
		dom = virDomainLookupByUUIDString(conn, domain);
	if (!dom)
		return ctl_fail(c, ERR_NOT_FOUND, "libvirt knows no domain '%s'", domain);
	e = redefine(c, conn, dom, domain, v);
	virDomainFree(dom);
	return e;
}

enum err ctl_libvirt_apply(struct ctl *c, const char *uri, const char *domain,
			   const struct admin_vtpm *v)
{
	virConnectPtr conn;
	enum err e;

	virSetErrorFunc(NULL, quiet);
	conn = virConnectOpen(uri ? uri : "qemu:///system");
	if (!conn)
		return libvirt_failed(c, ERR_UNAVAILABLE, "connecting to libvirt");
	e = in_connection(c, conn, domain, v);
	virConnectClose(conn);
	return e;
}

#else

enum err ctl_libvirt_apply(struct ctl *c, const char *uri, const char *domain,
			   const struct admin_vtpm *v)
{
	(void)uri, (void)domain, (void)v;
	return ctl_fail(c, ERR_UNSUPPORTED,
			"this vtpmctl was built without libvirt: leave --apply out, and put what "
			"it prints into the domain with virsh edit");
}

#endif
