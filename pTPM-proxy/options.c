/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/options.h"

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Key generation on a slow TPM takes about a minute. */
#define TIMEOUT_DEFAULT_S 120
#define TIMEOUT_MAX_S     3600

static const char help[] =
    "Usage: ptpm-proxy --tcti CONF [OPTION...]\n"
    "Lets the manager's processes use the physical TPM, one command at a time.\n\n"
    "      --tcti CONF        device:/dev/tpmrm0, swtpm:path=SOCKET or\n"
    "                         swtpm:host=ADDRESS,port=N\n"
    "      --socket-dir DIR   where to listen (" RUNDIR "/ptpm)\n"
    "      --no-provisioning  do not offer the provisioning socket\n"
    "      --timeout SECONDS  for one TPM command (120)\n"
    "      --uid UID          who may connect (0)\n"
    "  -v, --verbose          name every command in the log\n"
    "      --help, --version\n";

enum { OPT_TCTI = 256, OPT_DIR, OPT_NO_PROVISIONING, OPT_TIMEOUT, OPT_UID, OPT_HELP, OPT_VERSION };

static const struct option longs[] = {
    {"tcti", required_argument, NULL, OPT_TCTI},
    {"socket-dir", required_argument, NULL, OPT_DIR},
    {"no-provisioning", no_argument, NULL, OPT_NO_PROVISIONING},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"uid", required_argument, NULL, OPT_UID},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *what, const char *value)
{
	fprintf(stderr, "ptpm-proxy: %s: %s\n", what, value);
	return false;
}

static bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *out < min ||
	    *out > max)
		return complain("not an allowed number", text);
	return true;
}

static bool take(int option, struct options *o)
{
	unsigned long n;

	switch (option) {
	case OPT_TCTI:
		return tcti_parse(optarg, &o->tcti) == ERR_OK ||
		       complain("not a TPM that can be used", optarg);
	case OPT_DIR:
		o->directory = optarg;
		return true;
	case OPT_NO_PROVISIONING:
		o->provisioning = false;
		return true;
	case OPT_TIMEOUT:
		if (!parse_number(optarg, 1, TIMEOUT_MAX_S, &n))
			return false;
		o->timeout_ms = (unsigned)n * 1000;
		return true;
	case OPT_UID:
		if (!parse_number(optarg, 0, UINT32_MAX - 1, &n))
			return false;
		o->uid = (uid_t)n;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	case OPT_HELP:
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	case OPT_VERSION:
		puts("ptpm-proxy " PACKAGE_VERSION);
		exit(EXIT_SUCCESS);
	default:
		return false; /* getopt has said why */
	}
}

bool options_parse(int argc, char **argv, struct options *out)
{
	struct options o = {.directory = RUNDIR "/ptpm",
			    .provisioning = true,
			    .timeout_ms = TIMEOUT_DEFAULT_S * 1000};
	int option;

	while ((option = getopt_long(argc, argv, "v", longs, NULL)) != -1)
		if (!take(option, &o))
			return false;
	if (optind < argc)
		return complain("unexpected argument", argv[optind]);
	if (!o.tcti.conf)
		return complain("missing option", "--tcti");
	*out = o;
	return true;
}
