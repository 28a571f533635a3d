/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_guest: who may use a vTPM that is created. */
#ifndef TOOLS_CTL_GUEST_H
#define TOOLS_CTL_GUEST_H

#include "lib/proto_root.h"
#include "tools/ctl/ctl.h"

/* Options as they were given; NULL: not. */
struct ctl_guest {
	const char *guest; /* "xen:UUID" or "none"; excludes the others */
	const char *user;  /* a user's name; excludes uid and gid */
	const char *uid;   /* these two go together */
	const char *gid;
};

/* Without any: the caller. Says what is wrong. */
enum err ctl_guest_choose(struct ctl *c, const struct ctl_guest *o, struct guest *out) MUST_USE;

#endif
