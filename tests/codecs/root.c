/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_session.h"

#include "tests/codecs/samples.h"

#include <string.h>

static void point_fill(struct crypt_point *p, uint8_t first)
{
	codec_pattern(p->x, sizeof(p->x), first);
	codec_pattern(p->y, sizeof(p->y), (uint8_t)(first + 1));
}

void sample_signature(struct crypt_signature *s, uint8_t first)
{
	codec_pattern(s->r, sizeof(s->r), first);
	codec_pattern(s->s, sizeof(s->s), (uint8_t)(first + 1));
}

void sample_approval(struct approval *a)
{
	memset(a, 0, sizeof(*a));
	a->pcrs = 0x008081;
	codec_pattern(&a->pcr_digest, DIGEST_SIZE, 0x20);
	a->version = 7;
	sample_signature(&a->sig, 0x30);
}

void sample_marks(struct approval *a)
{
	a->marked = true;
	for (uint32_t i = 0; i < PCRS_MAX; i++)
		a->marks[i] = a->pcrs & 1u << i ? 0x01020300 + i : 0;
}

void sample_authority(struct authority *a)
{
	memset(a, 0, sizeof(*a));
	point_fill(&a->key, 0x40);
	a->napprovals = 2;
	sample_approval(&a->approvals[0]);
	sample_approval(&a->approvals[1]);
	a->approvals[1].version = 8;
}

void sample_recovery(struct recovery *r)
{
	codec_pattern(r->store, UUID_SIZE, 0x10);
	codec_pattern(&r->anchor, DIGEST_SIZE, 0x20);
	codec_pattern(&r->root, DIGEST_SIZE, 0x40);
}

void sample_guest(struct guest *g)
{
	static const uint8_t ids[16] = {0, 0, 0x03, 0xe9, 0, 0, 0x03, 0xea};

	g->kind = GUEST_UNIX;
	memcpy(g->id, ids, sizeof(ids));
}

static void sealed_fill(struct sealed *s)
{
	memset(s, 0, sizeof(*s));
	s->public_len = 48;
	codec_pattern(s->public_area, s->public_len, 0x50);
	s->private_len = 160;
	codec_pattern(s->private_area, s->private_len, 0x60);
}

static void leaf_fill(struct leaf *l, uint8_t first, uint64_t region)
{
	codec_pattern(l->uuid, UUID_SIZE, first);
	l->state = LEAF_LIVE;
	l->slots = SLOTS_STRICT;
	l->state_slot = 1;
	l->generation = 2;
	l->version = 0x0102030405060708;
	l->region = region;
	l->quota = QUOTA_MIN;
	l->blob_len = 3000;
	codec_pattern(&l->blob, DIGEST_SIZE, (uint8_t)(first + 1));
	l->record_len = 600;
	codec_pattern(&l->record, DIGEST_SIZE, (uint8_t)(first + 2));
	sample_guest(&l->guest);
}

void sample_root(struct root *r)
{
	memset(r, 0, sizeof(*r));
	r->seq = 5;
	codec_pattern(r->store, UUID_SIZE, 0x70);
	codec_pattern(&r->prev, DIGEST_SIZE, 0x80);
	r->audit_seq = 99;
	codec_pattern(&r->audit_head, DIGEST_SIZE, 0x90);
	r->policy_slot = 1;
	r->policy_len = 4321;
	codec_pattern(&r->policy, DIGEST_SIZE, 0xa0);
	r->nleaves = 2;
	leaf_fill(&r->leaves[0], 0xb0, STORE_REGIONS_AT + REGION_SIZE(QUOTA_MIN, SLOTS_STRICT));
	leaf_fill(&r->leaves[1], 0xc0, STORE_REGIONS_AT);
}

static void root_fill(struct root *r)
{
	sample_root(r);
}

static void session_state_fill(struct session_state *m)
{
	static uint8_t sealed[100];

	codec_pattern(sealed, sizeof(sealed), 0x10);
	*m = (struct session_state){
	    .epoch = 7, .version = 12, .len = sizeof(sealed), .sealed = sealed};
}

static void boot_header_fill(struct boot_header *h)
{
	memset(h, 0, sizeof(*h));
	h->seq = 3;
	codec_pattern(h->store, UUID_SIZE, 0x70);
	h->hierarchy = HIERARCHY_OWNER;
	sealed_fill(&h->root_key);
	sample_authority(&h->platform);
}

void sample_record(struct record *r)
{
	memset(r, 0, sizeof(*r));
	codec_pattern(r->uuid, UUID_SIZE, 0xb0);
	strcpy(r->name, "sim");
	strcpy(r->stakeholder, "operator");
	r->vtpm_class = VTPM_MANDATORY;
	r->created = 1700000000;
	sealed_fill(&r->secret);
	r->own_authority = true;
	sample_authority(&r->authority);
}

static void record_fill(struct record *r)
{
	sample_record(r);
}

CODEC_STRUCT(root)
CODEC_STRUCT(boot_header)
CODEC_STRUCT(record)
CODEC_STRUCT(session_state)

static const struct codec codecs[] = {CODEC(root), CODEC(boot_header), CODEC(record),
				      CODEC(session_state)};

const struct codec_set codecs_root = {"proto_root", codecs, sizeof(codecs) / sizeof(codecs[0])};
