/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options: what a stub domain is told by its kernel's command line, which dom0
 * has written: words "vtpm.manager=DOMID" and, where wanted, "vtpm.log=0..3".
 */
#ifndef STUBDOM_INIT_OPTIONS_H
#define STUBDOM_INIT_OPTIONS_H

#include "lib/err.h"
#include "lib/log.h"

#include <stdint.h>

#define OPTIONS_DOMID_MAX 0x7fef /* of a real domain: DOMID_FIRST_RESERVED - 1 */

struct options {
	uint32_t manager;
	enum log_level level;
};

/* ERR_ARG: no manager is named, or something is out of range. */
enum err options_parse(const char *cmdline, struct options *out) MUST_USE;

#endif
