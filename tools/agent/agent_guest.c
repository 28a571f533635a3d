/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_guest.h"

#include "lib/field.h"
#include "lib/log.h"

#include <stdio.h>
#include <string.h>

/* "": nobody. The record may bind the vTPM to no domain, or that domain does not run. */
static void find_guest(const struct agent_worker *w, const struct domains *d, char *out, size_t cap)
{
	const struct guest *g = &w->asked.guest;
	const struct domain *guest = g->kind == GUEST_XEN ? domains_by_uuid(d, g->id) : NULL;

	out[0] = '\0';
	if (guest && guest->domid != w->domid)
		snprintf(out, cap, "%u", guest->domid);
}

void agent_guest_update(struct agent_worker *w, const struct domains *d)
{
	char path[XENSTORE_PATH_MAX], guest[sizeof(w->guest)];
	enum err e;

	if (w->domid == AGENT_NO_DOMAIN || field_is_zero(w->asked.uuid, UUID_SIZE))
		return;
	find_guest(w, d, guest, sizeof(guest));
	if (w->guest_told && strcmp(guest, w->guest) == 0)
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/vtpm/guest", w->domid);
	e = xenstore_write(w->agent->xenstore, path, guest, w->domid);
	if (e) {
		log_warning("cannot tell stub domain %u its guest: %s", w->domid, err_text(e));
		return;
	}
	log_debug("stub domain %u serves domain %s", w->domid, guest[0] ? guest : "none");
	memcpy(w->guest, guest, sizeof(guest));
	w->guest_told = true;
}
