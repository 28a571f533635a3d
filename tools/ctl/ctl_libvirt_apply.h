/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_libvirt_apply: a domain's definition is edited through libvirt. */
#ifndef TOOLS_CTL_LIBVIRT_APPLY_H
#define TOOLS_CTL_LIBVIRT_APPLY_H

#include "lib/proto_admin.h"
#include "tools/ctl/ctl.h"

/* uri NULL: qemu:///system. ERR_UNSUPPORTED where vtpmctl was built without libvirt. */
enum err ctl_libvirt_apply(struct ctl *c, const char *uri, const char *domain,
			   const struct admin_vtpm *v) MUST_USE;

#endif
