/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_guest.h"

#include "lib/field.h"
#include "lib/uuid.h"
#include "lib/wbuf.h"
#include "tools/ctl/ctl_args.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

static enum err of_ids(struct ctl *c, uint32_t uid, uint32_t gid, struct guest *out)
{
	struct wbuf w;
	size_t len;

	*out = (struct guest){.kind = GUEST_UNIX};
	wbuf_init(&w, out->id, sizeof(out->id));
	wbuf_u32(&w, uid);
	wbuf_u32(&w, gid);
	return wbuf_end(&w, &len) ? ctl_fail(c, ERR_INTERNAL, "guest identity") : ERR_OK;
}

static enum err of_user(struct ctl *c, const char *name, struct guest *out)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw)
		return ctl_fail(c, ERR_ARG, "--user: there is no user '%s' on this machine", name);
	return of_ids(c, pw->pw_uid, pw->pw_gid, out);
}

/* No domain has the uuid zero. */
static enum err of_domain(struct ctl *c, const char *text, struct guest *out)
{
	*out = (struct guest){.kind = GUEST_NONE};
	if (strcmp(text, "none") == 0)
		return ERR_OK;
	out->kind = GUEST_XEN;
	if (strncmp(text, "xen:", 4) == 0 && uuid_parse(text + 4, out->id) == ERR_OK &&
	    !field_is_zero(out->id, sizeof(out->id)))
		return ERR_OK;
	return ctl_fail(
	    c, ERR_ARG,
	    "--guest: '%s' is neither xen: with a domain's uuid ('xl list -v') nor none", text);
}

static enum err of_numbers(struct ctl *c, const struct ctl_guest *o, struct guest *out)
{
	uint64_t uid, gid;
	enum err e;

	if (!o->uid || !o->gid)
		return ctl_fail(c, ERR_ARG, "--uid and --gid go together");
	e = ctl_args_number(c, "--uid", o->uid, UINT32_MAX - 1, &uid);
	if (!e)
		e = ctl_args_number(c, "--gid", o->gid, UINT32_MAX - 1, &gid);
	return e ? e : of_ids(c, (uint32_t)uid, (uint32_t)gid, out);
}

enum err ctl_guest_choose(struct ctl *c, const struct ctl_guest *o, struct guest *out)
{
	const bool numbers = o->uid || o->gid;

	if (o->guest && (o->user || numbers))
		return ctl_fail(c, ERR_ARG, "--guest stands alone: a domain has no sockets here");
	if (o->user && numbers)
		return ctl_fail(c, ERR_ARG, "give either --user, or --uid and --gid");
	if (o->guest)
		return of_domain(c, o->guest, out);
	if (o->user)
		return of_user(c, o->user, out);
	return numbers ? of_numbers(c, o, out) : of_ids(c, getuid(), getgid(), out);
}
