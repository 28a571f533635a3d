/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands of whoever owns a hierarchy of the pTPM, past the key keeper. */
#include "lib/wbuf.h"
#include "tests/integration/keeper_play.h"

#include <stdio.h>
#include <tss2/tss2_tpm2_types.h>

uint32_t raw_transmit(struct driver *d, const uint8_t *command, size_t len)
{
	const struct msg m = {.type = PTPM_COMMAND, .id = 1, .body = command, .len = len};
	struct player ptpm = {0};
	uint32_t rc = UINT32_MAX;
	char path[256];
	struct msg reply;

	snprintf(path, sizeof(path), "%s/provision", d->ptpm_dir);
	must(channel_connect(path, &ptpm.fd), path);
	must(channel_new(ptpm.fd, PTPM_BUFFER_MAX, &ptpm.channel), "channel");
	must(channel_call(ptpm.channel, &m, WAIT_MS, &reply), "command");
	if (reply.type == PTPM_RESPONSE && reply.len >= 10)
		rc = (uint32_t)reply.body[6] << 24 | (uint32_t)reply.body[7] << 16 |
		     (uint32_t)reply.body[8] << 8 | reply.body[9];
	play_close(&ptpm);
	return rc;
}

uint32_t raw_run(struct driver *d, uint32_t cc, uint32_t auth, uint32_t index,
		 const struct wbuf *parameters)
{
	uint8_t command[256];
	struct wbuf w;

	wbuf_init(&w, command, sizeof(command));
	wbuf_u16(&w, TPM2_ST_SESSIONS);
	wbuf_u32(&w, (uint32_t)(10 + 4 + (index ? 4 : 0) + 4 + 9 + parameters->len));
	wbuf_u32(&w, cc);
	wbuf_u32(&w, auth);
	if (index)
		wbuf_u32(&w, index);
	wbuf_u32(&w, 9);
	wbuf_u32(&w, TPM2_RH_PW);
	wbuf_u16(&w, 0);
	wbuf_u8(&w, 0);
	wbuf_u16(&w, 0);
	wbuf_bytes(&w, parameters->start, parameters->len);
	return raw_transmit(d, command, w.len);
}

uint32_t raw_undefine(struct driver *d, uint32_t owner, uint32_t index)
{
	uint8_t none[1];
	struct wbuf w;

	wbuf_init(&w, none, sizeof(none));
	return raw_run(d, TPM2_CC_NV_UndefineSpace, owner, index, &w);
}
