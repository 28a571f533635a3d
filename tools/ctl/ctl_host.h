/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_host: what vtpmmgr wants of the machine itself (kernel, TPM, security
 * modules, libvirt, Xen), read from its files. Nothing here asks the manager.
 */
#ifndef TOOLS_CTL_HOST_H
#define TOOLS_CTL_HOST_H

#include <stdbool.h>
#include <stddef.h>

enum ctl_host_verdict {
	HOST_SILENT, /* does not concern this machine */
	HOST_FINE,
	HOST_NOTE, /* works, and should be known */
	HOST_BAD,  /* something does not work until it is mended */
};

struct ctl_host_finding {
	const char *item; /* "landlock": stable, for scripts */
	enum ctl_host_verdict verdict;
	const char *text;
	const char *action; /* what to do; NULL where fine */
};

size_t ctl_host_count(void);

/* Looks at the i-th thing, in the files below root ("" for the machine that runs this). */
struct ctl_host_finding ctl_host_look(const char *root, size_t i);

const char *ctl_host_verdict_name(enum ctl_host_verdict v);

#endif
