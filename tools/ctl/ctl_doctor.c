/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_doctor: what stands in the way on this machine, and what to do about each thing. */
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_coverage.h"
#include "tools/ctl/ctl_host.h"
#include "tools/ctl/ctl_output.h"

#include <stdio.h>

/* What is said, and how much of it is bad. */
struct report {
	struct json_object *json; /* NULL: as text */
	unsigned bad;
	unsigned notes;
};

static void add_json(struct report *r, const struct ctl_host_finding *f)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "item", json_object_new_string(f->item));
	json_object_object_add(o, "verdict",
			       json_object_new_string(ctl_host_verdict_name(f->verdict)));
	json_object_object_add(o, "text", json_object_new_string(f->text));
	if (f->action)
		json_object_object_add(o, "action", json_object_new_string(f->action));
	json_object_array_add(r->json, o);
}

static void add_text(const struct ctl_host_finding *f)
{
	static const char *const marks[] = {
	    [HOST_FINE] = "ok", [HOST_NOTE] = "note", [HOST_BAD] = "BAD"};

	if (f->verdict == HOST_FINE) {
		printf("%-5s %-16s %s\n", marks[f->verdict], f->item, f->text);
		return;
	}
	printf("%-5s ", marks[f->verdict]);
	ctl_output_gap(6, f->item, f->text, f->action);
}

static void add(struct report *r, const struct ctl_host_finding *f)
{
	r->bad += f->verdict == HOST_BAD;
	r->notes += f->verdict == HOST_NOTE;
	if (f->verdict == HOST_SILENT)
		return;
	if (r->json)
		add_json(r, f);
	else
		add_text(f);
}

/* Gaps in what is promised are not ailments, but should be known. */
static void add_coverage(struct report *r, const struct admin_status *s)
{
	struct ctl_coverage v;

	for (size_t i = 0; i < ctl_coverage_count(); i++) {
		if (!ctl_coverage_at(s, i, &v))
			continue;
		add(r, &(struct ctl_host_finding){.item = v.item,
						  .verdict = v.covered ? HOST_FINE : HOST_NOTE,
						  .text = v.text,
						  .action = v.action});
	}
}

static void ask_manager(struct ctl *c, struct report *r)
{
	struct ctl_host_finding manager = {"manager", HOST_FINE, "the manager answers", NULL};
	struct admin_reply reply;
	struct admin_status s;
	enum err e = ctl_client_call_empty(c, ADMIN_STATUS, "asking for the status", &reply);

	if (!e && admin_status_decode(reply.body, reply.body_len, &s))
		e = ctl_client_bad_reply(c, ERR_FORMAT);
	if (e) {
		manager.verdict = HOST_BAD;
		manager.text = c->message;
		manager.action = "systemctl enable --now vtpmmgr; then journalctl -u vtpmmgr";
	}
	add(r, &manager);
	if (!e)
		add_coverage(r, &s);
}

static enum err verdict(struct ctl *c, const struct report *r)
{
	if (!r->bad)
		return ERR_OK;
	return ctl_fail(c, ERR_IO, "%u of these %s be mended before all works here", r->bad,
			r->bad == 1 ? "is to" : "are to");
}

static enum err doctor(struct ctl *c, const struct ctl_args *a)
{
	struct report r = {.json = c->json ? json_object_new_array() : NULL};
	struct json_object *all;

	(void)a;
	for (size_t i = 0; i < ctl_host_count(); i++) {
		struct ctl_host_finding f = ctl_host_look("", i);

		add(&r, &f);
	}
	ask_manager(c, &r);
	if (!c->json) {
		if (r.notes)
			printf("\nA note says what is not covered here; all works without it.\n");
		return verdict(c, &r);
	}
	all = json_object_new_object();
	json_object_object_add(all, "healthy", json_object_new_boolean(r.bad == 0));
	json_object_object_add(all, "findings", r.json);
	return ctl_output_json(c, all);
}

const struct ctl_command ctl_doctor_commands[] = {
    {.name = "doctor",
     .args = "",
     .brief = "look for what is missing on this machine, and say what to do",
     .help = "Looks at the kernel, the TPM, the daemons, the policy file, libvirt, AppArmor, "
	     "SELinux and Xen, and asks the manager how it stands. Each line is \"ok\", \"note\" "
	     "(works, but should be known) or \"BAD\" (to be mended), the latter two with what to "
	     "do.\n"
	     "The exit code is 1 if anything is bad. With --json it is 0, and \"healthy\" says so.",
     .fn = doctor},
    {0},
};
