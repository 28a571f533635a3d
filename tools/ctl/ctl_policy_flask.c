/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_policy_flask: a FLASK policy for Xen from the stakeholders of a policy file. Each stakeholder
 * is a block of rules that names no other one, so that adding one changes nothing of the rest.
 */
#include "tools/client/label.h"
#include "tools/ctl/ctl_file.h"
#include "tools/ctl/ctl_flask.h"
#include "tools/ctl/ctl_output.h"
#include "tools/ctl/ctl_policy_file.h"

#include <stdlib.h>
#include <string.h>

enum { FLASK_OUT };

/* The template, with the name in the place of each '@'. */
static void put(FILE *f, const char *template, const char *name)
{
	for (const char *c = template; *c; c++)
		if (*c == '@')
			fputs(name, f);
		else
			fputc(*c, f);
}

static void put_comment(FILE *f, const char *text)
{
	if (text)
		fprintf(f, "# %s\n", text);
}

static void put_type(FILE *f, const char *type, const char *name)
{
	fputs("type ", f);
	put(f, type, name);
	fputs(";\n", f);
}

static void put_rule(FILE *f, const struct flask_rule *r, const char *name)
{
	put_comment(f, r->why);
	fputs("allow ", f);
	put(f, r->source, name);
	fputc(' ', f);
	put(f, r->target, name);
	fprintf(f, ":%s { %s };\n", r->class, r->permissions);
}

static void put_rules(FILE *f, const struct flask_rule *r, const char *name)
{
	for (; r->source; r++)
		put_rule(f, r, name);
}

/* own makes an end towards peer, and sends on it; the end is bound to peer. */
static void put_end(FILE *f, const char *own, const char *peer, const char *end, const char *name)
{
	const struct flask_rule rules[] = {
	    {own, end, "event", "create send", NULL},
	    {end, peer, "event", "bind", NULL},
	    {0},
	};

	put_type(f, end, name);
	fputs("type_transition ", f);
	put(f, own, name);
	fputc(' ', f);
	put(f, peer, name);
	fputs(":event ", f);
	put(f, end, name);
	fputs(";\n", f);
	put_rules(f, rules, name);
}

static void put_channel(FILE *f, const struct flask_channel *c, const char *name)
{
	const struct flask_rule map = {c->mapper, c->granter, "grant", c->grants, NULL};

	put_comment(f, c->why);
	put_end(f, c->granter, c->mapper, c->granter_end, name);
	put_end(f, c->mapper, c->granter, c->mapper_end, name);
	put_rule(f, &map, name);
}

/* What every domain that dom0 builds has. Towards itself a domain is of a type of its own, so that
 * two domains of one type have no rights over each other. */
static void put_domain(FILE *f, const char *name)
{
	put_type(f, "@_t", name);
	put_type(f, "self_@_t", name);
	put(f, "role system_r types { @_t self_@_t };\n", name);
	put(f, "type_transition @_t @_t:domain self_@_t;\n", name);
	put_rules(f, flask_domain_rules, name);
	put_channel(f, &flask_dom0_channel, name);
}

static void put_stakeholder(FILE *f, const char *id)
{
	char guest[sizeof("guest_") + LABEL_ID_MAX], vtpm[sizeof("vtpm_") + LABEL_ID_MAX];

	snprintf(guest, sizeof(guest), "guest_%s", id);
	snprintf(vtpm, sizeof(vtpm), "vtpm_%s", id);
	fprintf(f, "\n# stakeholder %s: guests\n", id);
	put_domain(f, guest);
	fprintf(f, "\n# stakeholder %s: vTPMs\n", id);
	put_domain(f, vtpm);
	put_channel(f, &flask_guest_channel, id);
	put_channel(f, &flask_manager_channel, id);
}

static void put_numbers(FILE *f)
{
	for (const struct flask_class *c = flask_classes; c->name; c++)
		fprintf(f, "class %s\n", c->name);
	for (const struct flask_sid *s = flask_sids; s->name; s++)
		fprintf(f, "sid %s\n", s->name);
	for (const struct flask_class *c = flask_classes; c->name; c++)
		fprintf(f, "class %s { %s }\n", c->name, c->permissions);
}

static void put_base(FILE *f)
{
	fputs("\nrole system_r;\n", f);
	for (const struct flask_sid *s = flask_sids; s->name; s++) {
		put_type(f, s->type, "");
		if (strcmp(s->role, "system_r") == 0)
			fprintf(f, "role system_r types %s;\n", s->type);
	}
	fputs("\n# dom0\n", f);
	put_rules(f, flask_dom0_rules, "");
	fputs("\n# the manager\n", f);
	put_domain(f, "vtpmmgr");
}

static void put_contexts(FILE *f)
{
	fputs("\nuser system_u roles system_r;\n", f);
	for (const struct flask_sid *s = flask_sids; s->name; s++)
		fprintf(f, "sid %s system_u:%s:%s\n", s->name, s->role, s->type);
}

static enum err put_policy(struct ctl *c, FILE *f, const struct policy *p)
{
	struct label_id id;
	const char *role, *stakeholder;

	fprintf(f,
		"# FLASK policy for Xen 4.17, from the policy \"%s\" by 'vtpmctl policy flask'.\n"
		"#	checkpolicy -t Xen -c 30 -o xenpolicy FILE\n\n",
		policy_name(p));
	put_numbers(f);
	put_base(f);
	for (size_t i = 0; (stakeholder = policy_stakeholder_at(p, i, &role)); i++) {
		if (label_id(stakeholder, &id))
			return ctl_fail(c, ERR_FORMAT,
					"the id \"%s\" cannot be part of a security label",
					stakeholder);
		put_stakeholder(f, id.s);
	}
	put_contexts(f);
	return ERR_OK;
}

/* *text is the caller's to free, also after an error. */
static enum err make_text(struct ctl *c, const struct policy *p, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);
	enum err e;

	if (!f)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	e = put_policy(c, f, p);
	if (fclose(f) != 0 && !e)
		e = ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	return e;
}

static struct json_object *stakeholder_json(const char *stakeholder)
{
	struct json_object *o = json_object_new_object();
	struct label guest = {0}, vtpm = {0};

	/* put_policy() has refused what has no label. */
	if (label_guest(stakeholder, &guest) || label_vtpm(stakeholder, &vtpm))
		abort();
	json_object_object_add(o, "id", json_object_new_string(stakeholder));
	json_object_object_add(o, "guest", json_object_new_string(guest.s));
	json_object_object_add(o, "vtpm", json_object_new_string(vtpm.s));
	return o;
}

/* The labels for xl's seclabel; and the text, where no file takes it. */
static struct json_object *labels_json(const struct policy *p, const char *text)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	const char *role, *id;

	for (size_t i = 0; (id = policy_stakeholder_at(p, i, &role)); i++)
		json_object_array_add(list, stakeholder_json(id));
	json_object_object_add(o, "policy", json_object_new_string(policy_name(p)));
	json_object_object_add(o, "manager", json_object_new_string(LABEL_MANAGER));
	json_object_object_add(o, "stakeholders", list);
	if (text)
		json_object_object_add(o, "text", json_object_new_string(text));
	return o;
}

static enum err flask(struct ctl *c, const struct ctl_args *a)
{
	const char *path = a->opt[FLASK_OUT];
	struct ctl_policy_file p;
	char *text = NULL;
	size_t len = 0;
	enum err e = ctl_policy_file_read(c, a->pos[0], &p);

	if (e)
		return e;
	e = make_text(c, p.policy, &text, &len);
	if (!e && (path || !c->json))
		e = ctl_file_write(c, path, text, len);
	if (!e && c->json)
		e = ctl_output_json(c, labels_json(p.policy, path ? NULL : text));
	free(text);
	ctl_policy_file_free(&p);
	return e;
}

const struct ctl_command ctl_policy_flask_commands[] = {
    {.name = "policy flask",
     .args = "FILE [-o FILE]",
     .brief = "write Xen's FLASK policy for a policy's stakeholders",
     .help = "Writes the source of a complete policy for Xen 4.17 with 'xsm=flask'. Guests "
	     "labelled system_u:system_r:guest_STAKEHOLDER_t reach the vTPMs of this stakeholder, "
	     "vtpm_STAKEHOLDER_t, these the manager, vtpmmgr_t, and all of them dom0; nothing "
	     "else is connected, and dom0 builds domains of no other label. In labels, '_' stands "
	     "for '-'. No manager is needed.\n"
	     "  vtpmctl policy flask phone.json -o phone.te\n"
	     "  checkpolicy -t Xen -c 30 -o xenpolicy phone.te\n"
	     "  xl loadpolicy xenpolicy\n",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[FLASK_OUT] = {"output", 'o', "FILE",
			     "the policy's source to write; standard output if there is none",
			     false}},
     .fn = flask},
    {0},
};
