/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/options.h"

#include "config.h"
#include "lib/hex.h"
#include "lib/proto_agent.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 60706-61183 is free by the tables of Debian (policy 9.2.2) and of systemd (UIDS-GIDS). */
#define UID_BASE_DEFAULT 60706
#define OWN_UIDS         2
#define OWN_UIDS_XEN     4
#define UID_COUNT_MIN    3
#define UID_COUNT_MAX    (2 + LEAVES_MAX)
#define STORE_SIZE_MIN   (STORE_REGIONS_AT + (uint64_t)REGION_SIZE(QUOTA_MIN, SLOTS_STRICT))
#define STORE_SIZE_MAX   (1ull << 40)

static const struct options defaults = {
    .store = STATEDIR "/store",
    .store_size = 64u << 20,
    .policy = SYSCONFDIR "/policy.json",
    .run_dir = RUNDIR,
    .ptpm = RUNDIR "/ptpm",
    .ptpm_domain = -1,
    .pin = STATEDIR "/pin",
    .libexec = LIBEXECDIR,
    .pcr = 15,
    .uid_base = UID_BASE_DEFAULT,
    .uid_count = UID_COUNT_MAX,
    .admin_mode = 0666,
};

/* A number in this base, and where it ended; false if there is none or it is over max. */
static bool number(const char *text, int base, uint64_t max, uint64_t *out, const char **end)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &stop, base);
	*end = stop;
	return errno == 0 && *out <= max;
}

static bool set_size(struct options *o, const char *text)
{
	static const struct {
		const char *suffix;
		unsigned shift;
	} units[] = {{"", 0}, {"K", 10}, {"M", 20}, {"G", 30}};
	const char *end;
	uint64_t n;

	if (!number(text, 10, STORE_SIZE_MAX, &n, &end))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if (n > STORE_SIZE_MAX >> units[i].shift)
			return false;
		o->store_size = n << units[i].shift;
		return o->store_size >= STORE_SIZE_MIN;
	}
	return false;
}

static bool set_pcr(struct options *o, const char *text)
{
	const char *end;
	uint64_t n;

	if (!number(text, 10, 23, &n, &end) || *end != '\0')
		return false;
	o->pcr = (uint8_t)n;
	return true;
}

static bool set_uids(struct options *o, const char *text)
{
	uint64_t base, count;
	const char *end;

	if (!number(text, 10, UINT32_MAX - 1, &base, &end) || base == 0 || *end != ':' ||
	    !number(end + 1, 10, UID_COUNT_MAX, &count, &end) || *end != '\0')
		return false;
	o->uid_base = (uid_t)base;
	o->uid_count = (uint32_t)count;
	return count >= UID_COUNT_MIN && base + count < UINT32_MAX;
}

static bool set_mode(struct options *o, const char *text)
{
	const char *end;
	uint64_t n;

	if (!number(text, 8, 0777, &n, &end) || *end != '\0')
		return false;
	o->admin_mode = (mode_t)n;
	return true;
}

static bool set_ptpm(struct options *o, const char *text)
{
	const char *end;
	uint64_t domain;

	if (strncmp(text, "xen:", 4) == 0) {
		if (!number(text + 4, 10, AGENT_DOMID_MAX, &domain, &end) || *end != '\0')
			return false;
		o->ptpm_domain = (int)domain;
		return true;
	}
	o->ptpm_domain = -1;
	o->ptpm = strncmp(text, "unix:", 5) == 0 ? text + 5 : text;
	return o->ptpm[0] != '\0';
}

static bool set_pin_name(struct options *o, const char *text)
{
	uint8_t name[TPM_NAME_SIZE];

	o->pin_name = text;
	return hex_decode(text, name, sizeof(name)) == ERR_OK;
}

static bool set_stub_image(struct options *o, const char *text)
{
	struct digest digest;

	o->stub_image = text;
	return hex_decode(text, digest.b, sizeof(digest.b)) == ERR_OK;
}

static bool set_xen(struct options *o, const char *text)
{
	(void)text;
	o->xen = true;
	return true;
}

static bool set_verbose(struct options *o, const char *text)
{
	(void)text;
	o->verbose = true;
	return true;
}

/* Each option either names a string member of struct options, or is read by a function. */
static const struct {
	const char *name;
	const char *value; /* for the help; NULL: takes none */
	char letter;       /* 0: long form only */
	size_t string;     /* offset of a const char *, where set is NULL */
	bool (*set)(struct options *o, const char *text);
	const char *help;
} table[] = {
    {"store", "FILE|DEVICE", 0, offsetof(struct options, store), NULL,
     "image file or block device of the store (" STATEDIR "/store)"},
    {"store-size", "SIZE", 0, 0, set_size, "size of a store that is created, K, M or G (64M)"},
    {"policy", "FILE", 0, offsetof(struct options, policy), NULL,
     "the initial policy (" SYSCONFDIR "/policy.json)"},
    {"run-dir", "DIR", 0, offsetof(struct options, run_dir), NULL,
     "where sockets are made (" RUNDIR ")"},
    {"ptpm", "[unix:]DIR|xen:DOMID", 0, 0, set_ptpm, "where ptpm-proxy is (" RUNDIR "/ptpm)"},
    {"pin", "FILE", 0, offsetof(struct options, pin), NULL,
     "Name of the pTPM's salt key in hex (" STATEDIR "/pin)"},
    {"pin-name", "HEX", 0, 0, set_pin_name, "that Name itself, instead of a file"},
    {"xen", NULL, 0, 0, set_xen, "run every vTPM in a stub domain, made by vtpmmgr-agent"},
    {"stub-image", "HEX", 0, 0, set_stub_image, "digest of the stub domains' image"},
    {"pcr", "N", 0, 0, set_pcr, "the PCR that is extended with the measurement (15)"},
    {"worker-uids", "BASE:COUNT", 0, 0, set_uids,
     "unused uids: broker, key keeper, one a worker (60706:258)"},
    {"libexec", "DIR", 0, offsetof(struct options, libexec), NULL,
     "where the other programs are (" LIBEXECDIR ")"},
    {"admin-mode", "OCTAL", 0, 0, set_mode, "permissions of the admin socket (666)"},
    {"verbose", NULL, 'v', 0, set_verbose, "log more"},
    {"help", NULL, 'h', 0, NULL, "print this and exit"},
    {"version", NULL, 'V', 0, NULL, "print the version and exit"},
};
#define NOPTIONS (sizeof(table) / sizeof(table[0]))

static void print_help(void)
{
	char left[32];

	puts("Usage: vtpmmgr [OPTION]...\n"
	     "Runs virtual TPMs of several stakeholders, sealed to and anchored in a physical "
	     "TPM.\n");
	for (size_t i = 0; i < NOPTIONS; i++) {
		snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].value ? " " : "",
			 table[i].value ? table[i].value : "");
		printf("  %-24s %s\n", left, table[i].help);
	}
}

/* The long options, and the short ones beside them; the index into table is the value. */
static int next_option(int argc, char *argv[])
{
	struct option longs[NOPTIONS + 1] = {0};
	char shorts[NOPTIONS + 1] = "";
	size_t nshorts = 0;
	int c;

	for (size_t i = 0; i < NOPTIONS; i++) {
		longs[i] = (struct option){table[i].name, table[i].value ? required_argument : 0,
					   NULL, 256 + (int)i};
		if (table[i].letter)
			shorts[nshorts++] = table[i].letter;
	}
	c = getopt_long(argc, argv, shorts, longs, NULL);
	for (size_t i = 0; i < NOPTIONS; i++)
		if (table[i].letter && c == table[i].letter)
			return (int)i;
	return c >= 256 ? c - 256 : c == -1 ? -1 : (int)NOPTIONS;
}

static enum options_next apply(struct options *o, size_t i, const char *text)
{
	if (table[i].letter == 'h') {
		print_help();
		return OPTIONS_DONE;
	}
	if (table[i].letter == 'V') {
		puts(PACKAGE_STRING);
		return OPTIONS_DONE;
	}
	if (!table[i].set) {
		memcpy((char *)o + table[i].string, &text, sizeof(text));
		return OPTIONS_RUN;
	}
	if (table[i].set(o, text))
		return OPTIONS_RUN;
	fprintf(stderr, "vtpmmgr: --%s: not a valid value: %s\n", table[i].name, text);
	return OPTIONS_USAGE;
}

enum options_next options_parse(int argc, char *argv[], struct options *out)
{
	struct options o = defaults;
	enum options_next next;
	int i;

	while ((i = next_option(argc, argv)) >= 0) {
		if (i == (int)NOPTIONS)
			return OPTIONS_USAGE;
		next = apply(&o, (size_t)i, optarg);
		if (next != OPTIONS_RUN)
			return next;
	}
	if (optind < argc) {
		fprintf(stderr, "vtpmmgr: unexpected argument: %s\n", argv[optind]);
		return OPTIONS_USAGE;
	}
	if (o.uid_count <= options_own_uids(&o)) {
		fprintf(stderr, "vtpmmgr: --worker-uids: none is left for a worker\n");
		return OPTIONS_USAGE;
	}
	*out = o;
	return OPTIONS_RUN;
}

uint32_t options_own_uids(const struct options *o)
{
	return o->xen || o->ptpm_domain >= 0 ? OWN_UIDS_XEN : OWN_UIDS;
}
