/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_libvirt_apply.h"

#include "config.h"

#ifdef HAVE_LIBVIRT

#include "lib/uuid.h"
#include "tools/ctl/ctl_domain.h"

#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

/*
 * Opened where it is needed: libvirt and the fifty libraries that it brings would make every
 * other command of vtpmctl eight times as long.
 */
#define LIBVIRT_SO "libvirt.so.0"
/* clang-format off */
#define LIBVIRT_CALLS(CALL)               \
	CALL(virConnectClose)             \
	CALL(virConnectOpen)              \
	CALL(virDomainDefineXMLFlags)     \
	CALL(virDomainFree)               \
	CALL(virDomainGetXMLDesc)         \
	CALL(virDomainLookupByName)       \
	CALL(virDomainLookupByUUIDString) \
	CALL(virGetLastErrorMessage)      \
	CALL(virSetErrorFunc)
/* clang-format on */

struct libvirt {
#define CALL(name) __typeof__(name) *(name);
	LIBVIRT_CALLS(CALL)
#undef CALL
};

static bool libvirt_open(struct libvirt *l)
{
	void *so = dlopen(LIBVIRT_SO, RTLD_NOW | RTLD_LOCAL);
	bool ok = so != NULL;

#define CALL(name) ok = ok && (*(void **)&l->name = dlsym(so, #name)) != NULL;
	LIBVIRT_CALLS(CALL)
#undef CALL
	return ok;
}

struct session {
	struct ctl *c;
	const struct libvirt *lib;
	virConnectPtr conn;
	const char *domain;
	const struct admin_vtpm *v;
};

/* It would print each error by itself. */
static void quiet(void *arg, virErrorPtr error)
{
	(void)arg, (void)error;
}

static enum err libvirt_failed(const struct session *s, enum err e, const char *doing)
{
	return ctl_fail(s->c, e, "%s: %s", doing, s->lib->virGetLastErrorMessage());
}

static enum err edit(const struct session *s, const char *xml, char **out)
{
	enum err e = ctl_domain_edit(xml, s->v, out);

	if (e == ERR_ARG)
		return ctl_fail(s->c, ERR_DENIED,
				"vTPM '%s' is bound to domain %s, which is not '%s'", s->v->name,
				uuid_format(s->v->domain).s, s->domain);
	if (e == ERR_EXISTS)
		return ctl_fail(s->c, e,
				"domain '%s' has a TPM already, with keys of its own perhaps: take "
				"it out first (virsh edit)",
				s->domain);
	return e ? ctl_fail(s->c, e, "the definition of '%s' cannot be read", s->domain) : ERR_OK;
}

static enum err redefine(const struct session *s, virDomainPtr dom)
{
	char *xml =
	    s->lib->virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	char *edited = NULL;
	virDomainPtr defined;
	enum err e = xml ? edit(s, xml, &edited)
			 : libvirt_failed(s, ERR_IO, "reading the domain's definition");

	free(xml);
	if (e)
		return e;
	defined = s->lib->virDomainDefineXMLFlags(s->conn, edited, VIR_DOMAIN_DEFINE_VALIDATE);
	free(edited);
	if (!defined)
		return libvirt_failed(s, ERR_ARG, "defining the domain");
	s->lib->virDomainFree(defined);
	return ERR_OK;
}

static enum err in_session(const struct session *s)
{
	virDomainPtr dom = s->lib->virDomainLookupByName(s->conn, s->domain);
	enum err e;

	if (!dom)
		dom = s->lib->virDomainLookupByUUIDString(s->conn, s->domain);
	if (!dom)
		return ctl_fail(s->c, ERR_NOT_FOUND, "libvirt knows no domain '%s'", s->domain);
	e = redefine(s, dom);
	s->lib->virDomainFree(dom);
	return e;
}

enum err ctl_libvirt_apply(struct ctl *c, const char *uri, const char *domain,
			   const struct admin_vtpm *v)
{
	struct libvirt lib;
	struct session s = {.c = c, .lib = &lib, .domain = domain, .v = v};
	enum err e;

	if (!libvirt_open(&lib))
		return ctl_fail(c, ERR_UNAVAILABLE, "cannot use " LIBVIRT_SO ": %s", dlerror());
	lib.virSetErrorFunc(NULL, quiet);
	s.conn = lib.virConnectOpen(uri ? uri : "qemu:///system");
	if (!s.conn)
		return libvirt_failed(&s, ERR_UNAVAILABLE, "connecting to libvirt");
	e = in_session(&s);
	lib.virConnectClose(s.conn);
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
