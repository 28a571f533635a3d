/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_xen: what Xen's toolstack needs for a vTPM, and hot-plugging through it. */
#include "lib/uuid.h"
#include "tools/agent/stub_config.h"
#include "tools/client/label.h"
#include "tools/client/xl_call.h"
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_json.h"
#include "tools/ctl/ctl_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANAGER_NAME "vtpmmgr"

/* *output is the caller's to free; on failure c has what xl said last. */
static enum err run_xl(struct ctl *c, const char *const args[XL_ARGS_MAX], char **output)
{
	char why[XL_WHY_MAX];
	enum err e = xl_call(args, output, why);

	return e ? ctl_fail(c, e, "%s", why) : ERR_OK;
}

/* ---- xl NAME -------------------------------------------------------------------------------- */

enum { XL_MANAGER, XL_MEMORY };

static enum err ask_manager(struct ctl *c, uint32_t *domid)
{
	const char *const args[XL_ARGS_MAX] = {"domid", MANAGER_NAME};
	char *output = NULL;
	uint64_t n;
	enum err e = run_xl(c, args, &output);

	if (e)
		return ctl_fail(c, ERR_ARG,
				"cannot ask xl for the manager's domain; give --manager DOMID");
	output[strcspn(output, "\n")] = '\0';
	e = ctl_args_number(c, "xl domid", output, UINT16_MAX, &n);
	free(output);
	*domid = (uint32_t)n;
	return e;
}

static enum err choose_manager(struct ctl *c, const struct ctl_args *a, uint32_t *domid)
{
	uint64_t n;
	enum err e;

	if (!a->opt[XL_MANAGER])
		return ask_manager(c, domid);
	e = ctl_args_number(c, "--manager", a->opt[XL_MANAGER], UINT16_MAX, &n);
	if (!e)
		*domid = (uint32_t)n;
	return e;
}

static enum err choose_memory(struct ctl *c, const struct ctl_args *a, unsigned *memory)
{
	uint64_t n = STUB_MEMORY;
	enum err e = ERR_OK;

	if (a->opt[XL_MEMORY])
		e = ctl_args_number(c, "--memory", a->opt[XL_MEMORY], STUB_MEMORY_MAX, &n);
	*memory = (unsigned)n;
	return e;
}

/* What goes into the guest's own configuration. */
struct guest_lines {
	char vtpm[160];
	char uuid[80]; /* "": it is bound to none */
	char label[LABEL_ID_MAX + 64];
};

static enum err make_guest_lines(const struct admin_vtpm *v, struct guest_lines *out)
{
	struct label label;
	enum err e = label_guest(v->stakeholder, &label);

	if (!e)
		e = stub_config_guest_line(v->uuid, out->vtpm, sizeof(out->vtpm));
	if (e)
		return e;
	out->uuid[0] = '\0';
	if (v->guest.kind == GUEST_XEN)
		snprintf(out->uuid, sizeof(out->uuid), "uuid = \"%s\"", uuid_format(v->guest.id).s);
	snprintf(out->label, sizeof(out->label), "seclabel = \"%s\"", label.s);
	return ERR_OK;
}

static enum err output(struct ctl *c, const struct admin_vtpm *v, const char *stub,
		       const struct guest_lines *g)
{
	struct json_object *o;

	if (!c->json) {
		printf("# the stub domain, as vtpmmgr-agent creates it\n%s\n"
		       "# in the guest's configuration\n%s%s%s\n%s\n",
		       stub, g->uuid, g->uuid[0] ? "\n" : "", g->label, g->vtpm);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "domain", json_object_new_string(stub_config_name(v->uuid).s));
	json_object_object_add(o, "stub", ctl_json_new_text(stub));
	json_object_object_add(o, "vtpm", ctl_json_new_text(g->vtpm));
	json_object_object_add(o, "uuid", ctl_json_new_text(g->uuid));
	json_object_object_add(o, "seclabel", ctl_json_new_text(g->label));
	return ctl_output_json(c, o);
}

static enum err xl(struct ctl *c, const struct ctl_args *a)
{
	struct stub_config stub = {.kernel = STUB_KERNEL, .initramfs = STUB_INITRAMFS, .extra = ""};
	char text[STUB_CONFIG_MAX];
	struct guest_lines guest;
	struct admin_vtpm v;
	enum err e = ctl_client_ask_vtpm(c, ADMIN_SHOW, "looking up", a->pos[0], &v);

	if (!e)
		e = choose_memory(c, a, &stub.memory);
	if (!e)
		e = choose_manager(c, a, &stub.manager);
	if (e)
		return e;
	memcpy(stub.uuid, v.uuid, UUID_SIZE);
	stub.stakeholder = v.stakeholder;
	e = stub_config_write(&stub, text, sizeof(text));
	if (!e)
		e = make_guest_lines(&v, &guest);
	if (e)
		return ctl_fail(c, e, "vTPM '%s' cannot have a stub domain so: %s", v.name,
				err_text(e));
	return output(c, &v, text, &guest);
}

/* ---- attach NAME DOMAIN --------------------------------------------------------------------- */

/* The stub domain would let no other one in; xl would wait ten seconds to find out. */
static enum err check_domain(struct ctl *c, const struct admin_vtpm *v, const char *domain)
{
	const char *const args[XL_ARGS_MAX] = {"list", "-v", domain};
	char *listed = NULL;
	enum err e;

	if (v->guest.kind != GUEST_XEN)
		return ctl_fail(c, ERR_STATE,
				"vTPM '%s' is bound to no Xen domain; create one with --guest "
				"xen:UUID",
				v->name);
	e = run_xl(c, args, &listed);
	if (e)
		return e;
	if (!strstr(listed, uuid_format(v->guest.id).s))
		e = ctl_fail(c, ERR_DENIED,
			     "domain %s is not the one that vTPM '%s' is bound to: %s", domain,
			     v->name, uuid_format(v->guest.id).s);
	free(listed);
	return e;
}

static enum err plug(struct ctl *c, const struct admin_vtpm *v, const char *domain)
{
	char why[XL_WHY_MAX];
	enum err e = xl_call_attach(v->uuid, domain, why);

	return e ? ctl_fail(c, e, "%s", why) : ERR_OK;
}

static enum err attach(struct ctl *c, const struct ctl_args *a)
{
	const char *domain = a->pos[1];
	struct json_object *o;
	struct admin_vtpm v;
	enum err e = ctl_client_ask_vtpm(c, ADMIN_SHOW, "looking up", a->pos[0], &v);

	if (e)
		return e;
	if (v.state != VTPM_RUNNING)
		return ctl_fail(c, ERR_STATE, "vTPM '%s' is %s; start it with 'vtpmctl start %s'",
				v.name, ctl_output_state(v.state), a->pos[0]);
	e = check_domain(c, &v, domain);
	if (!e)
		e = plug(c, &v, domain);
	if (e)
		return e;
	if (!c->json) {
		printf("domain %s has vTPM %s\n", domain, v.name);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "attached", ctl_json_new_text(domain));
	return ctl_output_json(c, o);
}

const struct ctl_command ctl_xen_commands[] = {
    {.name = "xl",
     .args = "NAME [--manager DOMID] [--memory MIB]",
     .brief = "print what xl's configuration files need",
     .help = "Prints the configuration of the vTPM's stub domain as vtpmmgr-agent hands it to xl, "
	     "and the lines for the guest's own: the vTPM, the uuid that it is bound to, and the "
	     "security label of its stakeholder's guests.\n"
	     "  vtpmctl create work --stakeholder employer --guest xen:$(uuidgen)\n"
	     "  vtpmctl xl work\n"
	     "'vtpmctl start' has the stub domain created; there is no need to do it by hand.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[XL_MANAGER] = {"manager", 0, "DOMID",
			      "of the manager's domain; default: xl is asked for 'vtpmmgr'", false},
	      [XL_MEMORY] = {"memory", 0, "MIB", "what the agent was told to give it; default: 96",
			     false}},
     .fn = xl},
    {.name = "attach",
     .args = "NAME DOMAIN",
     .brief = "plug a running vTPM into a running Xen domain",
     .help = "Hot-plugs the vTPM into a domain that runs, through xl; only in the domain where xl "
	     "is. The vTPM must be running, and bound to that domain.",
     .min_pos = 2,
     .max_pos = 2,
     .fn = attach},
    {0},
};
