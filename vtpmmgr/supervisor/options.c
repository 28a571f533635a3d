/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/options.h"

#include "config.h"
#include "lib/hex.h"
#include "lib/number.h"
#include "lib/proto_agent.h"

#include <stddef.h>
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

static bool set_size(void *options, const char *text)
{
	static const struct {
		const char *suffix;
		unsigned shift;
	} units[] = {{"", 0}, {"K", 10}, {"M", 20}, {"G", 30}};
	struct options *o = options;
	uint64_t n;
	size_t len = number_prefix(text, 10, STORE_SIZE_MAX, &n);

	for (size_t i = 0; len && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + len, units[i].suffix) != 0)
			continue;
		if (n > STORE_SIZE_MAX >> units[i].shift)
			return false;
		o->store_size = n << units[i].shift;
		return o->store_size >= STORE_SIZE_MIN;
	}
	return false;
}

static bool set_pcr(void *options, const char *text)
{
	struct options *o = options;

	return number_u32(text, 23, &o->pcr) == ERR_OK;
}

static bool set_uids(void *options, const char *text)
{
	struct options *o = options;
	uint64_t base;
	size_t len = number_prefix(text, 10, UINT32_MAX - 1, &base);

	if (len == 0 || base == 0 || text[len] != ':' ||
	    number_u32(text + len + 1, UID_COUNT_MAX, &o->uid_count))
		return false;
	o->uid_base = (uid_t)base;
	return o->uid_count >= UID_COUNT_MIN && base + o->uid_count < UINT32_MAX;
}

static bool set_mode(void *options, const char *text)
{
	struct options *o = options;
	uint64_t n;

	if (number_parse(text, 8, 0, 0777, &n))
		return false;
	o->admin_mode = (mode_t)n;
	return true;
}

static bool set_ptpm(void *options, const char *text)
{
	struct options *o = options;
	uint32_t domain;

	if (strncmp(text, "xen:", 4) == 0) {
		if (number_u32(text + 4, AGENT_DOMID_MAX, &domain))
			return false;
		o->ptpm_domain = (int)domain;
		return true;
	}
	o->ptpm_domain = -1;
	o->ptpm = strncmp(text, "unix:", 5) == 0 ? text + 5 : text;
	return o->ptpm[0] != '\0';
}

static bool set_pin_name(void *options, const char *text)
{
	struct options *o = options;
	uint8_t name[TPM_NAME_SIZE];

	o->pin_name = text;
	return hex_decode(text, name, sizeof(name)) == ERR_OK;
}

static bool set_stub_image(void *options, const char *text)
{
	struct options *o = options;
	struct digest digest;

	o->stub_image = text;
	return hex_decode(text, digest.b, sizeof(digest.b)) == ERR_OK;
}

static bool set_xen(void *options, const char *text)
{
	struct options *o = options;

	(void)text;
	o->xen = true;
	return true;
}

static const struct cmdline_option table[] = {
    {"store", "FILE|DEVICE", offsetof(struct options, store), NULL,
     "image file or block device of the store (" STATEDIR "/store)"},
    {"store-size", "SIZE", 0, set_size, "size of a store that is created, K, M or G (64M)"},
    {"policy", "FILE", offsetof(struct options, policy), NULL,
     "the initial policy (" SYSCONFDIR "/policy.json)"},
    {"run-dir", "DIR", offsetof(struct options, run_dir), NULL,
     "where sockets are made (" RUNDIR ")"},
    {"ptpm", "[unix:]DIR|xen:DOMID", 0, set_ptpm, "where ptpm-proxy is (" RUNDIR "/ptpm)"},
    {"pin", "FILE", offsetof(struct options, pin), NULL,
     "Name of the pTPM's salt key in hex (" STATEDIR "/pin)"},
    {"pin-name", "HEX", 0, set_pin_name, "that Name itself, instead of a file"},
    {"xen", NULL, 0, set_xen, "run every vTPM in a stub domain, made by vtpmmgr-agent"},
    {"stub-image", "HEX", 0, set_stub_image, "digest of the stub domains' image"},
    {"pcr", "N", 0, set_pcr, "the PCR that is extended with the measurement (15)"},
    {"worker-uids", "BASE:COUNT", 0, set_uids,
     "unused uids: broker, key keeper, one a worker (60706:258)"},
    {"libexec", "DIR", offsetof(struct options, libexec), NULL,
     "where the other programs are (" LIBEXECDIR ")"},
    {"admin-mode", "OCTAL", 0, set_mode, "permissions of the admin socket (666)"},
};

static const struct cmdline cmdline = {
    "vtpmmgr",
    "Runs virtual TPMs of several stakeholders, sealed to and anchored in a physical TPM.\n",
    table,
    sizeof(table) / sizeof(table[0]),
};

enum cmdline_next options_parse(int argc, char *argv[], struct options *out)
{
	enum cmdline_next next;

	*out = defaults;
	next = cmdline_parse(&cmdline, argc, argv, out, &out->verbose);
	if (next == CMDLINE_RUN && out->uid_count <= options_own_uids(out))
		return cmdline_refuse(&cmdline, "--worker-uids: none is left for a worker");
	return next;
}

uint32_t options_own_uids(const struct options *o)
{
	return o->xen || o->ptpm_domain >= 0 ? OWN_UIDS_XEN : OWN_UIDS;
}
