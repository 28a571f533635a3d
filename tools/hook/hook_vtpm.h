/* SPDX-License-Identifier: BSD-3-Clause */
/* hook_vtpm: what the hook asks of the manager for a domain. */
#ifndef TOOLS_HOOK_VTPM_H
#define TOOLS_HOOK_VTPM_H

#include "tools/client/client.h"
#include "tools/hook/hook_xml.h"

/*
 * Starts the domain's vTPM, if the domain is as it must be to use it, and the manager
 * lets it. Otherwise c's message says why not.
 */
enum err hook_vtpm_start(struct client *c, const struct hook_domain *d) MUST_USE;

/*
 * Plugs it into the domain, if that is one of libxl's, which has no vTPM in its definition.
 * Others have theirs already.
 */
enum err hook_vtpm_plug(struct client *c, const struct hook_domain *d) MUST_USE;

/* Stops it. ERR_OK as well where there is nothing of the domain's to stop. */
enum err hook_vtpm_stop(struct client *c, const struct hook_domain *d) MUST_USE;

#endif
