/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_libvirt: what a libvirt domain's XML needs for its vTPM. */
#include "lib/field.h"
#include "lib/uuid.h"
#include "tools/client/domain.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_json.h"
#include "tools/ctl/ctl_libvirt_apply.h"
#include "tools/ctl/ctl_output.h"

#include <stdio.h>

static enum err output_json(struct ctl *c, const struct admin_vtpm *v)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "uuid", json_object_new_string(uuid_format(v->uuid).s));
	json_object_object_add(o, "domain", json_object_new_string(uuid_format(v->domain).s));
	json_object_object_add(o, "namespace", json_object_new_string(DOMAIN_NS));
	json_object_object_add(o, "control", ctl_json_new_text(domain_control(v).s));
	json_object_object_add(o, "metadata", ctl_json_new_text(domain_metadata(v, 0).s));
	json_object_object_add(o, "tpm", ctl_json_new_text(domain_tpm(v, 0).s));
	return ctl_output_json(c, o);
}

enum { LIBVIRT_APPLY, LIBVIRT_CONNECT };

static enum err apply(struct ctl *c, const struct ctl_args *a, const struct admin_vtpm *v)
{
	const char *domain = a->opt[LIBVIRT_APPLY];
	enum err e = ctl_libvirt_apply(c, a->opt[LIBVIRT_CONNECT], domain, v);
	struct json_object *o;

	if (e)
		return e;
	if (!c->json) {
		printf("domain %s has vTPM %s from its next start on\n", domain, v->name);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "applied", ctl_json_new_text(domain));
	return ctl_output_json(c, o);
}

static enum err libvirt(struct ctl *c, const struct ctl_args *a)
{
	struct admin_vtpm v;
	enum err e = ctl_client_ask_vtpm(c, ADMIN_SHOW, "looking up", a->pos[0], &v);

	if (e)
		return e;
	if (field_is_zero(v.domain, UUID_SIZE))
		return ctl_fail(c, ERR_STATE,
				"vTPM '%s' is bound to no domain, so none may start it; create one "
				"with --domain UUID (virsh domuuid)",
				v.name);
	if (a->opt[LIBVIRT_APPLY])
		return apply(c, a, &v);
	if (c->json)
		return output_json(c, &v);
	printf("<!-- virsh edit %s -->\n<metadata>\n%s</metadata>\n", uuid_format(v.domain).s,
	       domain_metadata(&v, 2).s);
	if (v.guest.kind != GUEST_XEN)
		printf("<!-- in devices -->\n%s", domain_tpm(&v, 0).s);
	return ERR_OK;
}

const struct ctl_command ctl_libvirt_commands[] = {
    {.name = "libvirt",
     .args = "NAME [--apply DOMAIN [--connect URI]]",
     .brief = "print what a libvirt domain's XML needs",
     .help = "Prints two elements for 'virsh edit': one for <metadata>, which says whose the "
	     "vTPM is, and one for <devices>. From then on libvirt's hook starts the vTPM with the "
	     "domain, and stops it with it. A vTPM that was created with --domain can be started "
	     "so by that domain alone.\n"
	     "  uuid=$(virsh domuuid laptop)\n"
	     "  vtpmctl create work --stakeholder employer --user libvirt-qemu --domain $uuid\n"
	     "  vtpmctl libvirt work\n"
	     "libxl's domains have the first one alone: the hook plugs the vTPM in.\n"
	     "With --apply they are put into the domain's definition, through libvirt.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[LIBVIRT_APPLY] = {"apply", 0, "DOMAIN", "the domain, by name or uuid", false},
	      [LIBVIRT_CONNECT] = {"connect", 0, "URI", "which libvirt; default: qemu:///system",
				   false}},
     .fn = libvirt},
    {0},
};
