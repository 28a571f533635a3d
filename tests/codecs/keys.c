/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_keys.h"

#include "tests/codecs/samples.h"

#include <string.h>

static const uint8_t some[] = "some bytes of a root, header or record";

static void keys_pcrs_fill(struct keys_pcrs *m)
{
	memset(m, 0, sizeof(*m));
	m->mask = 0x800081;
	codec_pattern(&m->values[0], DIGEST_SIZE, 0x10);
	codec_pattern(&m->values[7], DIGEST_SIZE, 0x20);
	codec_pattern(&m->values[23], DIGEST_SIZE, 0x30);
}

static void keys_init_fill(struct keys_init *m)
{
	struct authority a;

	sample_authority(&a);
	memset(m, 0, sizeof(*m));
	m->authority = a.key;
	m->approval = a.approvals[0];
	m->allow_owner_hierarchy = true;
	m->policy_len = 4321;
	codec_pattern(&m->policy, DIGEST_SIZE, 0x20);
}

static void keys_open_fill(struct keys_open *m)
{
	*m = (struct keys_open){.header_len = {10, 11},
				.header = {some, some},
				.root_len = {0, 13},
				.root = {NULL, some}};
}

static void keys_opened_fill(struct keys_opened *m)
{
	*m =
	    (struct keys_opened){.detail = "current", .root_slot = 1, .root_len = 20, .root = some};
}

static void keys_inspected_fill(struct keys_inspected *m)
{
	*m = (struct keys_inspected){
	    .finding = FOUND_ROLLBACK,
	    .roots = {{.there = true}, {.there = true, .was_current = true}}};
	codec_pattern(m->store, UUID_SIZE, 0x10);
	codec_pattern(&m->anchor, DIGEST_SIZE, 0x20);
	codec_pattern(&m->roots[0].digest, DIGEST_SIZE, 0x40);
	codec_pattern(&m->roots[1].digest, DIGEST_SIZE, 0x60);
}

static void keys_recover_fill(struct keys_recover *m)
{
	keys_open_fill(&m->open);
	sample_recovery(&m->recovery);
	sample_signature(&m->sig, 0x30);
}

static void keys_update_fill(struct keys_update *m)
{
	memset(m, 0, sizeof(*m));
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
	sample_approval(&m->approval);
	sample_marks(&m->approval);
	m->record_len = sizeof(some);
	m->record = some;
}

static void keys_create_fill(struct keys_create *m)
{
	*m = (struct keys_create){.region = STORE_REGIONS_AT,
				  .quota = QUOTA_MAX,
				  .record_len = sizeof(some),
				  .record = some};
	sample_guest(&m->guest);
}

static void keys_start_fill(struct keys_start *m)
{
	*m = (struct keys_start){.asked = {FRESHNESS_SESSION, BUDGET_DEGRADE, 137},
				 .record_len = sizeof(some),
				 .record = some};
	codec_pattern(m->uuid, UUID_SIZE, 0x10);
}

static void keys_policy_fill(struct keys_policy *m)
{
	memset(m, 0, sizeof(*m));
	m->slot = 1;
	m->len = STORE_POLICY_SIZE;
	codec_pattern(&m->digest, DIGEST_SIZE, 0x10);
	sample_signature(&m->sig, 0x30);
}

static void keys_audit_fill(struct keys_audit *m)
{
	m->seq = 44;
	codec_pattern(&m->head, DIGEST_SIZE, 0x10);
}

static void keys_status_fill(struct keys_status *m)
{
	*m = (struct keys_status){
	    .provisioned = true,
	    .open = true,
	    .hierarchy = HIERARCHY_PLATFORM,
	    .measured = true,
	    .last_err = ERR_ROLLBACK,
	    .found = FOUND_ROLLBACK,
	    .differing = 0x000100,
	    .recovered = true,
	    .seq = 1,
	    .version = 2,
	    .min_version = 3,
	    .ptpm_commands = 4,
	    .extends = 5,
	    .states = 6,
	    .degraded = 7,
	    .exhausted = 8,
	};
}

static void keys_wear_fill(struct keys_wear *m)
{
	*m = (struct keys_wear){.used = 12,
				.budget = 34,
				.left = BUDGET_WINDOW_S,
				.fresh = FRESHNESS_SESSION,
				.stalled = true};
}

static void commit_blob_fill(struct keys_commit_blob *b, uint8_t first)
{
	codec_pattern(b->uuid, UUID_SIZE, first);
	b->slot = 1;
	b->mark.version = first;
	b->mark.len = 100;
	codec_pattern(&b->mark.digest, DIGEST_SIZE, first);
}

static void keys_commit_fill(struct keys_commit *m)
{
	memset(m, 0, sizeof(*m));
	m->attempt = 9;
	m->root_slot = 1;
	m->root_len = sizeof(some);
	m->root = some;
	m->nblobs = 2;
	commit_blob_fill(&m->blobs[0], 0x10);
	commit_blob_fill(&m->blobs[1], 0x20);
	m->nrecords = 1;
	codec_pattern(m->records[0].uuid, UUID_SIZE, 0x30);
	m->records[0].len = 7;
	m->records[0].bytes = some;
}

static void keys_result_fill(struct keys_result *m)
{
	*m = (struct keys_result){.attempt = 9, .err = ERR_IO};
}

static void keys_done_fill(struct keys_done *m)
{
	*m = (struct keys_done){.err = ERR_UNAPPROVED, .detail = "PCR 7 differs"};
}

static void keys_header_fill(struct keys_header *m)
{
	*m = (struct keys_header){.attempt = 9, .len = sizeof(some), .bytes = some};
}

CODEC_STRUCT(keys_pcrs)
CODEC_STRUCT(keys_init)
CODEC_STRUCT(keys_open)
CODEC_STRUCT(keys_opened)
CODEC_STRUCT(keys_inspected)
CODEC_STRUCT(keys_recover)
CODEC_STRUCT(keys_update)
CODEC_STRUCT(keys_create)
CODEC_STRUCT(keys_start)
CODEC_STRUCT(keys_policy)
CODEC_STRUCT(keys_audit)
CODEC_STRUCT(keys_status)
CODEC_STRUCT(keys_commit)
CODEC_STRUCT(keys_result)
CODEC_STRUCT(keys_done)
CODEC_STRUCT(keys_header)
CODEC_STRUCT(keys_wear)

static const struct codec codecs[] = {
    CODEC(keys_pcrs),    CODEC(keys_init),   CODEC(keys_open),   CODEC(keys_opened),
    CODEC(keys_update),  CODEC(keys_create), CODEC(keys_start),  CODEC(keys_policy),
    CODEC(keys_audit),   CODEC(keys_status), CODEC(keys_commit), CODEC(keys_result),
    CODEC(keys_done),    CODEC(keys_header), CODEC(keys_wear),   CODEC(keys_inspected),
    CODEC(keys_recover),
};

const struct codec_set codecs_keys = {"proto_keys", codecs, sizeof(codecs) / sizeof(codecs[0])};
