/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * domain: what the XML of a libvirt domain says of its vTPM. vtpmctl prints it,
 * the hook expects it.
 *
 *	<metadata>
 *	  <vtpm:vtpm xmlns:vtpm='DOMAIN_NS' uuid='...' stakeholder='...'/>
 *	</metadata>
 *	<devices>
 *	  <tpm model='tpm-crb'>
 *	    <backend type='external'>
 *	      <source type='unix' mode='connect' path='RUNDIR/vtpm/UUID/tpm.ctrl'/>
 */
#ifndef TOOLS_CLIENT_DOMAIN_H
#define TOOLS_CLIENT_DOMAIN_H

#include "lib/proto_admin.h"

#define DOMAIN_NS      "urn:vtpmmgr:libvirt:1"
#define DOMAIN_ELEMENT "vtpm"

#define DOMAIN_XML_MAX 800

struct domain_xml {
	char s[DOMAIN_XML_MAX];
};

/* The path of the control socket, which QEMU connects to. */
struct domain_path {
	char s[sizeof(((struct admin_vtpm *)0)->path) + sizeof(".ctrl")];
};
struct domain_path domain_control(const struct admin_vtpm *v);

/*
 * The element for <metadata>, and the one for <devices>, which a Xen domain's vTPM has not: libxl
 * would ignore it. indent: of every line, in blanks.
 */
struct domain_xml domain_metadata(const struct admin_vtpm *v, int indent);
struct domain_xml domain_tpm(const struct admin_vtpm *v, int indent);

#endif
