/* SPDX-License-Identifier: BSD-3-Clause */
/* options: the command line of vtpmmgr; the only configuration beside the policy file. */
#ifndef VTPMMGR_OPTIONS_H
#define VTPMMGR_OPTIONS_H

#include "lib/cmdline.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
	const char *store;
	uint64_t store_size; /* bytes; of a store that is created */
	const char *policy;
	const char *run_dir;
	const char *ptpm; /* directory of the proxy's sockets */
	int ptpm_domain;  /* the proxy is in this Xen domain; -1: on this host */
	const char *pin;
	const char *pin_name;   /* in hex; NULL: see pin */
	const char *stub_image; /* digest in hex; NULL: any */
	const char *libexec;
	uint32_t pcr;
	uid_t uid_base; /* broker, key keeper, then one a worker */
	uint32_t uid_count;
	mode_t admin_mode;
	bool xen; /* workers are in stub domains */
	bool verbose;
};

/* Fills in defaults and what argv says. */
enum cmdline_next options_parse(int argc, char *argv[], struct options *out);

/* How many uids of the range are not workers': broker, key keeper, and what carries over Xen. */
uint32_t options_own_uids(const struct options *o);

#endif
