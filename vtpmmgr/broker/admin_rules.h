/* SPDX-License-Identifier: BSD-3-Clause */
/* admin_rules: who handles which request; a request that is not in the table ends its client. */
#ifndef VTPMMGR_ADMIN_RULES_H
#define VTPMMGR_ADMIN_RULES_H

#include "vtpmmgr/broker/request.h"

/* NULL: there is no such request, or it may not be this long. */
const struct request_rule *admin_rule(uint16_t type, size_t len);

void admin_status(struct request *q);
void admin_pcrs(struct request *q);
void admin_init(struct request *q);
void admin_update(struct request *q);
void admin_revoke(struct request *q);
void admin_inspect(struct request *q);
void admin_recover(struct request *q);

/* Whether the client may administer the platform; if not, it has been told so. */
bool admin_is_administrator(struct request *q);

void admin_create(struct request *q);
void admin_list(struct request *q);
void admin_show(struct request *q);
void admin_start(struct request *q);
void admin_start_discard(struct request *q);
void admin_stop(struct request *q);
void admin_suspend(struct request *q);
void admin_resume(struct request *q);
void admin_domain_start(struct request *q);
void admin_domain_stop(struct request *q);
void admin_destroy(struct request *q);

void admin_policy_get(struct request *q);
void admin_policy_load(struct request *q);
void admin_audit(struct request *q);

#endif
