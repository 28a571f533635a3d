/* SPDX-License-Identifier: BSD-3-Clause */
/* options: the command line of ptpm-proxy; doc/man/ptpm-proxy.8 describes it. */
#ifndef PTPM_PROXY_OPTIONS_H
#define PTPM_PROXY_OPTIONS_H

#include "lib/cmdline.h"
#include "pTPM-proxy/tcti.h"

#include <stdbool.h>
#include <sys/types.h>

struct options {
	struct tcti tcti;
	const char *directory; /* of the sockets */
	bool provisioning;     /* whether that socket is offered */
	unsigned timeout_ms;   /* of one TPM command */
	uid_t uid;             /* that may connect */
	bool verbose;
};

/* Fills in defaults and what argv says; the TPM has no default. */
enum cmdline_next options_parse(int argc, char **argv, struct options *out);

#endif
