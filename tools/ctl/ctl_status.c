/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_status: how the platform stands, in words. */
#include "lib/hex.h"
#include "lib/pcrs.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_coverage.h"
#include "tools/ctl/ctl_output.h"

static struct json_object *keys_json(const struct admin_status *s)
{
	const struct keys_status *k = &s->keys;
	const struct {
		const char *name;
		bool value;
	} flags[] = {
	    {"up", s->keys_up},        {"provisioned", k->provisioned},
	    {"open", k->open},         {"clear_disabled", k->clear_disabled},
	    {"measured", k->measured}, {"pinned", k->pinned},
	    {"stalled", k->stalled},
	};
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
	    {"root_seq", k->seq},
	    {"version", k->version},
	    {"min_version", k->min_version},
	    {"ptpm_commands", k->ptpm_commands},
	    {"extends", k->extends},
	    {"states", k->states},
	};
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		json_object_object_add(o, flags[i].name, json_object_new_boolean(flags[i].value));
	json_object_object_add(
	    o, "hierarchy",
	    k->hierarchy ? json_object_new_string(ctl_output_hierarchy(k->hierarchy)) : NULL);
	json_object_object_add(o, "last_error",
			       json_object_new_string(err_name(err_from_wire(k->last_err))));
	json_object_object_add(o, "found", json_object_new_string(finding_name(k->found)));
	json_object_object_add(o, "differing", ctl_output_pcrs_json(k->differing));
	json_object_object_add(o, "recovered", json_object_new_boolean(k->recovered));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_object_add(o, numbers[i].name,
				       json_object_new_uint64(numbers[i].value));
	return o;
}

static struct json_object *coverage_json(const struct admin_status *s)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ctl_coverage_count(); i++) {
		struct ctl_coverage v;
		struct json_object *o;

		if (!ctl_coverage_at(s, i, &v))
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "item", json_object_new_string(v.item));
		json_object_object_add(o, "covered", json_object_new_boolean(v.covered));
		json_object_object_add(o, "text", json_object_new_string(v.text));
		if (v.action)
			json_object_object_add(o, "action", json_object_new_string(v.action));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *store_json(const struct admin_status *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "failing", json_object_new_boolean(s->store_failing));
	if (!s->full)
		return o;
	json_object_object_add(o, "size", json_object_new_uint64(s->store_size));
	json_object_object_add(o, "free", json_object_new_uint64(s->store_free));
	json_object_object_add(o, "fsyncs", json_object_new_uint64(s->fsyncs));
	return o;
}

static struct json_object *status_json(const struct admin_status *s)
{
	struct json_object *o = json_object_new_object();
	struct json_object *policy = json_object_new_object();

	json_object_object_add(o, "keys", keys_json(s));
	json_object_object_add(o, "store", store_json(s));
	json_object_object_add(o, "full", json_object_new_boolean(s->full));
	if (s->full) {
		json_object_object_add(policy, "name", json_object_new_string(s->policy_name));
		json_object_object_add(policy, "sha256", ctl_output_digest_json(&s->policy));
		json_object_object_add(o, "policy", policy);
		json_object_object_add(o, "vtpms", json_object_new_int(s->vtpms));
		json_object_object_add(o, "running", json_object_new_int(s->running));
		json_object_object_add(o, "suspended", json_object_new_int(s->suspended));
		json_object_object_add(o, "degraded", json_object_new_int(s->keys.degraded));
		json_object_object_add(o, "exhausted", json_object_new_int(s->keys.exhausted));
	} else {
		json_object_put(policy);
	}
	if (s->isolation)
		json_object_object_add(
		    o, "isolation",
		    json_object_new_string(isolation_name((enum isolation)s->isolation)));
	json_object_object_add(o, "coverage", coverage_json(s));
	return o;
}

static const char *platform_word(const struct admin_status *s)
{
	if (!s->keys_up)
		return "no key keeper";
	if (!s->keys.provisioned)
		return "not initialised";
	if (!s->keys.open)
		return "closed";
	return s->keys.stalled ? "open, but stalled" : "open";
}

static void print_found(const struct keys_status *k)
{
	char which[PCRS_TEXT_MAX];

	pcrs_text(k->differing, which);
	printf("found        %s: %s%s%s\n", finding_name(k->found), finding_text(k->found),
	       which[0] ? ": " : "", which);
}

static void print_platform(const struct admin_status *s)
{
	const struct keys_status *k = &s->keys;

	printf("platform     %s\n", platform_word(s));
	if (k->last_err)
		printf("last error   %s: %s\n", err_name(err_from_wire(k->last_err)),
		       err_text(err_from_wire(k->last_err)));
	if (k->found)
		print_found(k);
	if (!k->provisioned)
		return;
	printf("hierarchy    %s, clearing the TPM is %s\n", ctl_output_hierarchy(k->hierarchy),
	       k->clear_disabled ? "disabled" : "possible");
	if (k->recovered)
		printf("recovered    an older store was put back once, by the authority's "
		       "signature\n");
	printf("version      %llu, minimum accepted %llu\n", (unsigned long long)k->version,
	       (unsigned long long)k->min_version);
	printf("anchor       root record %llu; since start %llu states in %llu extends, "
	       "%llu TPM commands\n",
	       (unsigned long long)k->seq, (unsigned long long)k->states,
	       (unsigned long long)k->extends, (unsigned long long)k->ptpm_commands);
}

static void print_host(const struct admin_status *s)
{
	char size[CTL_SIZE_TEXT];
	char unused[CTL_SIZE_TEXT];
	char digest[2 * DIGEST_SIZE + 1];

	if (!s->full) {
		printf("(figures of the whole host are shown to who may administer it)\n");
		return;
	}
	ctl_output_size(s->store_size, size);
	ctl_output_size(s->store_free, unused);
	hex_encode(s->policy.b, DIGEST_SIZE, digest);
	printf("store        %s, %s free, %llu syncs since start\n", size, unused,
	       (unsigned long long)s->fsyncs);
	printf("policy       %s, sha256 %s\n", s->policy_name, digest);
	printf("vTPMs        %u, %u of them running, %u suspended\n", s->vtpms, s->running,
	       s->suspended);
	if (s->keys.degraded || s->keys.exhausted)
		printf("budgets      used up for today: %u of class session until then, %u told to "
		       "retry\n",
		       s->keys.degraded, s->keys.exhausted);
}

/* A line for each thing that is covered; for one that is not, what that means and what to do. */
static void print_item(const struct ctl_coverage *v)
{
	printf("  ");
	if (v->covered)
		printf("%-12s %s\n", v->item, v->text);
	else
		ctl_output_gap(6, v->item, v->text, v->action);
}

static void print_coverage(const struct admin_status *s, bool covered, const char *title)
{
	bool first = true;

	for (size_t i = 0; i < ctl_coverage_count(); i++) {
		struct ctl_coverage v;

		if (!ctl_coverage_at(s, i, &v) || v.covered != covered)
			continue;
		if (first)
			printf("\n%s\n", title);
		first = false;
		print_item(&v);
	}
}

static enum err status(struct ctl *c, const struct ctl_args *a)
{
	struct admin_reply reply;
	struct admin_status s;
	enum err e = ctl_client_call_empty(c, ADMIN_STATUS, "asking for the status", &reply);

	(void)a;
	if (e)
		return e;
	e = admin_status_decode(reply.body, reply.body_len, &s);
	if (e)
		return ctl_client_bad_reply(c, e);
	if (c->json)
		return ctl_output_json(c, status_json(&s));
	print_platform(&s);
	print_host(&s);
	print_coverage(&s, true, "Covered:");
	print_coverage(&s, false, "Not covered:");
	return ERR_OK;
}

const struct ctl_command ctl_status_commands[] = {
    {.name = "status",
     .args = "",
     .brief = "say what is measured, anchored and covered, and what is not",
     .help = "Shows how the platform stands: whether the store is bound to the TPM and open, in "
	     "which hierarchy the root key lies, whether states are being anchored. Then what is "
	     "covered on this machine, and for each thing that is not, what that means and what "
	     "to do about it.\n"
	     "The exit code is 0 whenever the manager answered; scripts should read --json, "
	     "where every item has \"covered\": true or false.",
     .fn = status},
    {0},
};
