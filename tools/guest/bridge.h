/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge: between the raw device of a vTPM and the server's end of a device
 * that Linux' tpm_vtpm_proxy driver has made, one command at a time.
 */
#ifndef TOOLS_GUEST_BRIDGE_H
#define TOOLS_GUEST_BRIDGE_H

#include "lib/err.h"

/* The descriptors of the process that does it. */
enum {
	BRIDGE_FD_TPM = 3,    /* the raw device: a command is written, its response read */
	BRIDGE_FD_SERVER = 4, /* of the new device: commands are read, responses written */
	BRIDGE_FD_STOP = 5,   /* at its end of file the TPM is shut down, and all is over */
};

/* For as long as both ends are there. ERR_OK: it was told to stop. Logs why not. */
enum err bridge_run(void) MUST_USE;

#endif
