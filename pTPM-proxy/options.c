/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/options.h"

#include "config.h"
#include "lib/number.h"

#include <stddef.h>

/* Key generation on a slow TPM takes about a minute. */
#define TIMEOUT_DEFAULT_S 120
#define TIMEOUT_MAX_S     3600

static const struct options defaults = {
    .directory = RUNDIR "/ptpm", .provisioning = true, .timeout_ms = TIMEOUT_DEFAULT_S * 1000};

static bool set_tcti(void *options, const char *text)
{
	struct options *o = options;

	return tcti_parse(text, &o->tcti) == ERR_OK;
}

static bool set_no_provisioning(void *options, const char *text)
{
	struct options *o = options;

	(void)text;
	o->provisioning = false;
	return true;
}

static bool set_timeout(void *options, const char *text)
{
	struct options *o = options;
	uint64_t seconds;

	if (number_parse(text, 10, 1, TIMEOUT_MAX_S, &seconds))
		return false;
	o->timeout_ms = (unsigned)seconds * 1000;
	return true;
}

static bool set_uid(void *options, const char *text)
{
	struct options *o = options;

	return number_u32(text, UINT32_MAX - 1, &o->uid) == ERR_OK;
}

static const struct cmdline_option table[] = {
    {"tcti", "CONF", 0, set_tcti,
     "the TPM: device:/dev/tpmrm0, swtpm:path=SOCKET or swtpm:host=ADDRESS,port=N"},
    {"socket-dir", "DIR", offsetof(struct options, directory), NULL,
     "where to listen (" RUNDIR "/ptpm)"},
    {"no-provisioning", NULL, 0, set_no_provisioning, "do not offer the provisioning socket"},
    {"timeout", "SECONDS", 0, set_timeout, "for one TPM command (120)"},
    {"uid", "UID", 0, set_uid, "who may connect (0)"},
};

static const struct cmdline cmdline = {
    "ptpm-proxy",
    "Lets the manager's processes use the physical TPM, one command at a time.\n",
    table,
    sizeof(table) / sizeof(table[0]),
};

enum cmdline_next options_parse(int argc, char **argv, struct options *out)
{
	enum cmdline_next next;

	*out = defaults;
	next = cmdline_parse(&cmdline, argc, argv, out, &out->verbose);
	if (next == CMDLINE_RUN && !out->tcti.conf)
		return cmdline_refuse(&cmdline, "--tcti is missing: it says which TPM");
	return next;
}
