/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcti: which physical TPM to speak to, as --tcti names it.
 *
 * A configuration is "device:/dev/tpmrm0", "swtpm:path=SOCKET" or
 * "swtpm:host=ADDRESS,port=N", as tpm2-tss' loader understands it. Its other
 * TCTIs are refused: one of them starts programs.
 */
#ifndef PTPM_PROXY_TCTI_H
#define PTPM_PROXY_TCTI_H

#include "lib/err.h"

#include <limits.h>
#include <stdbool.h>

struct tcti {
	const char *conf;    /* the caller's string */
	const char *library; /* what the loader will dlopen(3) */
	char path[PATH_MAX]; /* the device or socket; "" where it has none */
	bool is_device;
	/*
	 * A failed transmit may have reached the TPM: the kernel executes a command
	 * inside write(2). Over a socket, what was not written whole is not executed.
	 */
	bool transmit_may_execute;
};

/* ERR_UNSUPPORTED for another TCTI, ERR_ARG for a bad configuration of these. */
enum err tcti_parse(const char *conf, struct tcti *out) MUST_USE;

#endif
