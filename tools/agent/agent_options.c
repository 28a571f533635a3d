/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_options.h"

#include "config.h"
#include "tools/agent/stub_config.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool number(const char *text, int base, unsigned long min, unsigned long max,
		   unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, base);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out >= min &&
	       *out <= max;
}

static bool set_memory(struct agent_options *o, const char *text)
{
	unsigned long n;

	if (!number(text, 10, STUB_MEMORY_MIN, STUB_MEMORY_MAX, &n))
		return false;
	o->memory = (unsigned)n;
	return true;
}

static bool set_mode(struct agent_options *o, const char *text)
{
	unsigned long n;

	if (!number(text, 8, 0, 0777, &n))
		return false;
	o->admin_mode = (mode_t)n;
	return true;
}

static bool set_extra(struct agent_options *o, const char *text)
{
	o->extra = text;
	return stub_config_quotable(text) && strlen(text) <= STUB_CMDLINE_MAX;
}

static bool set_verbose(struct agent_options *o, const char *text)
{
	(void)text;
	o->verbose = true;
	return true;
}

/* Each option either names a string member of the struct, or is read by a function. */
static const struct {
	const char *name;
	const char *value; /* for the help; NULL: takes none */
	char letter;       /* 0: long form only */
	size_t string;
	bool (*set)(struct agent_options *o, const char *text);
	const char *help;
} table[] = {
    {"manager", "NAME|DOMID", 0, offsetof(struct agent_options, manager), NULL,
     "the manager's domain (vtpmmgr)"},
    {"run-dir", "DIR", 0, offsetof(struct agent_options, run_dir), NULL,
     "where the admin socket is made (" RUNDIR ")"},
    {"admin-mode", "OCTAL", 0, 0, set_mode, "its permissions (666)"},
    {"ptpm", "DIR", 0, offsetof(struct agent_options, ptpm), NULL,
     "where ptpm-proxy listens (" RUNDIR "/ptpm)"},
    {"kernel", "FILE", 0, offsetof(struct agent_options, kernel), NULL,
     "of the stub domains (" STUB_KERNEL ")"},
    {"initramfs", "FILE", 0, offsetof(struct agent_options, initramfs), NULL,
     "of the stub domains (" STUB_INITRAMFS ")"},
    {"memory", "MIB", 0, 0, set_memory, "of a stub domain (96)"},
    {"extra", "TEXT", 0, 0, set_extra, "more for their kernel's command line"},
    {"xl", "FILE", 0, offsetof(struct agent_options, xl), NULL,
     "the toolstack's program (that of the running Xen)"},
    {"verbose", NULL, 'v', 0, set_verbose, "log more"},
    {"help", NULL, 'h', 0, NULL, "print this and exit"},
    {"version", NULL, 'V', 0, NULL, "print the version and exit"},
};
#define NOPTIONS (sizeof(table) / sizeof(table[0]))

static void print_help(void)
{
	char left[32];

	puts("Usage: vtpmmgr-agent [OPTION]...\n"
	     "In Xen's hardware domain: creates the vTPM manager's stub domains, and carries what "
	     "vtpmctl\nand the physical TPM say to it.\n");
	for (size_t i = 0; i < NOPTIONS; i++) {
		snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].value ? " " : "",
			 table[i].value ? table[i].value : "");
		printf("  %-22s %s\n", left, table[i].help);
	}
}

static int next_option(int argc, char **argv)
{
	struct option longs[NOPTIONS + 1] = {0};
	int c;

	for (size_t i = 0; i < NOPTIONS; i++)
		longs[i] = (struct option){table[i].name, table[i].value ? required_argument : 0,
					   NULL, 256 + (int)i};
	c = getopt_long(argc, argv, "vhV", longs, NULL);
	for (size_t i = 0; i < NOPTIONS; i++)
		if (table[i].letter && c == table[i].letter)
			return (int)i;
	return c >= 256 ? c - 256 : c == -1 ? -1 : (int)NOPTIONS;
}

static bool apply(struct agent_options *o, size_t i, const char *text)
{
	if (table[i].letter == 'h') {
		print_help();
		exit(EXIT_SUCCESS);
	}
	if (table[i].letter == 'V') {
		puts("vtpmmgr-agent " PACKAGE_VERSION);
		exit(EXIT_SUCCESS);
	}
	if (!table[i].set) {
		memcpy((char *)o + table[i].string, &text, sizeof(text));
		return true;
	}
	if (table[i].set(o, text))
		return true;
	fprintf(stderr, "vtpmmgr-agent: --%s: not a valid value: %s\n", table[i].name, text);
	return false;
}

bool agent_options_parse(int argc, char **argv, struct agent_options *out)
{
	struct agent_options o = defaults;
	int i;

	while ((i = next_option(argc, argv)) >= 0)
		if (i == (int)NOPTIONS || !apply(&o, (size_t)i, optarg))
			return false;
	if (optind < argc) {
		fprintf(stderr, "vtpmmgr-agent: unexpected argument: %s\n", argv[optind]);
		return false;
	}
	*out = o;
	return true;
}
