/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_admin.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/codecs/samples.h"

#include <string.h>

static const uint8_t some[] = "{ \"a policy\": [] }";

static void admin_reply_fill(struct admin_reply *m)
{
	*m = (struct admin_reply){.err = ERR_DENIED,
				  .rule = "operator-only",
				  .text = "denied",
				  .body_len = sizeof(some),
				  .body = some};
}

static void admin_init_fill(struct admin_init *m)
{
	struct authority a;

	sample_authority(&a);
	memset(m, 0, sizeof(*m));
	m->authority = a.key;
	m->approval = a.approvals[0];
	m->allow_owner_hierarchy = true;
}

static void admin_update_fill(struct admin_update *m)
{
	memset(m, 0, sizeof(*m));
	strcpy(m->name, "operator/sim");
	sample_approval(&m->approval);
	sample_marks(&m->approval);
}

static void admin_create_fill(struct admin_create *m)
{
	*m = (struct admin_create){.name = "sim",
				   .stakeholder = "operator",
				   .vtpm_class = VTPM_MANDATORY,
				   .quota = QUOTA_MIN};
	sample_guest(&m->guest);
	codec_pattern(m->domain, UUID_SIZE, 0x20);
}

static void admin_domain_fill(struct admin_domain *m)
{
	*m = (struct admin_domain){.name = "operator/sim", .stakeholder = "operator"};
	codec_pattern(m->domain, UUID_SIZE, 0x20);
}

static void admin_status_fill(struct admin_status *m)
{
	memset(m, 0, sizeof(*m));
	m->keys.hierarchy = HIERARCHY_OWNER;
	m->keys_up = true;
	m->full = true;
	m->store_size = 1;
	m->store_free = 2;
	m->fsyncs = 3;
	m->vtpms = 4;
	m->running = 5;
	m->suspended = 6;
	strcpy(m->policy_name, "phone");
	codec_pattern(&m->policy, DIGEST_SIZE, 0x10);
	m->isolation = ISOLATION_DUMMY;
}

static void admin_policy_load_fill(struct admin_policy_load *m)
{
	*m = (struct admin_policy_load){.is_signed = true, .len = sizeof(some), .text = some};
	sample_signature(&m->sig, 0x30);
}

static void admin_vtpm_fill(struct admin_vtpm *m)
{
	*m = (struct admin_vtpm){
	    .name = "sim",
	    .stakeholder = "operator",
	    .vtpm_class = VTPM_DISCRETIONARY,
	    .state = VTPM_RUNNING,
	    .last_err = ERR_TIMEOUT,
	    .generation = 1,
	    .version = 2,
	    .quota = QUOTA_MIN,
	    .used = 3,
	    .restarts = 4,
	    .created = 5,
	    .own_authority = true,
	    .recovered = true,
	    .promised = {FRESHNESS_STRICT, BUDGET_DEGRADE, 200},
	    .in_force = {FRESHNESS_STRICT, BUDGET_DEGRADE, 300},
	    .asked = {FRESHNESS_SESSION, BUDGET_STALL, 0},
	    .wear_known = true,
	    .wear = {.used = 300, .budget = 300, .left = 6, .fresh = FRESHNESS_SESSION},
	    .path = "/run/vtpmmgr/vtpm/x/tpm",
	};
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	sample_guest(&m->guest);
	codec_pattern(m->domain, UUID_SIZE, 0x20);
}

static void admin_audit_fill(struct admin_audit *m)
{
	*m = (struct admin_audit){
	    .seq = 1,
	    .time = 2,
	    .uid = 1000,
	    .err = ERR_DENIED,
	    .action = "start",
	    .stakeholder = "operator",
	    .object = "sim",
	    .rule = "default",
	};
	codec_pattern(&m->hash, DIGEST_SIZE, 0x10);
}

/* An array is no value that CODEC_VALUE could pass on. */
static enum err admin_name_again(const uint8_t *in, size_t len, uint8_t *out, size_t cap,
				 size_t *out_len)
{
	char name[ADMIN_NAME_MAX + 1];
	enum err e = admin_name_decode(in, len, name);

	return e == ERR_OK ? admin_name_encode(name, out, cap, out_len) : e;
}

static enum err admin_name_sample(uint8_t *out, size_t cap, size_t *out_len)
{
	return admin_name_encode("operator/sim", out, cap, out_len);
}

static void admin_inspected_fill(struct admin_inspected *m)
{
	memset(m, 0, sizeof(*m));
	m->finding = FOUND_ROLLBACK;
	codec_pattern(m->store, UUID_SIZE, 0x10);
	codec_pattern(&m->anchor, DIGEST_SIZE, 0x20);
	m->roots[0].len = sizeof(some);
	m->roots[0].bytes = some;
	m->roots[0].policy_ok = true;
	m->roots[0].nvtpms = 1;
	m->roots[0].vtpms[0] = (struct admin_root_vtpm){"sim", "operator", true, false};
	m->roots[1].len = sizeof(some);
	m->roots[1].bytes = some;
	m->roots[1].was_current = true;
}

static void admin_recover_fill(struct admin_recover *m)
{
	sample_recovery(&m->recovery);
	sample_signature(&m->sig, 0x30);
}

CODEC_STRUCT(admin_reply)
CODEC_STRUCT(admin_init)
CODEC_STRUCT(admin_update)
CODEC_STRUCT(admin_create)
CODEC_STRUCT(admin_status)
CODEC_STRUCT(admin_policy_load)
CODEC_STRUCT(admin_inspected)
CODEC_STRUCT(admin_recover)
CODEC_STRUCT(admin_domain)
CODEC_PIECE(admin_vtpm)
CODEC_PIECE(admin_audit)
CODEC_VALUE(admin_mask, uint32_t, 0x8081)
CODEC_VALUE(admin_seq, uint64_t, 77)

static const struct codec codecs[] = {
    CODEC(admin_reply),   CODEC(admin_init),        CODEC(admin_update), CODEC(admin_create),
    CODEC(admin_status),  CODEC(admin_policy_load), CODEC(admin_vtpm),   CODEC(admin_audit),
    CODEC(admin_name),    CODEC(admin_mask),        CODEC(admin_seq),    CODEC(admin_inspected),
    CODEC(admin_recover), CODEC(admin_domain),
};

const struct codec_set codecs_admin = {"proto_admin", codecs, sizeof(codecs) / sizeof(codecs[0])};
