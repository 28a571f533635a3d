/* SPDX-License-Identifier: BSD-3-Clause */
/* agent_options: the command line of vtpmmgr-agent; doc/man/vtpmmgr-agent.8 describes it. */
#ifndef TOOLS_AGENT_OPTIONS_H
#define TOOLS_AGENT_OPTIONS_H

#include "lib/cmdline.h"

#include <stdbool.h>
#include <sys/types.h>

struct agent_options {
	const char *manager;   /* name or domid of the manager's domain */
	const char *run_dir;   /* of the admin socket */
	const char *ptpm;      /* where ptpm-proxy listens */
	const char *kernel;    /* of stub domains */
	const char *initramfs; /* of stub domains */
	const char *extra;     /* more for their kernel's command line */
	const char *xl;        /* NULL: that of the Xen that runs */
	unsigned memory;       /* of a stub domain, MiB */
	mode_t admin_mode;
	bool verbose;
};

/* Fills in defaults and what argv says. */
enum cmdline_next agent_options_parse(int argc, char **argv, struct agent_options *out);

#endif
