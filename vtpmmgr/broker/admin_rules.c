/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/admin_rules.h"

/* Longest bodies, with room for every field at its longest. */
#define NAME_BODY    (2 + ADMIN_NAME_MAX)
#define CREATE_BODY  256
#define DOMAIN_BODY  (NAME_BODY + 2 + NAME_MAX_LEN + UUID_SIZE)
#define INIT_BODY    512
#define RECOVER_BODY (UUID_SIZE + 2 * DIGEST_SIZE + sizeof(struct crypt_signature))
#define LOAD_BODY    (POLICY_TEXT_MAX + 128)

static const struct request_rule rules[] = {
    {ADMIN_STATUS, "status", 0, 0, NEEDS_NOTHING, false, admin_status},
    {ADMIN_PCRS, "pcrs", 4, 4, NEEDS_KEEPER, false, admin_pcrs},
    {ADMIN_INIT, "init", 1, INIT_BODY, NEEDS_KEEPER, true, admin_init},
    {ADMIN_UPDATE, "update", 1, INIT_BODY, NEEDS_KEEPER, true, admin_update},
    {ADMIN_CREATE, "create", 1, CREATE_BODY, NEEDS_OPEN, true, admin_create},
    {ADMIN_LIST, "list", 0, 0, NEEDS_KNOWN, false, admin_list},
    {ADMIN_SHOW, "show", 2, NAME_BODY, NEEDS_KNOWN, false, admin_show},
    {ADMIN_START, "start", 2, NAME_BODY, NEEDS_OPEN, true, admin_start},
    {ADMIN_START_DISCARD, "start-discard", 2, NAME_BODY, NEEDS_OPEN, true, admin_start_discard},
    {ADMIN_STOP, "stop", 2, NAME_BODY, NEEDS_KNOWN, true, admin_stop},
    {ADMIN_SUSPEND, "suspend", 2, NAME_BODY, NEEDS_OPEN, true, admin_suspend},
    {ADMIN_RESUME, "resume", 2, NAME_BODY, NEEDS_OPEN, true, admin_resume},
    {ADMIN_DOMAIN_START, "start", 1, DOMAIN_BODY, NEEDS_OPEN, true, admin_domain_start},
    {ADMIN_DOMAIN_STOP, "stop", 1, DOMAIN_BODY, NEEDS_KNOWN, true, admin_domain_stop},
    {ADMIN_DESTROY, "destroy", 2, NAME_BODY, NEEDS_OPEN, true, admin_destroy},
    {ADMIN_POLICY_GET, "policy-read", 0, 0, NEEDS_NOTHING, false, admin_policy_get},
    {ADMIN_POLICY_LOAD, "policy-load", 1, LOAD_BODY, NEEDS_OPEN, true, admin_policy_load},
    {ADMIN_REVOKE, "revoke-older", 0, 0, NEEDS_OPEN, true, admin_revoke},
    {ADMIN_INSPECT, "recover-request", 0, 0, NEEDS_KEEPER, false, admin_inspect},
    {ADMIN_RECOVER, "recover", RECOVER_BODY, RECOVER_BODY, NEEDS_KEEPER, true, admin_recover},
    {ADMIN_AUDIT, "audit", 8, 8, NEEDS_KNOWN, false, admin_audit},
};

const struct request_rule *admin_rule(uint16_t type, size_t len)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].type == type && len >= rules[i].min_len && len <= rules[i].max_len)
			return &rules[i];
	return NULL;
}
