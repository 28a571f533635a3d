/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/keys/keys_tcti.h"

#include "lib/proto_ptpm.h"
#include "lib/tpm_cmd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_TCTI_MAGIC 0x7674706d6b657973ull /* "vtpmkeys" */

struct keys_tcti {
	TSS2_TCTI_CONTEXT_COMMON_V2 common; /* first: the TSS casts to it */
	struct channel *ptpm;
	uint64_t commands;
	enum err why; /* never ERR_OK: it is asked for only when a command has failed */
	bool abandoned;
	size_t command_len; /* 0: nothing is waiting to be sent */
	uint8_t command[PTPM_BUFFER_MAX];
};

static struct keys_tcti *own(TSS2_TCTI_CONTEXT *tcti)
{
	return (struct keys_tcti *)tcti;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *command)
{
	struct keys_tcti *t = own(tcti);

	if (len == 0 || len > sizeof(t->command))
		return TSS2_TCTI_RC_BAD_VALUE;
	if (t->command_len != 0)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	memcpy(t->command, command, len);
	t->command_len = len;
	return TSS2_RC_SUCCESS;
}

/*
 * The proxy's refusal, or the channel's failure, is remembered. To the TSS it is
 * an answer with a code of the resource manager's layer (TSS 2.0 TAB and Resource
 * Manager, TCG): after an error of the TCTI itself no ESYS context goes on.
 */
static TSS2_RC refused(struct keys_tcti *t, enum err why, size_t *len, uint8_t *response)
{
	if (*len < TPM_HEADER_SIZE)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	t->why = why;
	tpm_response_rc(KEYS_TCTI_REFUSED, response);
	*len = TPM_HEADER_SIZE;
	return TSS2_RC_SUCCESS;
}

static enum err exchange(struct keys_tcti *t, struct msg *reply)
{
	struct msg request = {.type = PTPM_COMMAND, .body = t->command, .len = t->command_len};
	enum err why = ERR_FORMAT;
	enum err e;

	if (t->abandoned) {
		t->abandoned = false;
		t->command_len = 0;
		return ERR_AGAIN;
	}
	t->commands++;
	request.id = (uint32_t)t->commands;
	t->command_len = 0;
	e = channel_call(t->ptpm, &request, KEYS_TCTI_TIMEOUT_MS, reply);
	if (e)
		return e;
	msg_close_fds(reply);
	if (reply->type == PTPM_RESPONSE)
		return ERR_OK;
	if (reply->type == PTPM_ERROR && ptpm_error_decode(reply->body, reply->len, &why) != ERR_OK)
		why = ERR_FORMAT;
	return why == ERR_OK ? ERR_FORMAT : why;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response, int32_t timeout)
{
	struct keys_tcti *t = own(tcti);
	struct msg reply = {0};
	enum err e;

	(void)timeout; /* the TSS waits without limit; ours is KEYS_TCTI_TIMEOUT_MS */
	if (t->command_len == 0)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	if (!response) {
		/* Asked for the size only: any response fits into the largest. */
		*len = PTPM_BUFFER_MAX;
		return TSS2_RC_SUCCESS;
	}
	e = exchange(t, &reply);
	if (e)
		return refused(t, e, len, response);
	if (reply.len > *len)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	memcpy(response, reply.body, reply.len);
	*len = reply.len;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *tcti)
{
	(void)tcti;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC get_poll_handles(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles,
				size_t *num)
{
	(void)tcti;
	(void)handles;
	(void)num;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC set_locality(TSS2_TCTI_CONTEXT *tcti, uint8_t locality)
{
	(void)tcti;
	return locality == 0 ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_NOT_SUPPORTED;
}

static TSS2_RC make_sticky(TSS2_TCTI_CONTEXT *tcti, TPM2_HANDLE *handle, uint8_t sticky)
{
	(void)tcti;
	(void)handle;
	(void)sticky;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

enum err keys_tcti_new(struct channel *ptpm, TSS2_TCTI_CONTEXT **out)
{
	struct keys_tcti *t = calloc(1, sizeof(*t));

	if (!t)
		return ERR_NO_MEMORY;
	t->ptpm = ptpm;
	t->why = ERR_TPM;
	t->common.v1 = (TSS2_TCTI_CONTEXT_COMMON_V1){
	    .magic = KEYS_TCTI_MAGIC,
	    .version = 2,
	    .transmit = transmit,
	    .receive = receive,
	    .cancel = cancel,
	    .getPollHandles = get_poll_handles,
	    .setLocality = set_locality,
	};
	t->common.makeSticky = make_sticky;
	*out = (TSS2_TCTI_CONTEXT *)t;
	return ERR_OK;
}

void keys_tcti_free(TSS2_TCTI_CONTEXT *tcti)
{
	free(own(tcti));
}

void keys_tcti_abandon(TSS2_TCTI_CONTEXT *tcti)
{
	struct keys_tcti *t = own(tcti);

	t->abandoned = t->command_len > 0;
}

uint64_t keys_tcti_commands(const TSS2_TCTI_CONTEXT *tcti)
{
	return ((const struct keys_tcti *)tcti)->commands;
}

enum err keys_tcti_why(const TSS2_TCTI_CONTEXT *tcti)
{
	return ((const struct keys_tcti *)tcti)->why;
}
