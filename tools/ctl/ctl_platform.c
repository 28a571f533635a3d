/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_platform: approving what the platform runs, and binding the store to its TPM. */
#include "lib/approval.h"
#include "tools/ctl/ctl_approval_file.h"
#include "tools/ctl/ctl_args.h"
#include "tools/ctl/ctl_client.h"
#include "tools/ctl/ctl_file.h"
#include "tools/ctl/ctl_key.h"
#include "tools/ctl/ctl_output.h"
#include "tools/ctl/ctl_pcr_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PCRS "0-9,15"

static enum err write_and_free(struct ctl *c, const char *path, char *text)
{
	enum err e = text ? ctl_file_write(c, path, text, strlen(text))
			  : ctl_fail(c, ERR_NO_MEMORY, "out of memory");

	free(text);
	return e;
}

/* A word about what comes next, where a person is looking. */
static void hint(const struct ctl *c, const char *text)
{
	if (!c->json && isatty(STDERR_FILENO))
		fprintf(stderr, "%s\n", text);
}

/* platform pcrs */

enum { PCRS_LIST, PCRS_OUT };

/* 0 where the store is not initialised, or the status is not the caller's to see. */
static uint8_t current_hierarchy(struct ctl *c)
{
	struct admin_reply reply;
	struct admin_status s;

	if (ctl_client_call_empty(c, ADMIN_STATUS, "asking for the status", &reply) ||
	    admin_status_decode(reply.body, reply.body_len, &s))
		return 0;
	return s.keys.provisioned ? s.keys.hierarchy : 0;
}

static enum err platform_pcrs(struct ctl *c, const struct ctl_args *a)
{
	const char *list = a->opt[PCRS_LIST] ? a->opt[PCRS_LIST] : DEFAULT_PCRS;
	struct ctl_pcr_file f = {0};
	struct admin_reply reply;
	uint8_t body[4];
	struct client_request rq = {.type = ADMIN_PCRS,
				    .doing = "reading the PCRs",
				    .body = body,
				    .timeout_ms = CTL_QUICK_MS};
	uint32_t mask;
	enum err e = ctl_args_pcrs(c, list, &mask);

	if (!e)
		e = admin_mask_encode(mask, body, sizeof(body), &rq.len);
	if (!e)
		e = ctl_client_call(c, &rq, &reply);
	if (e)
		return e;
	e = keys_pcrs_decode(reply.body, reply.body_len, &f.pcrs);
	if (e || f.pcrs.mask != mask)
		return ctl_client_bad_reply(c, ERR_FORMAT);
	f.hierarchy = current_hierarchy(c);
	e = write_and_free(c, a->opt[PCRS_OUT], ctl_pcr_file_format(&f));
	if (!e)
		hint(c, "Next, where the authority's key is: vtpmctl platform sign-pcrs");
	return e;
}

/* platform sign-pcrs */

enum { SIGN_KEY, SIGN_PCRS, SIGN_VERSION, SIGN_HIERARCHY, SIGN_OUT };

static enum err parse_pcr_file(const char *text, size_t len, void *out, struct ctl_diag *diag)
{
	return ctl_pcr_file_parse(text, len, out, diag);
}

/* What the option says, else what the PCR file says, else the platform hierarchy. */
static enum err choose_hierarchy(struct ctl *c, const char *option, uint8_t in_file,
				 enum hierarchy *out)
{
	if (!option) {
		*out = in_file ? (enum hierarchy)in_file : HIERARCHY_PLATFORM;
		return ERR_OK;
	}
	if (ctl_hierarchy_parse(option, out))
		return ctl_fail(c, ERR_ARG, "--hierarchy must be platform or owner, not '%s'",
				option);
	return ERR_OK;
}

/* Everything but the signature. */
static enum err gather(struct ctl *c, const struct ctl_args *a, struct ctl_approval_file *f)
{
	struct ctl_pcr_file pcrs;
	enum err e = ctl_args_number(c, "--version", a->opt[SIGN_VERSION], CTL_JSON_NUMBER_MAX,
				     &f->approval.version);

	if (!e)
		e = ctl_file_parse(c, a->opt[SIGN_PCRS], CTL_FILE_MAX, parse_pcr_file, &pcrs);
	if (!e)
		e = choose_hierarchy(c, a->opt[SIGN_HIERARCHY], pcrs.hierarchy, &f->hierarchy);
	if (e)
		return e;
	f->approval.pcrs = pcrs.pcrs.mask;
	f->values = pcrs.pcrs;
	e = ctl_pcr_file_digest(&pcrs.pcrs, &f->approval.pcr_digest);
	return e ? ctl_fail(c, e, "cannot hash the PCR values: %s", err_text(e)) : ERR_OK;
}

/* Signs, and checks with the device's own code that what was signed will be accepted. */
static enum err sign_with(const struct ctl_key *key, struct ctl_approval_file *f)
{
	struct digest digest;
	enum err e = approval_digest(&f->approval, f->hierarchy, &digest);

	f->authority = *ctl_key_point(key);
	if (!e)
		e = ctl_key_sign(key, &digest, &f->approval.sig);
	if (!e)
		e = approval_verify(&f->approval, f->hierarchy, &f->authority);
	return e;
}

static enum err platform_sign_pcrs(struct ctl *c, const struct ctl_args *a)
{
	struct ctl_approval_file f = {0};
	struct ctl_key *key;
	enum err e = gather(c, a, &f);

	if (!e)
		e = ctl_key_read_private(c, a->opt[SIGN_KEY], &key);
	if (e)
		return e;
	e = sign_with(key, &f);
	ctl_key_free(key);
	if (e)
		return ctl_fail(c, e, "cannot sign with %s: %s", a->opt[SIGN_KEY], err_text(e));
	return write_and_free(c, a->opt[SIGN_OUT], ctl_approval_file_format(&f));
}

/* platform init, platform update */

static enum err parse_approval(const char *text, size_t len, void *out, struct ctl_diag *diag)
{
	return ctl_approval_file_parse(text, len, out, diag);
}

/* Reads an approval and checks its signature, to say early what the key keeper would say late. */
static enum err read_approval(struct ctl *c, const char *path, struct ctl_approval_file *out)
{
	struct ctl_where where = {.file = path};
	enum err e = ctl_file_parse(c, path, CTL_FILE_MAX, parse_approval, out);

	if (e)
		return e;
	e = approval_verify(&out->approval, out->hierarchy, &out->authority);
	if (e)
		return ctl_fail_at(c, e, &where,
				   "the signature does not fit what the file says: it was changed "
				   "after signing. Sign again with 'vtpmctl platform sign-pcrs'");
	return ERR_OK;
}

static enum err report_done(struct ctl *c, const char *what, const struct ctl_approval_file *f)
{
	struct json_object *o;

	if (!c->json) {
		printf("%s: version %llu, %s hierarchy\n", what,
		       (unsigned long long)f->approval.version, ctl_output_hierarchy(f->hierarchy));
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "done", json_object_new_string(what));
	json_object_object_add(o, "version", json_object_new_uint64(f->approval.version));
	json_object_object_add(o, "hierarchy",
			       json_object_new_string(ctl_output_hierarchy(f->hierarchy)));
	return ctl_output_json(c, o);
}

enum { INIT_AUTHORITY, INIT_APPROVAL, INIT_ALLOW_OWNER };

static enum err gather_init(struct ctl *c, const struct ctl_args *a, struct ctl_approval_file *f,
			    struct admin_init *init)
{
	struct ctl_where where = {.file = a->opt[INIT_APPROVAL]};
	enum err e = ctl_key_read_public(c, a->opt[INIT_AUTHORITY], &init->authority);

	if (!e)
		e = read_approval(c, a->opt[INIT_APPROVAL], f);
	if (e)
		return e;
	if (memcmp(&init->authority, &f->authority, sizeof(f->authority)) != 0)
		return ctl_fail_at(c, ERR_SIGNATURE, &where,
				   "signed by another key than the authority %s",
				   a->opt[INIT_AUTHORITY]);
	init->approval = f->approval;
	init->allow_owner_hierarchy = a->opt[INIT_ALLOW_OWNER] != NULL;
	if (f->hierarchy == HIERARCHY_OWNER && !init->allow_owner_hierarchy)
		return ctl_fail(
		    c, ERR_ARG,
		    "%s is signed for the owner hierarchy, where the TPM's owner can "
		    "destroy what is sealed; say --allow-owner-hierarchy to accept that",
		    where.file);
	return ERR_OK;
}

static enum err platform_init(struct ctl *c, const struct ctl_args *a)
{
	struct ctl_approval_file f;
	struct admin_init init = {0};
	struct admin_reply reply;
	uint8_t body[1024];
	struct client_request rq = {.type = ADMIN_INIT,
				    .doing = "initialising the platform",
				    .body = body,
				    .timeout_ms = CTL_SLOW_MS};
	enum err e = gather_init(c, a, &f, &init);

	if (e)
		return e;
	e = admin_init_encode(&init, body, sizeof(body), &rq.len);
	if (e)
		return ctl_fail(c, e, "cannot encode the request: %s", err_text(e));
	e = ctl_client_call(c, &rq, &reply);
	return e ? e : report_done(c, "platform initialised", &f);
}

enum { UPDATE_VTPM, UPDATE_APPROVAL };

static enum err platform_update(struct ctl *c, const struct ctl_args *a)
{
	const char *name = a->opt[UPDATE_VTPM] ? a->opt[UPDATE_VTPM] : "";
	struct ctl_approval_file f;
	struct admin_update update = {0};
	struct admin_reply reply;
	uint8_t body[1024];
	struct client_request rq = {.type = ADMIN_UPDATE,
				    .doing = "storing the approval",
				    .body = body,
				    .timeout_ms = CTL_SLOW_MS};
	enum err e;

	if (strlen(name) > ADMIN_NAME_MAX || (a->opt[UPDATE_VTPM] && !name[0]))
		return ctl_fail(c, ERR_ARG, "a name has 1 to %d characters", ADMIN_NAME_MAX);
	e = read_approval(c, a->opt[UPDATE_APPROVAL], &f);
	if (e)
		return e;
	memcpy(update.name, name, strlen(name) + 1);
	update.approval = f.approval;
	e = admin_update_encode(&update, body, sizeof(body), &rq.len);
	if (e)
		return ctl_fail(c, e, "cannot encode the request: %s", err_text(e));
	e = ctl_client_call(c, &rq, &reply);
	return e ? e : report_done(c, "approval stored", &f);
}

/* platform revoke-older */

static enum err platform_revoke_older(struct ctl *c, const struct ctl_args *a)
{
	struct client_request rq = {.type = ADMIN_REVOKE,
				    .doing = "raising the minimum version",
				    .timeout_ms = CTL_SLOW_MS};
	struct admin_reply reply;
	struct admin_status s;
	struct json_object *o;
	enum err e;

	(void)a;
	e = ctl_client_call(c, &rq, &reply);
	if (!e)
		e = ctl_client_call_empty(c, ADMIN_STATUS, "asking for the status", &reply);
	if (e)
		return e;
	e = admin_status_decode(reply.body, reply.body_len, &s);
	if (e)
		return ctl_client_bad_reply(c, e);
	if (!c->json) {
		printf("older managers are shut out: the minimum version is %llu\n",
		       (unsigned long long)s.keys.min_version);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "done", json_object_new_string("older managers shut out"));
	json_object_object_add(o, "min_version", json_object_new_uint64(s.keys.min_version));
	return ctl_output_json(c, o);
}

static const char pcrs_help[] =
    "Reads the present values of the physical TPM's PCRs (SHA-256 bank) through the "
    "manager and writes them as a PCR file, for the authority to approve with "
    "'platform sign-pcrs'.\n"
    "Without --pcrs, PCRs " DEFAULT_PCRS " are read: the firmware's, those of GRUB and of "
    "Linux' EFI stub for kernel, command line and initrd (8 and 9), and the one that the "
    "manager extends with the digests of its own programs and policy. Another boot loader "
    "may use others.\n"
    "Read values from a machine that you know to be good. For a fleet, values can as "
    "well be computed from the images and the file be written by hand.";

static const char sign_help[] =
    "Signs PCR values and a version: what may unseal the root key. Run it where the "
    "authority's key is kept, not on the device; no manager is needed.\n"
    "--version is the version of the manager that is approved. Once a device has recorded "
    "a higher minimum version, this approval is worth nothing there: that is how an old "
    "manager with a known hole is shut out.\n"
    "Make the authority's key with OpenSSL:\n"
    "  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \\\n"
    "      -aes256 -out authority.pem\n"
    "  openssl pkey -in authority.pem -pubout -out authority.pub.pem\n"
    "('openssl ecparam -name prime256v1 -genkey -noout' does as well.) Only "
    "authority.pub.pem goes to the device.";

static const char init_help[] =
    "Seals a new root key to the physical TPM under the authority's approval, defines "
    "the anchor, and makes the store ready for vTPMs. Done once in a device's life.\n"
    "The approval must fit the PCRs as they are now. Where the TPM's platform hierarchy "
    "can no longer be used (most PCs: the firmware has locked it), the owner hierarchy "
    "is used instead if --allow-owner-hierarchy is given and the approval was signed "
    "with --hierarchy owner. 'vtpmctl status' then says what the TPM's owner can do.";

static const char update_help[] =
    "Stores one more approval beside those that are there, before software is updated: "
    "after the reboot the new PCR values are approved already, and nothing is lost. It works "
    "as well while the store is closed because of other values, and then opens it. vtpmctl(1) "
    "says how an approval is made ahead, under UPDATING WHAT IS MEASURED.\n"
    "With --vtpm, the approval is by the stakeholder's own authority, for a vTPM whose "
    "secret is sealed under that.";

static const char revoke_help[] =
    "Raises the minimum version that the physical TPM holds to the running manager's own (see "
    "'vtpmctl status'). From then on the TPM refuses every approval for an older version, for "
    "good: an old manager with a known hole cannot be put back, whoever holds the disk.\n"
    "Refused unless the present PCRs are approved for this version, for the next start would "
    "fail then. A vTPM under its stakeholder's own authority needs an approval by that for this "
    "version too ('platform update --vtpm'); until it has one it does not start.";

const struct ctl_command ctl_platform_commands[] = {
    {.name = "platform pcrs",
     .args = "[--pcrs LIST] [-o FILE]",
     .brief = "write the TPM's present PCR values as a PCR file",
     .help = pcrs_help,
     .opts = {[PCRS_LIST] = {"pcrs", 0, "LIST", "which PCRs; default " DEFAULT_PCRS, false},
	      [PCRS_OUT] = {"output", 'o', "FILE", "write there, not to standard output", false}},
     .fn = platform_pcrs},
    {.name = "platform sign-pcrs",
     .args = "--key FILE --pcrs FILE --version N [--hierarchy H] [-o FILE]",
     .brief = "approve PCR values with the authority's key (off the device)",
     .help = sign_help,
     .opts = {[SIGN_KEY] = {"key", 0, "FILE", "the authority's private key, PEM", true},
	      [SIGN_PCRS] = {"pcrs", 0, "FILE", "the PCR file", true},
	      [SIGN_VERSION] = {"version", 0, "N", "the version that is approved", true},
	      [SIGN_HIERARCHY] = {"hierarchy", 0, "H",
				  "platform or owner; default: what the PCR file says, else "
				  "platform",
				  false},
	      [SIGN_OUT] = {"output", 'o', "FILE", "write there, not to standard output", false}},
     .fn = platform_sign_pcrs},
    {.name = "platform init",
     .args = "--authority FILE --approval FILE [--allow-owner-hierarchy]",
     .brief = "bind the store to this machine's TPM, once",
     .help = init_help,
     .opts = {[INIT_AUTHORITY] = {"authority", 0, "FILE", "the authority's public key, PEM", true},
	      [INIT_APPROVAL] = {"approval", 0, "FILE", "its first approval", true},
	      [INIT_ALLOW_OWNER] = {"allow-owner-hierarchy", 0, NULL,
				    "accept a TPM whose platform hierarchy is locked", false}},
     .fn = platform_init},
    {.name = "platform update",
     .args = "[--vtpm NAME] --approval FILE",
     .brief = "store an approval of the next software, before updating",
     .help = update_help,
     .opts = {[UPDATE_VTPM] = {"vtpm", 0, "NAME", "the vTPM whose own authority approves", false},
	      [UPDATE_APPROVAL] = {"approval", 0, "FILE", "the approval to store", true}},
     .fn = platform_update},
    {.name = "platform revoke-older",
     .args = "",
     .brief = "shut out every manager older than the running one, for good",
     .help = revoke_help,
     .fn = platform_revoke_older},
    {0},
};
