/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/guest/command.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"

#include <linux/vtpm_proxy.h>

#define RC_SUCCESS      0x000u
#define RC_COMMAND_SIZE 0x142u
#define RC_LOCALITY     0x907u
#define RC_INITIALIZE   0x100u /* the kernel starts it then */
#define RC_TESTING      0x90au

#define CC_SELF_TEST 0x143u
#define CC_SHUTDOWN  0x145u
#define SU_CLEAR     0u

static uint32_t grant_locality(const uint8_t *command, size_t len)
{
	struct rbuf r;
	uint8_t locality;

	rbuf_init(&r, command + TPM_HEADER_SIZE, len - TPM_HEADER_SIZE);
	locality = rbuf_u8(&r);
	if (rbuf_end(&r) != ERR_OK)
		return RC_COMMAND_SIZE;
	return locality == 0 ? RC_SUCCESS : RC_LOCALITY;
}

bool command_is_ours(const uint8_t *command, size_t len, uint8_t response[TPM_HEADER_SIZE])
{
	struct tpm_header h;

	if (tpm_header_decode(command, len, &h) != ERR_OK)
		tpm_response_rc(RC_COMMAND_SIZE, response);
	else if (h.code == TPM2_CC_SET_LOCALITY)
		tpm_response_rc(grant_locality(command, len), response);
	else
		return false;
	return true;
}

static void put_header(struct wbuf *w, uint32_t code, size_t parameters)
{
	wbuf_u16(w, TPM_ST_NO_SESSIONS_);
	wbuf_u32(w, (uint32_t)(TPM_HEADER_SIZE + parameters));
	wbuf_u32(w, code);
}

size_t command_probe(uint8_t out[COMMAND_MAX])
{
	struct wbuf w;

	wbuf_init(&w, out, COMMAND_MAX);
	put_header(&w, CC_SELF_TEST, 1);
	wbuf_u8(&w, 0); /* not all of it */
	return w.len;
}

bool command_probe_succeeded(const uint8_t *response, size_t len)
{
	struct tpm_header h;

	return tpm_header_decode(response, len, &h) == ERR_OK &&
	       (h.code == RC_SUCCESS || h.code == RC_TESTING || h.code == RC_INITIALIZE);
}

size_t command_shutdown(uint8_t out[COMMAND_MAX])
{
	struct wbuf w;

	wbuf_init(&w, out, COMMAND_MAX);
	put_header(&w, CC_SHUTDOWN, 2);
	wbuf_u16(&w, SU_CLEAR);
	return w.len;
}
