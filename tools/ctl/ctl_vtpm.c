/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_vtpm: the life of a vTPM. */
#include "lib/field.h"
#include "lib/uuid.h"
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_guest.h"
#include "tools/ctl/ctl_json.h"
#include "tools/ctl/ctl_output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_terms(const struct admin_vtpm *v)
{
	struct freshness next = freshness_effective(&v->promised, &v->asked);

	printf("freshness    %s\n", freshness_words(&v->in_force).s);
	if (!freshness_equal(&next, &v->in_force))
		printf("             %s, from its next start on\n", freshness_words(&next).s);
	if (freshness_weaker(&v->promised, &v->asked)) {
		printf("             the policy asks for less than was promised at creation: %s\n",
		       freshness_words(&v->asked).s);
		printf("             a promise stands: %s\n", freshness_words(&v->promised).s);
	}
}

static void print_wear(const struct keys_wear *w, const struct freshness *terms)
{
	char left[CTL_SPAN_TEXT];

	ctl_output_span(w->left, left);
	printf("wear         %u of %u commits of the day are used", w->used, w->budget);
	if (w->left == 0)
		printf("\n");
	else if (w->stalled)
		printf(": its guest is told to retry, for another %s\n", left);
	else if (w->fresh == FRESHNESS_SESSION && terms->fresh == FRESHNESS_STRICT)
		printf(": as of class session, for another %s\n", left);
	else
		printf(", which ends in %s\n", left);
}

static void print_vtpm(const struct admin_vtpm *v)
{
	char uuid[CTL_UUID_TEXT], created[CTL_TIME_TEXT], guest[CTL_WHO_TEXT];
	char used[CTL_SIZE_TEXT], quota[CTL_SIZE_TEXT];
	enum err last = err_from_wire(v->last_err);

	ctl_output_uuid(v->uuid, uuid);
	ctl_output_time(v->created, created);
	ctl_output_guest(&v->guest, guest);
	ctl_output_size(v->used, used);
	ctl_output_size(v->quota, quota);
	printf("name         %s\n", v->name);
	printf("stakeholder  %s\n", v->stakeholder);
	printf("uuid         %s\n", uuid);
	printf("class        %s\n", ctl_output_class(v->vtpm_class));
	printf("state        %s\n", ctl_output_state(v->state));
	if (last)
		printf("last error   %s: %s\n", err_name(last), err_text(last));
	if (v->restarts)
		printf("restarts     %u\n", v->restarts);
	printf("sealed to    the %s authority\n",
	       v->own_authority ? "stakeholder's own" : "platform");
	printf("anchored     version %llu of generation %u, %s of %s\n",
	       (unsigned long long)v->version, v->generation, used, quota);
	print_terms(v);
	if (v->wear_known)
		print_wear(&v->wear, &v->in_force);
	if (v->recovered)
		printf("recovered    an older state of it was put back once, by the authority's "
		       "signature\n");
	printf("guest        %s\n", guest);
	if (!field_is_zero(v->domain, UUID_SIZE))
		printf("domain       %s\n", uuid_format(v->domain).s);
	printf("created      %s\n", created);
	if (v->state == VTPM_RUNNING && v->path[0])
		printf("socket       %s\n", v->path);
}

static enum err output_vtpm(struct ctl *c, const struct admin_vtpm *v)
{
	if (c->json)
		return ctl_output_json(c, ctl_output_vtpm_json(v));
	print_vtpm(v);
	return ERR_OK;
}

/* create */

enum {
	CREATE_STAKEHOLDER,
	CREATE_MANDATORY,
	CREATE_QUOTA,
	CREATE_UID,
	CREATE_GID,
	CREATE_USER,
	CREATE_GUEST,
	CREATE_DOMAIN
};

/* No domain has the uuid zero, which would stand for none. */
static enum err choose_domain(struct ctl *c, const char *text, uint8_t out[UUID_SIZE])
{
	if (!text)
		return ERR_OK;
	if (uuid_parse(text, out) == ERR_OK && !field_is_zero(out, UUID_SIZE))
		return ERR_OK;
	return ctl_fail(c, ERR_ARG, "--domain: '%s' is no domain's uuid; see 'virsh domuuid'",
			text);
}

/* Into a field of NAME_MAX_LEN + 1. */
static enum err copy_name(struct ctl *c, const char *what, const char *name, char *out)
{
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_LEN || strchr(name, '/'))
		return ctl_fail(c, ERR_ARG, "%s must have 1 to %d characters and no '/', not '%s'",
				what, NAME_MAX_LEN, name);
	memcpy(out, name, n + 1);
	return ERR_OK;
}

static enum err gather_create(struct ctl *c, const struct ctl_args *a, struct admin_create *m)
{
	const struct ctl_guest guest = {.guest = a->opt[CREATE_GUEST],
					.user = a->opt[CREATE_USER],
					.uid = a->opt[CREATE_UID],
					.gid = a->opt[CREATE_GID]};
	enum err e = copy_name(c, "a vTPM's name", a->pos[0], m->name);

	m->vtpm_class = a->opt[CREATE_MANDATORY] ? VTPM_MANDATORY : VTPM_DISCRETIONARY;
	if (!e)
		e = copy_name(c, "a stakeholder", a->opt[CREATE_STAKEHOLDER], m->stakeholder);
	if (!e && a->opt[CREATE_QUOTA])
		e = ctl_args_quota(c, a->opt[CREATE_QUOTA], &m->quota);
	if (!e)
		e = ctl_guest_choose(c, &guest, &m->guest);
	if (!e)
		e = choose_domain(c, a->opt[CREATE_DOMAIN], m->domain);
	return e;
}

static enum err create(struct ctl *c, const struct ctl_args *a)
{
	struct admin_create m = {0};
	struct admin_reply reply;
	struct admin_vtpm v;
	uint8_t body[512];
	struct client_request rq = {.type = ADMIN_CREATE,
				    .doing = "creating the vTPM",
				    .body = body,
				    .timeout_ms = CTL_SLOW_MS};
	enum err e = gather_create(c, a, &m);

	if (e)
		return e;
	e = admin_create_encode(&m, body, sizeof(body), &rq.len);
	if (e)
		return ctl_fail(c, e, "cannot encode the request: %s", err_text(e));
	e = ctl_client_call(c, &rq, &reply);
	if (!e)
		e = ctl_client_vtpm(c, &reply, &v);
	return e ? e : output_vtpm(c, &v);
}

/* list, show, start, stop, suspend, resume */

/* The cells of one row that are not strings already. */
struct list_text {
	char name[CTL_UUID_TEXT];
	char version[24];
	char used[CTL_SIZE_TEXT];
};

/* One whose record is damaged has no name: its uuid says which it is. */
static const char *list_name(const struct admin_vtpm *v, struct list_text *t)
{
	if (v->name[0])
		return v->name;
	ctl_output_uuid(v->uuid, t->name);
	return t->name;
}

static void list_row(const void *items, size_t i, void *text, const char **cells)
{
	const struct admin_vtpm *v = (const struct admin_vtpm *)items + i;
	struct list_text *t = text;

	snprintf(t->version, sizeof(t->version), "%u.%llu", v->generation,
		 (unsigned long long)v->version);
	ctl_output_size(v->used, t->used);
	cells[0] = list_name(v, t);
	cells[1] = v->stakeholder;
	cells[2] = ctl_output_class(v->vtpm_class);
	cells[3] = ctl_output_state(v->state);
	cells[4] = freshness_class_name(v->in_force.fresh);
	cells[5] = t->version;
	cells[6] = t->used;
}

static const char *const list_head[] = {"NAME",      "STAKEHOLDER", "CLASS", "STATE",
					"FRESHNESS", "VERSION",     "USED"};
static const struct ctl_table list_table = {list_head, sizeof(list_head) / sizeof(list_head[0]),
					    sizeof(struct list_text), list_row};

static enum err list_json(struct ctl *c, const struct admin_vtpm *list, size_t n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *vtpms = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(vtpms, ctl_output_vtpm_json(&list[i]));
	json_object_object_add(o, "vtpms", vtpms);
	return ctl_output_json(c, o);
}

static enum err list(struct ctl *c, const struct ctl_args *a)
{
	struct admin_vtpm *vtpms;
	size_t n;
	enum err e = ctl_client_list(c, &vtpms, &n);

	(void)a;
	if (e)
		return e;
	e = c->json ? list_json(c, vtpms, n) : ctl_output_items(c, &list_table, vtpms, n);
	free(vtpms);
	return e;
}

static enum err show(struct ctl *c, const struct ctl_args *a)
{
	struct admin_vtpm v;
	enum err e = ctl_client_ask_vtpm(c, ADMIN_SHOW, "looking up", a->pos[0], &v);

	return e ? e : output_vtpm(c, &v);
}

/* What one vTPM is to do; it is shown once it has. */
static enum err change(struct ctl *c, enum admin_msg type, const char *doing, const char *name)
{
	struct admin_vtpm v;
	enum err e = ctl_client_ask_vtpm(c, type, doing, name, &v);

	return e ? e : output_vtpm(c, &v);
}

enum { START_DISCARD };

static enum err start(struct ctl *c, const struct ctl_args *a)
{
	return change(c, a->opt[START_DISCARD] ? ADMIN_START_DISCARD : ADMIN_START, "starting",
		      a->pos[0]);
}

static enum err stop(struct ctl *c, const struct ctl_args *a)
{
	return change(c, ADMIN_STOP, "stopping", a->pos[0]);
}

static enum err suspend(struct ctl *c, const struct ctl_args *a)
{
	return change(c, ADMIN_SUSPEND, "suspending", a->pos[0]);
}

static enum err resume(struct ctl *c, const struct ctl_args *a)
{
	return change(c, ADMIN_RESUME, "resuming", a->pos[0]);
}

/* destroy */

enum { DESTROY_YES };

/* ERR_OK only if the person typed the name. */
static enum err confirm(struct ctl *c, const char *name)
{
	char line[ADMIN_NAME_MAX + 2];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return ctl_fail(c, ERR_ARG,
				"destroying '%s' takes its keys away for ever; confirm with --yes",
				name);
	fprintf(stderr,
		"This destroys vTPM '%s' with every key in it, for ever.\n"
		"Type its name to go on: ",
		name);
	if (!fgets(line, sizeof(line), stdin))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, name) != 0)
		return ctl_fail(c, ERR_ARG, "not confirmed; nothing was destroyed");
	return ERR_OK;
}

static enum err destroy(struct ctl *c, const struct ctl_args *a)
{
	struct admin_reply reply;
	struct json_object *o;
	enum err e = a->opt[DESTROY_YES] ? ERR_OK : confirm(c, a->pos[0]);

	if (!e)
		e = ctl_client_call_name(c, ADMIN_DESTROY, "destroying", a->pos[0], &reply);
	if (e)
		return e;
	if (!c->json) {
		printf("destroyed %s\n", a->pos[0]);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "destroyed", ctl_json_new_text(a->pos[0]));
	return ctl_output_json(c, o);
}

/* env */

/* In single quotes for a shell. */
static void print_quoted(const char *s)
{
	putchar('\'');
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\'", stdout);
		putchar(*s);
	}
	putchar('\'');
}

static enum err env(struct ctl *c, const struct ctl_args *a)
{
	char tcti[sizeof(((struct admin_vtpm *)0)->path) + 16];
	struct admin_vtpm v;
	struct json_object *o;
	enum err e = ctl_client_ask_vtpm(c, ADMIN_SHOW, "looking up", a->pos[0], &v);

	if (e)
		return e;
	if (v.state != VTPM_RUNNING)
		return ctl_fail(c, ERR_STATE, "vTPM '%s' is %s; start it with 'vtpmctl %s %s'",
				v.name, ctl_output_state(v.state),
				v.state == VTPM_SUSPENDED ? "resume" : "start", a->pos[0]);
	snprintf(tcti, sizeof(tcti), "swtpm:path=%s", v.path);
	if (!c->json) {
		fputs("export TPM2TOOLS_TCTI=", stdout);
		print_quoted(tcti);
		putchar('\n');
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "TPM2TOOLS_TCTI", json_object_new_string(tcti));
	return ctl_output_json(c, o);
}

const struct ctl_command ctl_vtpm_commands[] = {
    {.name = "create",
     .args = "NAME --stakeholder ID [--mandatory] [--quota SIZE] "
	     "[--uid U --gid G | --user NAME | --guest GUEST] [--domain UUID]",
     .brief = "create a vTPM for a stakeholder",
     .help = "Creates a vTPM, stopped and empty. Its room in the store is reserved at once, so "
	     "a vTPM that could be created can always be written.\n"
	     "A mandatory vTPM can be stopped or destroyed by no local stakeholder. The guest "
	     "sockets belong to the user given with --user, or --uid and --gid; without either, "
	     "to you. Under a manager in a Xen domain, --guest xen:UUID says which domain may use "
	     "it. With --domain it is bound to a libvirt domain, which may start it: see "
	     "'vtpmctl help libvirt'.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[CREATE_STAKEHOLDER] = {"stakeholder", 0, "ID", "whose it is, as in the policy",
				      true},
	      [CREATE_MANDATORY] = {"mandatory", 0, NULL, "no local stakeholder may stop it",
				    false},
	      [CREATE_QUOTA] = {"quota", 0, "SIZE",
				"room for its state, 16K to 128K; default: the policy's", false},
	      [CREATE_UID] = {"uid", 0, "U", "numeric owner of the guest sockets", false},
	      [CREATE_GID] = {"gid", 0, "G", "numeric group of the guest sockets", false},
	      [CREATE_USER] = {"user", 0, "NAME", "owner of the guest sockets by name", false},
	      [CREATE_GUEST] = {"guest", 0, "GUEST",
				"xen:UUID of the Xen domain that may use it, or none", false},
	      [CREATE_DOMAIN] = {"domain", 0, "UUID", "of the only libvirt domain that may use it",
				 false}},
     .fn = create},
    {.name = "list",
     .args = "",
     .brief = "list the vTPMs that you may see",
     .help = "Prints one line a vTPM. FRESHNESS is the class in force, VERSION is "
	     "generation.version of the anchored state. What the policy does not let you see is "
	     "not there. 'vtpmctl show NAME' tells all about one, its uuid too.",
     .fn = list},
    {.name = "show",
     .args = "NAME",
     .brief = "show one vTPM",
     .help = "NAME is a vTPM's name, stakeholder/name, or uuid.",
     .min_pos = 1,
     .max_pos = 1,
     .fn = show},
    {.name = "start",
     .args = "NAME [--discard-suspended]",
     .brief = "start a vTPM and wait until it serves",
     .help = "Unseals the vTPM's secret, checks its state against the anchor, and starts its "
	     "worker. 'vtpmctl env NAME' then says how tpm2-tools reach it.\n"
	     "One that is suspended is resumed by 'vtpmctl resume', or started from what it keeps "
	     "when it loses power: PCRs, sessions and loaded keys are then gone for good.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[START_DISCARD] = {"discard-suspended", 0, NULL,
				 "if it is suspended, give up what it had in RAM", false}},
     .fn = start},
    {.name = "stop",
     .args = "NAME",
     .brief = "stop a vTPM and wait until it has stopped",
     .help = "Its persistent state is anchored already. For its guest this is a TPM that loses "
	     "power.",
     .min_pos = 1,
     .max_pos = 1,
     .fn = stop},
    {.name = "suspend",
     .args = "NAME",
     .brief = "stop a vTPM in such a way that it can go on where it was",
     .help = "What it has in RAM (PCRs, sessions, loaded keys) is encrypted and anchored with its "
	     "state, and its worker ends. If that cannot be done, because the store or the TPM "
	     "fails, or because it is over the vTPM's quota, it goes on running. For its guest "
	     "this is a TPM that does not answer; the guest is to be suspended first.",
     .min_pos = 1,
     .max_pos = 1,
     .fn = suspend},
    {.name = "resume",
     .args = "NAME",
     .brief = "let a suspended vTPM go on where it was, once",
     .help = "Waits until it serves. The suspended state cannot be resumed from again, whatever "
	     "happens to it then; its random numbers are others than they would have been.",
     .min_pos = 1,
     .max_pos = 1,
     .fn = resume},
    {.name = "destroy",
     .args = "NAME [--yes]",
     .brief = "destroy a vTPM and every key in it, for ever",
     .help = "The vTPM must be stopped. On a terminal you are asked to type its name; anywhere "
	     "else --yes is needed.",
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[DESTROY_YES] = {"yes", 'y', NULL, "do not ask", false}},
     .fn = destroy},
    {.name = "env",
     .args = "NAME",
     .brief = "print the line that points tpm2-tools to a vTPM",
     .help = "For a shell:\n"
	     "  eval \"$(vtpmctl env bank)\"\n"
	     "  tpm2_getrandom 8 --hex",
     .min_pos = 1,
     .max_pos = 1,
     .fn = env},
    {0},
};
