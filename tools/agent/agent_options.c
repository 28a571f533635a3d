/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_options.h"

#include "config.h"
#include "lib/number.h"
#include "tools/agent/stub_config.h"

#include <stddef.h>
#include <string.h>

static const struct agent_options defaults = {
    .manager = "vtpmmgr",
    .run_dir = RUNDIR,
    .ptpm = RUNDIR "/ptpm",
    .kernel = STUB_KERNEL,
    .initramfs = STUB_INITRAMFS,
    .extra = "",
    .memory = STUB_MEMORY,
    .admin_mode = 0666,
};

static bool set_memory(void *options, const char *text)
{
	struct agent_options *o = options;
	uint64_t n;

	if (number_parse(text, 10, STUB_MEMORY_MIN, STUB_MEMORY_MAX, &n))
		return false;
	o->memory = (unsigned)n;
	return true;
}

static bool set_mode(void *options, const char *text)
{
	struct agent_options *o = options;
	uint64_t n;

	if (number_parse(text, 8, 0, 0777, &n))
		return false;
	o->admin_mode = (mode_t)n;
	return true;
}

static bool set_extra(void *options, const char *text)
{
	struct agent_options *o = options;

	o->extra = text;
	return stub_config_quotable(text) && strlen(text) <= STUB_CMDLINE_MAX;
}

static const struct cmdline_option table[] = {
    {"manager", "NAME|DOMID", offsetof(struct agent_options, manager), NULL,
     "the manager's domain (vtpmmgr)"},
    {"run-dir", "DIR", offsetof(struct agent_options, run_dir), NULL,
     "where the admin socket is made (" RUNDIR ")"},
    {"admin-mode", "OCTAL", 0, set_mode, "its permissions (666)"},
    {"ptpm", "DIR", offsetof(struct agent_options, ptpm), NULL,
     "where ptpm-proxy listens (" RUNDIR "/ptpm)"},
    {"kernel", "FILE", offsetof(struct agent_options, kernel), NULL,
     "of the stub domains (" STUB_KERNEL ")"},
    {"initramfs", "FILE", offsetof(struct agent_options, initramfs), NULL,
     "of the stub domains (" STUB_INITRAMFS ")"},
    {"memory", "MIB", 0, set_memory, "of a stub domain (96)"},
    {"extra", "TEXT", 0, set_extra, "more for their kernel's command line"},
    {"xl", "FILE", offsetof(struct agent_options, xl), NULL,
     "the toolstack's program (that of the running Xen)"},
};

static const struct cmdline cmdline = {
    "vtpmmgr-agent",
    "In Xen's hardware domain: creates the vTPM manager's stub domains, and carries what "
    "vtpmctl\nand the physical TPM say to it.\n",
    table,
    sizeof(table) / sizeof(table[0]),
};

enum cmdline_next agent_options_parse(int argc, char **argv, struct agent_options *out)
{
	*out = defaults;
	return cmdline_parse(&cmdline, argc, argv, out, &out->verbose);
}
