/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/fuzz_broker.h"

#include "lib/log.h"
#include "vtpmmgr/broker/opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char fuzz_policy[] =
    "{\"version\": 1, \"name\": \"fuzz\", \"signature\": \"optional\","
    " \"quota\": {\"vtpms\": 2, \"nv_bytes\": 32768},"
    " \"stakeholders\": {"
    "  \"owner\": {\"role\": \"device-owner\", \"principals\": [{\"uid\": 0}]},"
    "  \"operator\": {\"role\": \"operator\", \"principals\": [{\"uid\": 20002}]}},"
    " \"rules\": [{\"id\": \"all\", \"effect\": \"allow\", \"subject\": [\"owner\"],"
    "  \"action\": [\"create\", \"start\", \"stop\", \"destroy\", \"see\", \"audit\","
    "   \"platform\", \"policy-read\", \"policy-load\"],"
    "  \"object\": [\"any\", \"platform\"]}]}";

static int image = -1;

static void must(enum err e)
{
	if (e == ERR_OK)
		return;
	fprintf(stderr, "%s\n", err_text(e));
	abort();
}

void fuzz_broker_poke(uint64_t at, const void *bytes, size_t len)
{
	if (pwrite(image, bytes, len, (off_t)at) != (ssize_t)len)
		abort();
}

struct broker *fuzz_broker_new(void)
{
	struct broker *b = calloc(1, sizeof(*b));
	struct loop *l;

	log_init("fuzz", LOG_LEVEL_ERROR);
	if (image < 0)
		image = memfd_create("store", MFD_CLOEXEC);
	if (!b || ftruncate(image, 0) < 0 || ftruncate(image, (off_t)FUZZ_STORE_SIZE) < 0)
		abort();
	must(loop_new(&l));
	must(broker_init(b, l, image, "/run/vtpmmgr"));
	must(admin_new(b, -1, &b->admin));
	return b;
}

void fuzz_broker_free(struct broker *b)
{
	struct loop *l = b->loop;

	broker_fini(b);
	loop_free(l);
	free(b);
}

static void add_vtpm(struct root *root, const char *stakeholder, const char *name)
{
	uint8_t id = (uint8_t)(root->nleaves + 1), bytes[RECORD_SLOT_SIZE];
	struct leaf *leaf = &root->leaves[root->nleaves];
	struct record r = {.uuid = {id}, .vtpm_class = VTPM_DISCRETIONARY};
	struct crypt_part part = {bytes, 0};

	snprintf(r.name, sizeof(r.name), "%s", name);
	snprintf(r.stakeholder, sizeof(r.stakeholder), "%s", stakeholder);
	must(record_encode(&r, bytes, sizeof(bytes), &part.len));
	*leaf = (struct leaf){.uuid = {id},
			      .state = LEAF_LIVE,
			      .generation = 1,
			      .quota = QUOTA_MIN,
			      .slots = SLOTS_STRICT,
			      .region = STORE_REGIONS_AT +
					root->nleaves * REGION_SIZE(QUOTA_MIN, SLOTS_STRICT),
			      .record_len = (uint32_t)part.len};
	must(crypt_sha256(&part, 1, &leaf->record));
	fuzz_broker_poke(REGION_RECORD_AT(leaf->region, 0), bytes, part.len);
	root->nleaves++;
}

void fuzz_broker_open(struct broker *b)
{
	const struct crypt_part text = {fuzz_policy, strlen(fuzz_policy)};
	struct root *root = calloc(1, sizeof(*root));

	if (!root)
		abort();
	root->policy_len = (uint32_t)text.len;
	must(crypt_sha256(&text, 1, &root->policy));
	fuzz_broker_poke(STORE_POLICY_AT(0), text.bytes, text.len);
	add_vtpm(root, "operator", "sim");
	add_vtpm(root, "owner", "own");
	must(opening_load(b, 0, root));
	b->opening = OPENING_DONE;
	free(root);
}
