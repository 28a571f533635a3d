/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_recover: putting back a store that recovery refuses, with the authority's signature. */
#include "lib/hex.h"
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_file.h"
#include "tools/ctl/ctl_key.h"
#include "tools/ctl/ctl_output.h"
#include "tools/ctl/ctl_recovery_file.h"

#include <stdlib.h>
#include <string.h>

#define VTPM_CELLS 5

/* ---- what is asked for, in words ------------------------------------------------------------ */

struct row {
	char version[24];
	char guest[CTL_WHO_TEXT];
};

static const char *health(const struct admin_root_vtpm *v)
{
	if (!v->record_ok)
		return "record lost";
	return v->state_ok ? "complete" : "state lost";
}

static void vtpm_row(const void *items, size_t i, void *text, const char **cells)
{
	const struct ctl_recovery_root *r = items;
	const struct leaf *leaf = &r->root.leaves[i];
	struct row *row = text;

	snprintf(row->version, sizeof(row->version), "%llu", (unsigned long long)leaf->version);
	ctl_output_guest(&leaf->guest, row->guest);
	cells[0] = r->facts.vtpms[i].name;
	cells[1] = r->facts.vtpms[i].stakeholder;
	cells[2] = row->version;
	cells[3] = row->guest;
	cells[4] = health(&r->facts.vtpms[i]);
}

static enum err print_root(struct ctl *c, const struct ctl_recovery_root *r)
{
	static const char *const head[VTPM_CELLS] = {"NAME", "STAKEHOLDER", "VERSION", "GUEST",
						     "IN THE STORE"};
	static const struct ctl_table table = {head, VTPM_CELLS, sizeof(struct row), vtpm_row};
	char digest[2 * DIGEST_SIZE + 1];

	hex_encode(r->digest.b, DIGEST_SIZE, digest);
	printf("\nroot %llu, sha256 %s\n", (unsigned long long)r->root.seq, digest);
	printf("  %s\n", r->facts.was_current
			     ? "its successor in the store proves that it was current once"
			     : "nothing proves that it was ever current");
	printf("  its policy is %s\n", r->facts.policy_ok ? "there" : "not in the store");
	return ctl_output_items(c, &table, r, r->root.nleaves);
}

static enum err print_request(struct ctl *c, const struct ctl_recovery_request *q)
{
	char store[CTL_UUID_TEXT], anchor[2 * DIGEST_SIZE + 1];
	enum err e = ERR_OK;

	ctl_output_uuid(q->store, store);
	hex_encode(q->anchor.b, DIGEST_SIZE, anchor);
	printf("store   %s\nfound   %s: %s\nanchor  %s\n", store, finding_name(q->found),
	       finding_text(q->found), anchor);
	for (size_t i = 0; !e && i < q->nroots; i++)
		e = print_root(c, &q->roots[i]);
	return e;
}

/* ---- recover --request ---------------------------------------------------------------------- */

static enum err write_text(struct ctl *c, const char *path, char *text)
{
	enum err e = text ? ctl_file_write(c, path, text, strlen(text))
			  : ctl_fail(c, ERR_NO_MEMORY, "out of memory");

	free(text);
	return e;
}

/* What was written, for scripts. */
static enum err say_done(struct ctl *c, const char *done, const struct digest *root)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "done", json_object_new_string(done));
	if (root)
		json_object_object_add(o, "root", ctl_output_digest_json(root));
	return ctl_output_json(c, o);
}

static enum err inspect(struct ctl *c, struct ctl_recovery_request *out)
{
	struct admin_inspected *in = calloc(1, sizeof(*in));
	struct client_request rq = {.type = ADMIN_INSPECT,
				    .doing = "looking at what could be put back",
				    .timeout_ms = CTL_SLOW_MS};
	struct admin_reply reply;
	enum err e;

	if (!in)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	e = ctl_client_call(c, &rq, &reply);
	if (!e && (admin_inspected_decode(reply.body, reply.body_len, in) ||
		   ctl_recovery_request_of(in, out)))
		e = ctl_client_bad_reply(c, ERR_FORMAT);
	free(in);
	return e;
}

static enum err request(struct ctl *c, const char *path)
{
	struct ctl_recovery_request *q = calloc(1, sizeof(*q));
	enum err e;

	if (!q)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	e = inspect(c, q);
	if (!e)
		e = write_text(c, path, ctl_recovery_request_format(q));
	if (!e && c->json)
		e = say_done(c, "recovery request written", NULL);
	else if (!e)
		e = print_request(c, q);
	if (!e && !c->json)
		printf("\nNext, where the authority's key is: vtpmctl platform sign-recovery\n");
	free(q);
	return e;
}

/* ---- recover --approval --------------------------------------------------------------------- */

static enum err parse_approval(const char *text, size_t len, void *out, struct ctl_diag *diag)
{
	return ctl_recovery_approval_parse(text, len, out, diag);
}

static enum err read_approval(struct ctl *c, const char *path, struct ctl_recovery_approval *out)
{
	enum err e = ctl_file_parse(c, path, CTL_FILE_MAX, parse_approval, out);

	if (e)
		return e;
	e = recovery_verify(&out->recovery, &out->authority, &out->sig);
	return e ? ctl_fail(c, e, "%s: the signature does not fit what the file says", path)
		 : ERR_OK;
}

static enum err put_back(struct ctl *c, const char *path)
{
	struct ctl_recovery_approval a;
	struct admin_recover r;
	struct admin_reply reply;
	uint8_t body[256];
	struct client_request rq = {.type = ADMIN_RECOVER,
				    .doing = "putting the store back",
				    .body = body,
				    .timeout_ms = CTL_SLOW_MS};
	enum err e = read_approval(c, path, &a);

	if (e)
		return e;
	r = (struct admin_recover){.recovery = a.recovery, .sig = a.sig};
	e = admin_recover_encode(&r, body, sizeof(body), &rq.len);
	if (e)
		return ctl_fail(c, e, "cannot encode the request: %s", err_text(e));
	e = ctl_client_call(c, &rq, &reply);
	if (e)
		return e;
	if (c->json)
		return say_done(c, "store put back", &a.recovery.root);
	printf("the store was put back, and is open; status and show say so from now on\n");
	return ERR_OK;
}

enum { RECOVER_REQUEST, RECOVER_APPROVAL };

static enum err recover(struct ctl *c, const struct ctl_args *a)
{
	if (!a->opt[RECOVER_REQUEST] == !a->opt[RECOVER_APPROVAL])
		return ctl_fail(c, ERR_ARG, "'recover' needs one of --request and --approval");
	return a->opt[RECOVER_REQUEST] ? request(c, a->opt[RECOVER_REQUEST])
				       : put_back(c, a->opt[RECOVER_APPROVAL]);
}

/* ---- platform sign-recovery ----------------------------------------------------------------- */

enum { SIGN_KEY, SIGN_ROOT, SIGN_OUT };

static enum err parse_request(const char *text, size_t len, void *out, struct ctl_diag *diag)
{
	return ctl_recovery_request_parse(text, len, out, diag);
}

/* The one of this number, or (NULL) the newest; NULL: there is none. */
static const struct ctl_recovery_root *choose(const struct ctl_recovery_request *q,
					      const uint64_t *seq)
{
	const struct ctl_recovery_root *found = NULL;

	for (size_t i = 0; i < q->nroots; i++) {
		const struct ctl_recovery_root *r = &q->roots[i];

		if (seq ? r->root.seq == *seq : !found || r->root.seq > found->root.seq)
			found = r;
	}
	return found;
}

/* Signs, and checks with the device's own code that what was signed will be accepted. */
static enum err sign(struct ctl *c, const char *path, struct ctl_recovery_approval *a)
{
	struct ctl_key *key;
	struct digest digest;
	enum err e = ctl_key_read_private(c, path, &key);

	if (e)
		return e;
	a->authority = *ctl_key_point(key);
	e = recovery_digest(&a->recovery, &digest);
	if (!e)
		e = ctl_key_sign(key, &digest, &a->sig);
	if (!e)
		e = recovery_verify(&a->recovery, &a->authority, &a->sig);
	ctl_key_free(key);
	return e ? ctl_fail(c, e, "cannot sign with %s: %s", path, err_text(e)) : ERR_OK;
}

static enum err approve(struct ctl *c, const struct ctl_args *a,
			const struct ctl_recovery_request *q)
{
	struct ctl_recovery_approval f = {.recovery.anchor = q->anchor};
	const char *wanted = a->opt[SIGN_ROOT];
	const struct ctl_recovery_root *r;
	uint64_t seq = 0;
	enum err e = wanted ? ctl_args_number(c, "--root", wanted, UINT64_MAX, &seq) : ERR_OK;

	if (e)
		return e;
	r = choose(q, wanted ? &seq : NULL);
	if (!r)
		return ctl_fail(c, ERR_NOT_FOUND, "the request has no root %llu",
				(unsigned long long)seq);
	memcpy(f.recovery.store, q->store, UUID_SIZE);
	f.recovery.root = r->digest;
	e = sign(c, a->opt[SIGN_KEY], &f);
	if (!e)
		e = write_text(c, a->opt[SIGN_OUT], ctl_recovery_approval_format(&f));
	if (e)
		return e;
	if (c->json)
		return say_done(c, "recovery approved", &f.recovery.root);
	e = print_request(c, q);
	printf("\nsigned: root %llu may be put back, once. What was done after it is lost.\n",
	       (unsigned long long)r->root.seq);
	return e;
}

static enum err sign_recovery(struct ctl *c, const struct ctl_args *a)
{
	struct ctl_recovery_request *q = calloc(1, sizeof(*q));
	enum err e;

	if (!q)
		return ctl_fail(c, ERR_NO_MEMORY, "out of memory");
	e = ctl_file_parse(c, a->pos[0], CTL_RECOVERY_MAX, parse_request, q);
	if (!e)
		e = approve(c, a, q);
	free(q);
	return e;
}

static const char recover_help[] =
    "Puts back an older store that the manager refuses to open, because the physical TPM vouches "
    "for none of its root records: the newest store is lost, or the TPM's anchor is.\n"
    "First --request writes what could be put back. The platform authority looks at that and signs "
    "for one root record ('platform sign-recovery'). Then --approval puts that one back: its vTPMs "
    "have the states that it names, and whatever they did afterwards is undone for them. The "
    "signature is good for this one time. That it was done stays visible in 'status' and 'show'.\n"
    "Where the root key cannot be unsealed (another TPM, or a cleared one) nothing can bring the "
    "vTPMs back, by design.";

static const char sign_help[] =
    "Shows what a device asks to put back, and signs for it with the authority's key. Run it where "
    "that key is kept, not on the device. What is shown of a root record is read from the bytes "
    "that are signed; the names of vTPMs are as the device says.\n"
    "Whoever signs lets these vTPMs repeat what they did since: counters go back, and used "
    "one-time secrets are fresh again. Find out first why the newest store is not there.";

const struct ctl_command ctl_recover_commands[] = {
    {.name = "recover",
     .args = "--request FILE | --approval FILE",
     .brief = "put back an older store, with the authority's signature",
     .help = recover_help,
     .opts = {[RECOVER_REQUEST] = {"request", 0, "FILE", "write there what could be put back",
				   false},
	      [RECOVER_APPROVAL] = {"approval", 0, "FILE", "what the authority has signed", false}},
     .fn = recover},
    {.name = "platform sign-recovery",
     .args = "--key FILE [--root N] -o FILE REQUEST",
     .brief = "allow an older store to be put back (off the device)",
     .help = sign_help,
     .min_pos = 1,
     .max_pos = 1,
     .opts = {[SIGN_KEY] = {"key", 0, "FILE", "the authority's private key, PEM", true},
	      [SIGN_ROOT] = {"root", 0, "N", "which root record; default: the newest", false},
	      [SIGN_OUT] = {"output", 'o', "FILE", "write the approval there", true}},
     .fn = sign_recovery},
    {0},
};
