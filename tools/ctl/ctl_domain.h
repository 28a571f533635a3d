/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_domain: the XML of a libvirt domain, with a vTPM of ours put into it. */
#ifndef TOOLS_CTL_DOMAIN_H
#define TOOLS_CTL_DOMAIN_H

#include "lib/proto_admin.h"

/*
 * What tools/client/domain.h shows, in the place of what another vTPM of ours has left. *out is
 * the caller's, for free(). ERR_FORMAT: not a domain; ERR_EXISTS: it has a TPM of another kind;
 * ERR_ARG: it is not the one that v is bound to.
 */
enum err ctl_domain_edit(const char *xml, const struct admin_vtpm *v, char **out) MUST_USE;

#endif
