/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/hook/hook_vtpm.h"

#include "config.h"
#include "lib/rbuf.h"
#include "lib/uuid.h"
#include "tools/client/domain.h"
#include "tools/client/xl_call.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MS 50000

/* ---- what the domain must be like ----------------------------------------------------------- */

static enum err check_xen(struct client *c, const struct hook_domain *d, const struct admin_vtpm *v)
{
	if (d->tpms > 0)
		snprintf(c->message, sizeof(c->message),
			 "libxl ignores <tpm>: take the element out, the metadata is enough");
	else if (v->guest.kind != GUEST_XEN || !uuid_equal(v->guest.id, d->uuid))
		snprintf(c->message, sizeof(c->message),
			 "vTPM %s is not served to this Xen domain: it must be created with "
			 "--guest xen:%s",
			 v->name, uuid_format(d->uuid).s);
	else
		return ERR_OK;
	return ERR_ARG;
}

static enum err check_tpm(struct client *c, const struct hook_domain *d, const struct admin_vtpm *v)
{
	if (d->xen)
		return check_xen(c, d, v);
	if (d->tpms == 1 && strcmp(d->socket, domain_control(v).s) == 0)
		return ERR_OK;
	snprintf(
	    c->message, sizeof(c->message),
	    "its metadata names vTPM %s, and its <tpm> is another one; in <devices> it needs\n%s",
	    v->name, domain_tpm(v, 2).s);
	return ERR_ARG;
}

/* As the manager gives the sockets away: a user's private group gets no access. */
static bool may_connect(const struct guest *g, uid_t uid, gid_t gid)
{
	uid_t owner;
	gid_t group;
	struct rbuf r;

	if (g->kind != GUEST_UNIX)
		return false;
	rbuf_init(&r, g->id, sizeof(g->id));
	owner = rbuf_u32(&r);
	group = rbuf_u32(&r);
	return uid == owner || (group != owner && gid == group);
}

/* Where a label or another libvirt says who QEMU runs as, QEMU will find out by itself. */
static enum err check_owner(struct client *c, const struct hook_domain *d,
			    const struct admin_vtpm *v)
{
	const struct passwd *pw = d->xen || d->own_user ? NULL : getpwnam(QEMU_USER);

	if (!pw || may_connect(&v->guest, pw->pw_uid, pw->pw_gid))
		return ERR_OK;
	snprintf(c->message, sizeof(c->message),
		 "the sockets of vTPM %s are not " QEMU_USER
		 "'s, so QEMU could not connect to them: it must be created with --user " QEMU_USER,
		 v->name);
	return ERR_ARG;
}

/* ---- the manager ---------------------------------------------------------------------------- */

static enum err show(struct client *c, const struct hook_domain *d, struct admin_vtpm *out)
{
	uint8_t body[ADMIN_NAME_MAX + 3];
	struct admin_reply reply;
	struct client_request rq = {.type = ADMIN_SHOW,
				    .doing = "looking up its vTPM",
				    .body = body,
				    .timeout_ms = ANSWER_MS};
	enum err e = admin_name_encode(uuid_format(d->vtpm).s, body, sizeof(body), &rq.len);

	if (!e)
		e = client_call(c, &rq, &reply);
	return e ? e : client_vtpm(c, &reply, out);
}

static enum err ask(struct client *c, enum admin_msg type, const char *doing,
		    const struct hook_domain *d)
{
	struct admin_domain m = {0};
	uint8_t body[sizeof(m) + 8];
	struct admin_reply reply;
	struct client_request rq = {
	    .type = type, .doing = doing, .body = body, .timeout_ms = ANSWER_MS};
	enum err e;

	memcpy(m.name, uuid_format(d->vtpm).s, UUID_TEXT_SIZE);
	memcpy(m.stakeholder, d->stakeholder, sizeof(m.stakeholder));
	memcpy(m.domain, d->uuid, UUID_SIZE);
	e = admin_domain_encode(&m, body, sizeof(body), &rq.len);
	return e ? e : client_call(c, &rq, &reply);
}

/* One that is not the domain's is the manager's to refuse, and to audit. */
enum err hook_vtpm_start(struct client *c, const struct hook_domain *d)
{
	struct admin_vtpm v;
	enum err e = show(c, d, &v);

	if (!e && uuid_equal(v.domain, d->uuid))
		e = check_tpm(c, d, &v);
	if (!e && uuid_equal(v.domain, d->uuid))
		e = check_owner(c, d, &v);
	return e ? e : ask(c, ADMIN_DOMAIN_START, "starting its vTPM", d);
}

enum err hook_vtpm_plug(struct client *c, const struct hook_domain *d)
{
	char why[XL_WHY_MAX];
	enum err e;

	if (!d->xen)
		return ERR_OK;
	if (d->id[0] == '\0') {
		snprintf(c->message, sizeof(c->message), "its XML does not say which domain it is");
		return ERR_FORMAT;
	}
	e = xl_call_attach(d->vtpm, d->id, why);
	if (e)
		snprintf(c->message, sizeof(c->message), "%s", why);
	return e;
}

enum err hook_vtpm_stop(struct client *c, const struct hook_domain *d)
{
	enum err e = ask(c, ADMIN_DOMAIN_STOP, "stopping its vTPM", d);

	return e == ERR_STATE || e == ERR_NOT_FOUND || e == ERR_DENIED ? ERR_OK : e;
}
