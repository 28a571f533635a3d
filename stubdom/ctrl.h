/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctrl: the control half of the TPM emulator protocol that swtpm defined
 * (swtpm_ioctls(3)): one table of all its commands. doc/PROTOCOL.md describes
 * what each does here.
 */
#ifndef STUBDOM_CTRL_H
#define STUBDOM_CTRL_H

#include "lib/err.h"
#include "stubdom/vtpm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTRL_REQUEST_MAX  (8 + 4096) /* HASH_DATA */
#define CTRL_RESPONSE_MAX 4096

/* Results are TPM 1.2 return codes, as the protocol has them. */
enum ctrl_result {
	CTRL_SUCCESS = 0x00,
	CTRL_BAD_PARAMETER = 0x03,
	CTRL_FAIL = 0x09,        /* also: another one's machine has the TPM */
	CTRL_BAD_ORDINAL = 0x0a, /* unknown, not offered, or not while the TPM is on */
	CTRL_BAD_LOCALITY = 0x3d,
};

/* What the handlers act on beside the vTPM. */
struct ctrl_host {
	struct vtpm *vtpm;
	bool foreign; /* another one's machine has the TPM: nothing may change it */
	int *passed;  /* a descriptor that came with the request, or -1; who takes it says -1 */
	/* Serves TPM commands on fd (owned). ERR_FULL: somebody else is served already. */
	enum err (*set_data_fd)(void *arg, int fd);
	void (*cancel)(void *arg); /* answer the command that waits, if one does */
	void *arg;
};

/* What a whole request at the start of the buffer is. */
struct ctrl_request {
	size_t len;
	bool waits; /* not while the vTPM is held */
};

/*
 * ERR_AGAIN: more bytes are needed. ERR_UNSUPPORTED: no such command, so no
 * telling where it ends. ERR_FORMAT: a length inside is over its maximum.
 */
enum err ctrl_frame(const uint8_t *buf, size_t have, struct ctrl_request *out) MUST_USE;

/* Handles one whole request; returns the length of the response. */
size_t ctrl_handle(const struct ctrl_host *h, const uint8_t *request, size_t len,
		   uint8_t response[CTRL_RESPONSE_MAX]);

/* The response to what could not be framed. */
size_t ctrl_refuse(enum err why, uint8_t response[CTRL_RESPONSE_MAX]);

/* Async-signal-safe: whether these 4 bytes start CMD_CANCEL_TPM_CMD. */
bool ctrl_is_cancel(const uint8_t command[4]);

/* The commands offered, as GET_CAPABILITY reports them. */
uint32_t ctrl_capabilities(void);

#endif
