/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vchan_sandbox: what vtpmmgr-vchan keeps once its rings are open: those, the
 * manager's channels, memory and the log. No device of /dev/xen can be opened any more,
 * and xenstore cannot be reached: what is open are one grant device and one
 * event channel device for each ring, whose pages are granted to one domain
 * and whose port is bound to it.
 */
#ifndef VTPMMGR_VCHAN_SANDBOX_H
#define VTPMMGR_VCHAN_SANDBOX_H

#include "lib/child.h"
#include "lib/err.h"

/* For the roles that carry for one peer. */
enum err vchan_sandbox_enter(const struct child_args *args) MUST_USE;

/*
 * For `admin`: it sees the run directory, as its root, and nothing else; and keeps
 * CAP_SETUID and CAP_SETGID, so that it can connect to the admin socket as whom
 * dom0's kernel named. uid and gid 0 give it nothing beside.
 */
enum err vchan_sandbox_enter_admin(const struct child_args *args) MUST_USE;

#endif
