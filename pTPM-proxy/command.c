/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/command.h"

#include "lib/anchor.h"
#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "pTPM-proxy/claims.h"

#include <tss2/tss2_tpm2_types.h>

/* TPMS_AUTH_COMMAND: handle, nonce, attributes, hmac. */
static void decode_session(struct rbuf *area, struct command_session *out)
{
	out->handle = rbuf_u32(area);
	rbuf_view(area, rbuf_u16(area));
	out->ends = (rbuf_u8(area) & TPMA_SESSION_CONTINUESESSION) == 0;
	rbuf_view(area, rbuf_u16(area));
}

static void decode_sessions(struct rbuf *r, struct command *out)
{
	const uint8_t *bytes = NULL;
	size_t len = rbuf_blob(r, rbuf_left(r), &bytes);
	struct rbuf area;

	rbuf_require(r, len > 0);
	rbuf_init(&area, bytes, len);
	while (rbuf_left(&area) > 0 && rbuf_require(r, out->nsessions < COMMAND_SESSIONS_MAX))
		decode_session(&area, &out->sessions[out->nsessions++]);
	rbuf_require(r, rbuf_end(&area) == ERR_OK);
}

static bool asks_for_handles(uint32_t cc, struct rbuf *params)
{
	uint32_t capability, property;

	if (cc != TPM2_CC_GetCapability)
		return false;
	capability = rbuf_u32(params);
	property = rbuf_u32(params);
	return capability == TPM2_CAP_HANDLES && claims_apply_to(property);
}

/* TPM2B_AUTH, TPM2B_NV_PUBLIC: after the provisioning nothing but A is ever defined again. */
static bool may_define(enum allow_role role, uint32_t cc, struct rbuf *params)
{
	uint32_t index;

	if (cc != TPM2_CC_NV_DefineSpace || role == ALLOW_PROVISION)
		return true;
	rbuf_view(params, rbuf_u16(params));
	rbuf_u16(params);
	index = rbuf_u32(params);
	return params->bad || index == anchor_handles(HIERARCHY_PLATFORM).a ||
	       index == anchor_handles(HIERARCHY_OWNER).a;
}

enum err command_decode(enum allow_role role, const uint8_t *buf, size_t len, struct command *out)
{
	struct command c = {0};
	struct tpm_header header;
	struct rbuf r;
	enum err e = tpm_header_decode(buf, len, &header);

	if (e != ERR_OK)
		return e;
	c.rule = allow_find(role, header.code);
	if (!c.rule)
		return ERR_DENIED;
	rbuf_init(&r, buf + TPM_HEADER_SIZE, len - TPM_HEADER_SIZE);
	for (size_t i = 0; i < c.rule->handles; i++)
		c.handles[i] = rbuf_u32(&r);
	if (header.tag == TPM_ST_SESSIONS_)
		decode_sessions(&r, &c);
	if (!may_define(role, header.code, &r))
		return ERR_DENIED;
	c.enumerates = asks_for_handles(header.code, &r);
	if (r.bad)
		return ERR_FORMAT;
	*out = c;
	return ERR_OK;
}

enum err command_result_decode(const struct allow_rule *rule, const uint8_t *buf, size_t len,
			       struct command_result *out)
{
	struct command_result result = {0};
	struct tpm_header header;
	struct rbuf r;
	enum err e = tpm_header_decode(buf, len, &header);

	if (e != ERR_OK)
		return e;
	rbuf_init(&r, buf + TPM_HEADER_SIZE, len - TPM_HEADER_SIZE);
	result.success = header.code == TPM2_RC_SUCCESS;
	if (result.success && rule->effect == ALLOW_CREATES)
		result.handle = rbuf_u32(&r);
	if (r.bad)
		return ERR_FORMAT;
	*out = result;
	return ERR_OK;
}
